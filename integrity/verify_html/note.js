// Signed notes, checkpoints, cosignatures and log proofs (C2SP signed-note, tlog-checkpoint, tlog-cosignature,
// tlog-proof). A note's text counts once a key that the reader brought has signed it.
import { Malformed, concat, decoded, equal, fromBase64, hex, utf8 } from "./bytes.js";
import { sha256 } from "./sha256.js";

const LOG_KEY = 1, WITNESS_KEY = 4;
const NOTE_LIMIT = 1024 * 1024;
const SIGNATURE_LIMIT = 100;
const PATH_LIMIT = 63;
const YEAR_10000 = 253402300800;

/** A verifier key `name+id+base64(type, key)` of this type: its name, id and 32 bytes. */
export function verifierKey(text, type) {
  const [name, id, ...rest] = text.split("+");
  const encoded = fromBase64(rest.join("+"));
  if (!/^\S+$/.test(name) || encoded.length !== 33 || encoded[0] !== type) {
    throw new Malformed("a verifier key is NAME+ID+base64 of an Ed25519 key of its kind");
  }
  const keyId = sha256(utf8(`${name}\n`), encoded).subarray(0, 4);
  if (hex(keyId) !== id) throw new Malformed("the verifier key's id is not the one of its name and key");
  return { name, keyId, type, key: encoded.subarray(1), vkey: text };
}

export function logKey(text) {
  return verifierKey(text, LOG_KEY);
}

export function witnessKey(text) {
  return verifierKey(text, WITNESS_KEY);
}

/** Text and signature lines, unverified. */
export function splitNote(bytes) {
  if (bytes.length > NOTE_LIMIT) throw new Malformed("the note is too large");
  const whole = decoded(bytes);
  const blank = whole.lastIndexOf("\n\n");
  if (blank < 0) throw new Malformed("a note has a blank line before its signatures");
  const text = whole.slice(0, blank + 1);
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) throw new Malformed("a note's text has no control character");
  const lines = whole.slice(blank + 2).split("\n");
  if (lines.pop() !== "" || lines.length < 1 || lines.length > SIGNATURE_LIMIT) {
    throw new Malformed("a note has 1 to 100 signature lines, each ending in a newline");
  }
  return { text, signatures: lines.map(signatureLine) };
}

function signatureLine(line) {
  const found = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
  const raw = found ? fromBase64(found[2]) : new Uint8Array(0);
  if (raw.length < 5) throw new Malformed("a malformed signature line");
  return { line, name: found[1], keyId: raw.subarray(0, 4), value: raw.subarray(4) };
}

/** Origin, size (a BigInt) and root that a note claims. */
export function parseCheckpoint(text) {
  const [origin, size, root, ...rest] = text.split("\n");
  if (rest.pop() !== "" || !origin || rest.includes("") || !/^(0|[1-9][0-9]{0,18})$/.test(size)) {
    throw new Malformed("a checkpoint has an origin, a size and a root");
  }
  const hashed = fromBase64(root);
  if (hashed.length !== 32 || BigInt(size) >= 1n << 63n) throw new Malformed("a size or root that no log has");
  return { origin, size: BigInt(size), root: hashed };
}

/** The note as its log signed it: the lines of keys that are named by its origin. */
export function ownNote(bytes) {
  const { text, signatures } = splitNote(bytes);
  const own = signatures.filter((line) => line.name === parseCheckpoint(text).origin);
  if (!own.length) throw new Malformed("no line of a key that is named like the log");
  return utf8(`${text}\n${own.map(({ line }) => `${line}\n`).join("")}`);
}

/**
 * Which of these keys signed, whether a line claims to be by one of them and is not, and when the last witness did: of
 * each the earliest time counts.
 */
export async function signedBy(note, keys) {
  const signed = { by: [], falsely: false, latest: 0 };
  for (const key of keys) {
    const lines = note.signatures.filter((line) => line.name === key.name && equal(line.keyId, key.keyId));
    for (const line of lines) signed.falsely ||= !(await holds(key, note.text, line.value));
    if (!lines.length) continue;
    signed.by.push(key);
    if (!signed.falsely && key.type === WITNESS_KEY) {
      signed.latest = Math.max(signed.latest, Math.min(...lines.map((line) => seconds(line.value) * 1000)));
    }
  }
  return signed;
}

function seconds(value) {
  return value.length === 72 ? Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0)) : 0;
}

async function holds(key, text, value) {
  let message = utf8(text);
  if (key.type === WITNESS_KEY) {
    const time = seconds(value);
    if (!(time > 0 && time < YEAR_10000)) return false;
    message = concat(utf8(`cosignature/v1\ntime ${time}\n`), message);
    value = value.subarray(8);
  }
  return madeBy(key, message, value);
}

/** Whether a key made this signature over this message. */
export async function madeBy({ key }, message, value) {
  if (value.length !== 64) return false;
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, value, message);
}

/** Index (a BigInt), audit path and checkpoint of a tlog-proof. */
export function parseProof(bytes) {
  const whole = decoded(bytes);
  const blank = whole.indexOf("\n\n");
  if (blank < 0 || bytes.length > NOTE_LIMIT + 65536) throw new Malformed("a proof has a blank line before its checkpoint");
  const lines = whole.slice(0, blank).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Malformed("a proof begins with c2sp.org/tlog-proof@v1");
  if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift().slice(6));
  const found = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "");
  if (!found || lines.length > PATH_LIMIT) throw new Malformed("a proof has an index and at most 63 hashes");
  return { index: BigInt(found[1]), path: lines.map(fromBase64), checkpoint: utf8(whole.slice(blank + 2)) };
}
