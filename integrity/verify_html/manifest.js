// The statement that was sealed with a recording or document (FORMAT, Manifest).
import { Malformed } from "./bytes.js";
import { commit } from "./merkle.js";
import { JsonFields, parseCanonical } from "./json.js";

const MANIFEST_LIMIT = 64 * 1024;
const WITH_SM3 = "tiezheng-manifest-v2";
const SOURCE = ["station", "person", "device", "operator", "session", "channel"];

/** Malformed unless it is one, every field of it known. `leaf` is what the log must hold of it, `said` all it says. */
export function parseManifest(bytes) {
  const said = parseCanonical(bytes, MANIFEST_LIMIT);
  const fields = new JsonFields(said);
  const version = fields.text("format");
  if (!["tiezheng-manifest-v1", WITH_SM3].includes(version)) throw new Malformed("format: neither version that is known");
  const manifest = {
    sm3: version === WITH_SM3 ? fields.digest("sm3") : null,
    digest: fields.digest("sha256"),
    size: fields.number("size"),
    name: fields.text("name"),
    kind: sourceKind(fields.object("source")),
    declared: declaredFacts(fields.object("declared")),
    receivedAt: fields.instant("received_at"),
    note: fields.optional("note", "text"),
    statement: fields.digest("statement"),
    said,
  };
  const clock = fields.object("clock");
  clock.truth("synchronised");
  clock.optional("max_error_ms", "number");
  clock.finish();
  const salt = fields.digest("salt");
  fields.finish();
  return { ...manifest, leaf: commit(salt, bytes) };
}

function sourceKind(fields) {
  const kind = fields.text("kind");
  fields.text("agency");
  fields.text("upload");
  SOURCE.forEach((name) => fields.optional(name, "text"));
  fields.finish();
  return kind;
}

function declaredFacts(fields) {
  const declared = { startedAt: fields.optional("started_at", "instant"), case: fields.optional("case", "text") };
  fields.optional("ended_at", "instant");
  ["clock_offset_ms", "clock_uncertainty_ms"].forEach((name) => fields.optional(name, "number"));
  fields.finish();
  return declared;
}
