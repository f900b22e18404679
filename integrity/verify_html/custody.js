// Lines of custody: ledger entries, opened or withheld, each with its commitment and proof.
import { Malformed, equal, utf8 } from "./bytes.js";
import { JsonFields, parseCanonical } from "./json.js";
import { commit } from "./merkle.js";

/** Lines without their newline; what follows the last newline is none. */
export function rowsOf(bytes) {
  const rows = [];
  for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) rows.push(bytes.subarray(start, end));
  return rows;
}

export function custodyEntry(row) {
  const fields = new JsonFields(parseCanonical(row));
  const body = fields.optional("body", "text");
  const salt = fields.optional("salt", "digest");
  const entry = { commitment: fields.digest("commitment"), proof: fields.text("tlog_proof"), opened: body !== null, body: {} };
  fields.finish();
  if ((body === null) !== (salt === null)) throw new Malformed("withheld or opened, body and salt together");
  if (body === null) return entry;
  if (!equal(commit(salt, utf8(body)), entry.commitment)) throw new Malformed("its commitment is not the one of its body");
  return { ...entry, body: orNothing(utf8(body)) };
}

/** Canonical JSON, or an empty object that fits nothing. */
export function orNothing(bytes) {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Malformed) return {};
    throw error;
  }
}
