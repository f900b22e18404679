// X.509 certificates: what a chain to a root needs of them, and signatures by their keys (RSA PKCS #1 v1.5, ECDSA).
import { Malformed, decoded, equal, fromBase64 } from "./bytes.js";
import { BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, UTC_TIME } from "./der.js";
import { context, readDer } from "./der.js";

const HASHES = new Map([
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);
const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const RSA_WITH = new Map([
  ["1.2.840.113549.1.1.11", "SHA-256"],
  ["1.2.840.113549.1.1.12", "SHA-384"],
  ["1.2.840.113549.1.1.13", "SHA-512"],
]);
const ECDSA_WITH = new Map([
  ["1.2.840.10045.4.3.2", "SHA-256"],
  ["1.2.840.10045.4.3.3", "SHA-384"],
  ["1.2.840.10045.4.3.4", "SHA-512"],
]);
const CURVES = new Map([
  ["1.2.840.10045.3.1.7", ["P-256", 32]],
  ["1.3.132.0.34", ["P-384", 48]],
  ["1.3.132.0.35", ["P-521", 66]],
]);
const OTHER_KINDS = new Set(["1.3.101.112", "1.3.101.113", "1.2.840.10040.4.1"]); // Ed25519, Ed448, DSA
const BASIC_CONSTRAINTS = "2.5.29.19", KEY_USAGE = "2.5.29.15", EXTENDED_KEY_USAGE = "2.5.29.37";
const PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16", TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const UNDERSTOOD = new Set([BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, PRIVATE_KEY_USAGE_PERIOD]);
const CERTIFICATE_SIGNING = 0x04; // keyCertSign, the sixth bit
const MINIMUM_RSA_BITS = 2048;

/** A hash algorithm's name by its OID; undefined for one that is not accepted. */
export function hashName(oid) {
  return HASHES.get(oid);
}

/** Every certificate of a PEM text, at least one. */
export function readPem(bytes) {
  const text = decoded(bytes);
  const found = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  if (!found.length || found.length !== text.split("-----BEGIN").length - 1) {
    throw new Malformed("not a PEM text of certificates");
  }
  return found.map((match) => readCertificate(fromBase64(match[1].replace(/\s/g, ""))));
}

export function readCertificate(raw) {
  const outer = readDer(raw, SEQUENCE).fields();
  const signed = outer.take(SEQUENCE);
  const algorithm = outer.take(SEQUENCE);
  const signature = outer.take(BIT_STRING).bits();
  outer.end();
  const fields = signed.fields();
  if (fields.take(context(0)).fields().take(INTEGER).integer() !== 2n) throw new Malformed("no certificate of version 3");
  const serial = fields.take(INTEGER).integer();
  if (!equal(fields.take(SEQUENCE).raw, algorithm.raw)) throw new Malformed("two signature algorithms");
  const issuer = fields.take(SEQUENCE).raw;
  const [notBefore, notAfter] = validity(fields.take(SEQUENCE).fields());
  const subject = fields.take(SEQUENCE).raw;
  const key = fields.take(SEQUENCE);
  fields.maybe(context(1, false));
  fields.maybe(context(2, false));
  const extensions = readExtensions(fields.maybe(context(3)));
  fields.end();
  const signatureAlgorithm = algorithm.fields().take(OID).oid();
  return { raw, signed: signed.raw, signatureAlgorithm, signature, serial, issuer, subject, notBefore, notAfter, key: key.raw, extensions };
}

function validity(fields) {
  const times = [0, 1].map(() => (fields.maybe(UTC_TIME) ?? fields.take(GENERALIZED_TIME)).time());
  fields.end();
  return times;
}

function readExtensions(wrapped) {
  const extensions = new Map();
  for (const extension of wrapped ? readDer(wrapped.body, SEQUENCE).fields().each(SEQUENCE) : []) {
    const fields = extension.fields();
    const name = fields.take(OID).oid();
    const critical = fields.maybe(BOOLEAN)?.boolean() ?? false;
    const value = fields.take(OCTET_STRING).body;
    fields.end();
    if (extensions.has(name)) throw new Malformed("an extension twice");
    extensions.set(name, { critical, value });
  }
  return extensions;
}

/** Critical, and for time-stamping alone (RFC 3161, section 2.3). */
export function forTimeStampingAlone(certificate) {
  const usage = certificate.extensions.get(EXTENDED_KEY_USAGE);
  if (!usage?.critical) return false;
  const purposes = readDer(usage.value, SEQUENCE).fields().each(OID);
  return purposes.length === 1 && purposes[0].oid() === TIME_STAMPING;
}

/** Whether it may issue certificates, this many of them between it and the last. */
export function mayIssue(certificate, below) {
  const constraints = certificate.extensions.get(BASIC_CONSTRAINTS);
  const usage = certificate.extensions.get(KEY_USAGE);
  if (!constraints) return false;
  const fields = readDer(constraints.value, SEQUENCE).fields();
  const authority = fields.maybe(BOOLEAN)?.boolean() ?? false;
  const longest = fields.maybe(INTEGER);
  fields.end();
  if (usage && !(readDer(usage.value, BIT_STRING).body[1] & CERTIFICATE_SIGNING)) return false;
  return authority && (!longest || longest.integer() >= BigInt(below));
}

/** A critical extension that only `tiezheng verify` understands, such as name constraints. */
export function beyondThisPage(certificate) {
  return [...certificate.extensions].some(([name, { critical }]) => critical && !UNDERSTOOD.has(name));
}

/** When its key signs: privateKeyUsagePeriod where it states one, within its own validity. */
export function keyPeriod(certificate) {
  let { notBefore: start, notAfter: end } = certificate;
  const period = certificate.extensions.get(PRIVATE_KEY_USAGE_PERIOD);
  if (period) {
    const fields = readDer(period.value, SEQUENCE).fields();
    const [first, last] = [0, 1].map((number) => fields.maybe(context(number, false))?.time());
    fields.end();
    start = Math.max(start, first ?? start);
    end = Math.min(end, last ?? end);
  }
  return [start, end];
}

/** Whether a certificate's own signature is by this issuer's key. */
export async function issuedBy(certificate, issuer) {
  return (
    equal(certificate.issuer, issuer.subject) &&
    (await verifySignature(issuer, certificate.signatureAlgorithm, null, certificate.signature, certificate.signed)) === true
  );
}

/** Whether its key is one that anybody could read, of whatever kind. */
export async function hasReadableKey(certificate) {
  try {
    const { type } = keyKind(certificate);
    if (type === RSA || type === EC) await importKey(certificate, "SHA-256");
    return type === RSA || type === EC || OTHER_KINDS.has(type);
  } catch {
    return false;
  }
}

function keyKind(certificate) {
  const kind = readDer(certificate.key, SEQUENCE).fields().take(SEQUENCE).fields();
  const type = kind.take(OID).oid();
  return { type, curve: type === EC ? CURVES.get(kind.take(OID).oid()) : undefined };
}

async function importKey(certificate, hash) {
  const { type, curve } = keyKind(certificate);
  if (type === EC && !curve) throw new Malformed("an unknown curve");
  const parameters = type === RSA ? { name: "RSASSA-PKCS1-v1_5", hash } : { name: "ECDSA", namedCurve: curve[0] };
  return crypto.subtle.importKey("spki", certificate.key, parameters, false, ["verify"]);
}

/**
 * true, false, or undefined when the algorithm is not one that is accepted. `hash` is the one stated beside it, which
 * plain rsaEncryption needs and every other algorithm must agree with.
 */
export async function verifySignature(certificate, algorithm, hash, signature, message) {
  const { type, curve } = keyKind(certificate);
  const named = type === RSA ? RSA_WITH : type === EC ? ECDSA_WITH : new Map();
  const implied = type === RSA && algorithm === RSA ? hash : named.get(algorithm);
  if (!implied || (hash && implied !== hash)) return undefined;
  const key = await importKey(certificate, implied);
  if (type === EC) return crypto.subtle.verify({ name: "ECDSA", hash: implied }, key, plainEcdsa(signature, curve[1]), message);
  if (key.algorithm.modulusLength < MINIMUM_RSA_BITS) return undefined;
  return crypto.subtle.verify(key.algorithm.name, key, signature, message);
}

/** The two numbers of a DER signature in fixed width, as WebCrypto wants them; nothing for numbers of no signature. */
function plainEcdsa(signature, size) {
  const fields = readDer(signature, SEQUENCE).fields();
  const plain = new Uint8Array(2 * size);
  [0, 1].forEach((number) => {
    const digits = fields.take(INTEGER).integer().toString(16).padStart(2 * size, "0");
    if (digits.length > 2 * size || digits.includes("-")) throw new Malformed("an ECDSA signature out of range");
    plain.set(digits.match(/../g).map((pair) => parseInt(pair, 16)), number * size);
  });
  fields.end();
  return plain;
}
