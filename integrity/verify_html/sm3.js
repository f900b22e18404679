// SM3 (GB/T 32905-2016), for bundles that list their files by it too. Browsers have none of their own to compare with:
// `sm3Agrees` takes the standard's example.
import { hex, utf8 } from "./bytes.js";
import { Hash } from "./sha256.js";

const SM3_START = Int32Array.of(
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
);
const SM3_ROUNDS = Int32Array.from({ length: 64 }, (_, j) => turned(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));
const EXPANDED = new Int32Array(68);
const EXAMPLE = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

export function newSm3() {
  return new Hash(SM3_START, sm3Blocks);
}

export function sm3Agrees() {
  return hex(newSm3().update(utf8("abc")).digest()) === EXAMPLE;
}

function turned(word, by) {
  return (word << by) | (word >>> (32 - by));
}

function sm3Blocks(state, bytes, at) {
  const w = EXPANDED;
  for (; at + 64 <= bytes.length; at += 64) {
    for (let j = 0, i = at; j < 16; j++, i += 4) {
      w[j] = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
    }
    for (let j = 16; j < 68; j++) {
      const x = w[j - 16] ^ w[j - 9] ^ turned(w[j - 3], 15);
      w[j] = x ^ turned(x, 15) ^ turned(x, 23) ^ turned(w[j - 13], 7) ^ w[j - 6];
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j++) {
      const a12 = turned(a, 12);
      const ss1 = turned((a12 + e + SM3_ROUNDS[j]) | 0, 7);
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) | 0;
      const tt2 = (gg + h + ss1 + w[j]) | 0;
      d = c; c = turned(b, 9); b = a; a = tt1;
      h = g; g = turned(f, 19); f = e; e = tt2 ^ turned(tt2, 9) ^ turned(tt2, 17);
    }
    state.set([state[0] ^ a, state[1] ^ b, state[2] ^ c, state[3] ^ d, state[4] ^ e, state[5] ^ f, state[6] ^ g, state[7] ^ h]);
  }
  return at;
}
