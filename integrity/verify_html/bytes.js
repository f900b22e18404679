// Bytes and their spellings, each read in one form only: a second form would be a second message of the same meaning.

/** What could not be read as its format says; `message` tells why. */
export class Malformed extends Error {}

export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** UTF-8, strictly. */
export function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("not in UTF-8");
  }
}

export function hex(bytes) {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** 32 bytes from 64 lowercase hexadecimal digits. */
export function fromHex(text) {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Malformed("not 64 lowercase hexadecimal digits");
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

/** Standard base64 in its one canonical form. */
export function fromBase64(text) {
  let raw;
  try {
    raw = atob(text);
  } catch {
    throw new Malformed("malformed base64");
  }
  if (btoa(raw) !== text) throw new Malformed("base64 that is not in its canonical form");
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(one, other) {
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}

/** Milliseconds since 1970 of a time like 2026-01-31T09:05:00.000000Z. */
export function fromInstant(text) {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(text);
  const whole = found ? Date.parse(`${found[1]}Z`) : NaN;
  if (Number.isNaN(whole) || new Date(whole).toISOString().slice(0, 19) !== found[1]) {
    throw new Malformed("not a time like 2026-01-31T09:05:00.000000Z");
  }
  return whole + Number(found[2]) / 1000;
}

/** The inverse, to the millisecond, for people. */
export function instant(at) {
  return new Date(at).toISOString();
}
