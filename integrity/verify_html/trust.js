// What the reader brings from outside: a trust.json, or values typed from a printed sheet. Nothing else is believed.
import { Malformed, decoded, fromHex, hex } from "./bytes.js";
import { readPem } from "./certificate.js";
import { JsonFields, parsed } from "./json.js";
import { logKey, witnessKey } from "./note.js";
import { sha256 } from "./sha256.js";

const TRUST_LIMIT = 1024 * 1024;
const ALWAYS = { fromSize: 0, untilSize: null, revokedAt: null };

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
  checkLogs(trust.logs);
  const keys = new Set(trust.witnesses.map((witness) => hex(witness.key)));
  if (keys.size !== trust.witnesses.length) throw new Malformed("witnesses: one is there twice");
  if (trust.quorum < 0 || trust.quorum > trust.witnesses.length) throw new Malformed("quorum: more than there are");
  return trust;
}

/** No key twice; a log that succeeds another succeeds one of these. */
function checkLogs(logs) {
  if (new Set(logs.map((key) => key.vkey)).size !== logs.length) throw new Malformed("logs: a key is there twice");
  for (const { name, successorOf } of logs) {
    if (successorOf === name || (successorOf !== null && !logs.some((key) => key.name === successorOf))) {
      throw new Malformed("successor_of: an origin that is not among the logs");
    }
  }
}

function trustedLog(fields) {
  const origin = fields.text("origin");
  const key = logKey(fields.text("vkey"));
  const fromSize = fields.has("from_size") ? fields.number("from_size") : 0;
  const untilSize = fields.has("until_size") ? fields.number("until_size") : null;
  const revokedAt = fields.has("revoked_at") ? fields.instant("revoked_at") : null;
  const successorOf = fields.has("successor_of") ? fields.text("successor_of") : null;
  fields.finish();
  if (key.name !== origin) throw new Malformed(`logs: the key of ${origin} is named ${key.name}`);
  if (fromSize < 0 || (untilSize !== null && untilSize < fromSize)) throw new Malformed(`logs: a key of ${origin} is for no size`);
  return { ...key, fromSize, untilSize, revokedAt, successorOf };
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
    logs: logs.length ? logs.map((text) => ({ ...logKey(text), ...ALWAYS })) : null,
    witnesses: [],
    quorum: 0,
  };
}

function words(text) {
  return text.split(/\s+/).filter(Boolean);
}
