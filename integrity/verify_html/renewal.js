// A renewal's statement (FORMAT, Renewals): what a later time stamp is taken over, so that earlier ones outlive their
// certificates. Says nothing of whether what it names is right.
import { Malformed, fromHex, hex } from "./bytes.js";
import { JsonFields, parseCanonical } from "./json.js";

const RENEWAL_LIMIT = 64 * 1024;

/** Malformed unless it is one, every field of it known. Digests are in hexadecimal. */
export function parseRenewal(bytes) {
  const fields = new JsonFields(parseCanonical(bytes, RENEWAL_LIMIT));
  fields.expect("format", "tiezheng-renewal-v1");
  const previous = fields.optional("previous", "digest");
  const renewal = {
    number: fields.number("number"),
    manifest: hex(fields.digest("manifest")),
    tokens: inOrder(fields.texts("tokens")),
    revocations: inOrder(fields.texts("revocations")),
    previous: previous && hex(previous),
  };
  fields.finish();
  if (!renewal.tokens.length) throw new Malformed("it covers no token");
  return renewal;
}

/** Each a digest, sorted, none of them twice. */
function inOrder(texts) {
  texts.forEach((text) => fromHex(text));
  if (texts.some((text, at) => at > 0 && text <= texts[at - 1])) throw new Malformed("digests out of order, or one of them twice");
  return texts;
}
