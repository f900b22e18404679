// DER (ITU-T X.690), read where a schema says and nowhere else; every second form of the same meaning is refused.
import { Malformed } from "./bytes.js";

export const BOOLEAN = 0x01, INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04, NULL = 0x05, OID = 0x06;
export const UTF8_STRING = 0x0c, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, SEQUENCE = 0x30, SET = 0x31;

/** The identifier octet of a context-specific tag. */
export function context(number, constructed = true) {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

export class Element {
  constructor(tag, body, raw) {
    this.tag = tag;
    this.body = body;
    this.raw = raw;
  }

  fields() {
    if (!(this.tag & 0x20)) throw new Malformed("a primitive element has no fields");
    return new DerFields(this.body);
  }

  /** An INTEGER of any size, as a BigInt. */
  integer() {
    const body = this.body;
    if (body.length > 64) throw new Malformed("an INTEGER that is absurdly long");
    if (!body.length || (body.length > 1 && body[0] === (body[1] & 0x80 ? 0xff : 0))) {
      throw new Malformed("an INTEGER in other than its shortest form");
    }
    return body.reduce((value, octet) => (value << 8n) | BigInt(octet), body[0] & 0x80 ? -1n : 0n);
  }

  boolean() {
    if (this.body.length !== 1 || ![0, 0xff].includes(this.body[0])) throw new Malformed("a BOOLEAN that is neither");
    return this.body[0] === 0xff;
  }

  /** An OBJECT IDENTIFIER in its dotted form. */
  oid() {
    const body = this.body;
    if (!body.length || body.at(-1) & 0x80 || body.length > 64) throw new Malformed("an OBJECT IDENTIFIER cut short");
    const arcs = [];
    let arc = 0n;
    body.forEach((octet, at) => {
      if (octet === 0x80 && (at === 0 || !(body[at - 1] & 0x80))) throw new Malformed("an arc with leading zeros");
      arc = (arc << 7n) | BigInt(octet & 0x7f);
      if (octet & 0x80) return;
      arcs.push(arc);
      arc = 0n;
    });
    const first = arcs[0] < 80n ? arcs[0] / 40n : 2n;
    return [first, arcs[0] - 40n * first, ...arcs.slice(1)].join(".");
  }

  /** A GeneralizedTime, or a certificate's UTCTime, in milliseconds since 1970. */
  time() {
    const text = String.fromCharCode(...this.body);
    const short = this.tag === UTC_TIME;
    const found = (short ? /^(\d{2})(\d{10})Z$/ : /^(\d{4})(\d{10})(?:\.(\d{0,5}[1-9]))?Z$/).exec(text);
    if (!found) throw new Malformed("a time in other than its DER form");
    const year = short ? `${Number(found[1]) < 50 ? 20 : 19}${found[1]}` : found[1];
    const [month, day, hour, minute, second] = found[2].match(/../g);
    const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
    const at = Date.parse(`${written}Z`);
    if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== written) {
      throw new Malformed("a time that names no instant");
    }
    return at + Number(`0.${found[3] ?? 0}`) * 1000;
  }

  /** The bytes of a BIT STRING without unused bits. */
  bits() {
    if (this.body[0] !== 0) throw new Malformed("a BIT STRING that does not end with a byte");
    return this.body.subarray(1);
  }
}

/** A run of elements, taken in the order of the schema; `end` says that nothing else was there. */
export class DerFields {
  #at = 0;
  #body;

  constructor(body) {
    this.#body = body;
  }

  more() {
    return this.#at < this.#body.length;
  }

  take(tag) {
    const found = this.any();
    if (found.tag !== tag) throw new Malformed(`expected an element ${tag}, found ${found.tag}`);
    return found;
  }

  maybe(tag) {
    return this.more() && this.#body[this.#at] === tag ? this.any() : null;
  }

  each(tag) {
    const found = [];
    while (this.more()) found.push(this.take(tag));
    return found;
  }

  end() {
    if (this.more()) throw new Malformed("something follows where the structure ends");
  }

  any() {
    const data = this.#body;
    const start = this.#at;
    let at = start + 2;
    let length = data[start + 1];
    if (at > data.length) throw new Malformed("an element is cut short");
    if (length >= 0x80) {
      const octets = data.subarray(at, at + (length & 0x7f));
      const size = length & 0x7f;
      length = octets.reduce((value, octet) => value * 256 + octet, 0);
      if (size < 1 || size > 4 || octets.length !== size || octets[0] === 0 || length < 0x80) {
        throw new Malformed("a length in other than its shortest definite form");
      }
      at += size;
    }
    if (at + length > data.length) throw new Malformed("an element is cut short");
    this.#at = at + length;
    return new Element(data[start], data.subarray(at, at + length), data.subarray(start, at + length));
  }
}

/** The one element that `data` is, to its last byte. */
export function readDer(data, tag) {
  const fields = new DerFields(data);
  const found = fields.take(tag);
  fields.end();
  return found;
}

/** An AlgorithmIdentifier without parameters, or with NULL ones; its OID. */
export function plainAlgorithm(element) {
  const fields = element.fields();
  const name = fields.take(OID).oid();
  if (fields.more() && fields.take(NULL).body.length) throw new Malformed("a NULL that holds something");
  fields.end();
  return name;
}
