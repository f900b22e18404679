// SHA-256 (FIPS 180-4) over any number of bytes, a piece at a time: the browser's own digest wants a file whole, and
// fails near 3 GiB. `agrees` compares the two on known messages before anything is believed.
import { concat, equal } from "./bytes.js";

const ROUNDS = new Int32Array(64);
const START = new Int32Array(8);
{
  const fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
  for (let number = 2, count = 0; count < 64; number++) {
    let factor = 2;
    while (number % factor) factor++;
    if (factor < number) continue; // not a prime
    if (count < 8) START[count] = fraction(Math.sqrt(number));
    ROUNDS[count++] = fraction(Math.cbrt(number));
  }
}

/** A hash of 32 bytes that takes blocks of 64: both of those used here differ in what they do with one only. */
export class Hash {
  #state;
  #blocks;
  #rest = new Uint8Array(0);
  #length = 0;

  /** `blocks` works every whole block of some bytes into a state, from a place on, and says where it stopped. */
  constructor(start, blocks) {
    this.#state = start.slice();
    this.#blocks = blocks;
  }

  update(bytes) {
    this.#length += bytes.length;
    let at = 0;
    if (this.#rest.length) {
      at = Math.min(64 - this.#rest.length, bytes.length);
      this.#rest = concat(this.#rest, bytes.subarray(0, at));
      if (this.#rest.length < 64) return this;
      this.#blocks(this.#state, this.#rest, 0);
    }
    at = this.#blocks(this.#state, bytes, at);
    this.#rest = bytes.slice(at);
    return this;
  }

  /** The 32 bytes; nothing may be added afterwards. */
  digest() {
    const padding = new Uint8Array(((119 - (this.#length % 64)) % 64) + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer, padding.length - 8);
    view.setUint32(0, Math.floor(this.#length / 2 ** 29));
    view.setUint32(4, (this.#length * 8) % 2 ** 32);
    this.#blocks(this.#state, concat(this.#rest, padding), 0);
    const digest = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, at) => digest.setInt32(4 * at, word));
    return new Uint8Array(digest.buffer);
  }
}

export function newSha256() {
  return new Hash(START, sha256Blocks);
}

const WORDS_OF_BLOCK = new Int32Array(64);

function sha256Blocks(state, bytes, at) {
  const w = WORDS_OF_BLOCK;
  let [h0, h1, h2, h3, h4, h5, h6, h7] = state;
  for (; at + 64 <= bytes.length; at += 64) {
    for (let i = 0, j = at; i < 16; i++, j += 4) {
      w[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    h0 = (h0 + a) | 0; h1 = (h1 + b) | 0; h2 = (h2 + c) | 0; h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0; h5 = (h5 + f) | 0; h6 = (h6 + g) | 0; h7 = (h7 + h) | 0;
  }
  state.set([h0, h1, h2, h3, h4, h5, h6, h7]);
  return at;
}
export function sha256(...parts) {
  const state = newSha256();
  for (const part of parts) state.update(part);
  return state.digest();
}

const PIECE = 4 * 1024 * 1024;

/** The digest of a File by a new Hash, read in pieces; the next one is fetched while this one is hashed. */
export async function digestOf(file, state, tell) {
  const piece = (at) => file.slice(at, at + PIECE).arrayBuffer();
  let next = piece(0);
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await next);
    if (at + PIECE < file.size) next = piece(at + PIECE);
    if (bytes.length !== Math.min(PIECE, file.size - at)) throw new Error("it became shorter");
    state.update(bytes);
    tell(bytes.length);
  }
  return state.digest();
}

/** Whether this code and the browser's own agree, around every border of a block. */
export async function agrees() {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 70000]) {
    const message = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 255);
    const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
    const state = newSha256().update(message.subarray(0, length >> 1)).update(message.subarray(length >> 1));
    if (!equal(state.digest(), theirs)) return false;
  }
  return true;
}
