// What the reader brings from outside: a trust.json, or values typed from a printed sheet. Nothing else is believed.
import { Malformed, decoded, fromHex, hex } from "./bytes.js";
import { readPem } from "./certificate.js";
import { JsonFields, parsed } from "./json.js";
import { logKey, witnessKey } from "./note.js";
import { sha256 } from "./sha256.js";

const TRUST_LIMIT = 1024 * 1024;

/** Roots (a certificate where it is known, its fingerprint always), log keys by origin, witnesses; null: not given. */
export function parseTrust(bytes) {
  if (bytes.length > TRUST_LIMIT) throw new Malformed(`longer than ${TRUST_LIMIT} bytes`);
  const fields = new JsonFields(parsed(decoded(bytes)));
  fields.expect("format", "tiezheng-trust-v1");
  fields.texts("receipt_keys").forEach(logKey); // receipts are not read here, but the file is right or it is not
  const trust = {
    logs: fields.objects("logs").map(trustedLog),
    roots: fields.objects("authorities").map(trustedRoot),
    witnesses: fields.texts("witnesses").map(witnessKey),
    quorum: fields.number("quorum"),
  };
  fields.finish();
  const keys = new Set(trust.witnesses.map((witness) => hex(witness.key)));
  if (keys.size !== trust.witnesses.length) throw new Malformed("witnesses: one is there twice");
  if (trust.quorum < 0 || trust.quorum > trust.witnesses.length) throw new Malformed("quorum: more than there are");
  return trust;
}

function trustedLog(fields) {
  const origin = fields.text("origin");
  const key = logKey(fields.text("vkey"));
  fields.finish();
  if (key.name !== origin) throw new Malformed(`logs: the key of ${origin} is named ${key.name}`);
  return key;
}

function trustedRoot(fields) {
  const name = fields.text("name");
  const certificates = readPem(new TextEncoder().encode(fields.text("root_pem")));
  const fingerprint = fields.text("root_sha256");
  const qualified = fields.truth("qualified");
  fields.finish();
  if (certificates.length !== 1 || hex(sha256(certificates[0].raw)) !== fingerprint) {
    throw new Malformed(`authority ${name}: root_sha256 is not the fingerprint of root_pem`);
  }
  return { certificate: certificates[0], fingerprint, qualified };
}

/** From what was typed: fingerprints as openssl or anybody prints them, verifier keys; either may be left empty. */
export function typedTrust(fingerprints, vkeys) {
  const roots = words(fingerprints.replace(/sha-?256\s+fingerprint\s*=/gi, " ").replace(/:/g, "").toLowerCase());
  const logs = words(vkeys);
  if (!roots.length && !logs.length) return null;
  roots.forEach(fromHex);
  return {
    roots: roots.length ? roots.map((fingerprint) => ({ certificate: null, fingerprint, qualified: false })) : null,
    logs: logs.length ? logs.map(logKey) : null,
    witnesses: [],
    quorum: 0,
  };
}

function words(text) {
  return text.split(/\s+/).filter(Boolean);
}
