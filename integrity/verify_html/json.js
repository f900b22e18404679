// Canonical JSON (RFC 8785), and objects whose fields are read by the type their format prescribes. Nothing is
// repaired, no unknown field passed over, no missing one filled in.
import { Malformed, decoded, fromHex, fromInstant } from "./bytes.js";

const DEPTH = 32;

/** The object that these bytes canonically spell; Malformed for anything else. */
export function parseCanonical(bytes, limit = 1024 * 1024) {
  if (bytes.length > limit) throw new Malformed(`longer than ${limit} bytes`);
  const text = decoded(bytes);
  const value = parsed(text);
  if (spelled(value, 1) !== text) throw new Malformed("not in canonical form");
  return value;
}

/** An object in JSON of any spelling, every key of it once. */
export function parsed(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed("not JSON");
  }
  if (!isObject(value)) throw new Malformed("not an object");
  const written = (text.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? []).filter((found) => found.endsWith(":"));
  if (written.length !== keys(value)) throw new Malformed("a key is there twice");
  return value;
}

function keys(value, depth = 0) {
  if (depth > DEPTH) throw new Malformed(`nested deeper than ${DEPTH}`);
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((count, item) => count + keys(item, depth + 1), own);
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function spelled(value, depth) {
  if (typeof value === "object" && depth > DEPTH) throw new Malformed(`nested deeper than ${DEPTH}`);
  if (Array.isArray(value)) return `[${value.map((item) => spelled(item, depth + 1)).join(",")}]`;
  if (isObject(value)) {
    const names = Object.keys(value).sort(); // by UTF-16 code units, as RFC 8785 asks
    return `{${names.map((name) => `${spelled(name, 0)}:${spelled(value[name], depth + 1)}`).join(",")}}`;
  }
  if (typeof value === "string" && !value.isWellFormed()) throw new Malformed("a lone surrogate");
  return JSON.stringify(value);
}

/** One field of an object that may not be one; null where it is not there. */
export function part(value, name) {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : null;
}

/** The fields of one object, each taken once; `finish` refuses those that nobody asked for. */
export class JsonFields {
  #left;

  constructor(value) {
    if (!isObject(value)) throw new Malformed("not an object");
    this.#left = new Map(Object.entries(value));
  }

  text(name) {
    return this.#take(name, (value) => typeof value === "string", "a text");
  }

  number(name) {
    return this.#take(name, Number.isSafeInteger, "an integer");
  }

  truth(name) {
    return this.#take(name, (value) => typeof value === "boolean", "true or false");
  }

  digest(name) {
    return fromHex(this.text(name));
  }

  instant(name) {
    return fromInstant(this.text(name));
  }

  object(name) {
    return new JsonFields(this.#take(name, isObject, "an object"));
  }

  objects(name) {
    return this.#take(name, Array.isArray, "an array").map((item) => new JsonFields(item));
  }

  texts(name) {
    return this.#take(name, (value) => Array.isArray(value) && value.every((each) => typeof each === "string"), "texts");
  }

  /** A field that may be null, which is another statement than an absent one. */
  optional(name, kind) {
    if (this.#left.get(name) === null) return this.#take(name, () => true, "null");
    return this[kind](name);
  }

  has(name) {
    return this.#left.has(name);
  }

  expect(name, value) {
    if (this.text(name) !== value) throw new Malformed(`${name}: not ${value}`);
  }

  finish() {
    for (const name of this.#left.keys()) throw new Malformed(`unknown field ${name}`);
  }

  #take(name, fits, kind) {
    const value = this.#left.get(name);
    if (!this.#left.delete(name)) throw new Malformed(`${name}: missing`);
    if (!fits(value)) throw new Malformed(`${name}: not ${kind}`);
    return value;
  }
}
