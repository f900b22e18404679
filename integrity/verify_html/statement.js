// What a station signed of an upload, where it came along (FORMAT, Statement and Declaration): is it the one that was
// sealed, and did its key sign it. That the key was the station's, only the installation's ledger says.
import { Malformed, fromBase64, hex, utf8 } from "./bytes.js";
import { JsonFields, parseCanonical } from "./json.js";
import { logKey, madeBy } from "./note.js";
import { sha256 } from "./sha256.js";

const PLAIN = "tiezheng-statement-v1", SIGNED = "tiezheng-statement-v2", DECLARATION = "tiezheng-declaration-v1";
const LIMIT = 64 * 1024, DECLARATION_LIMIT = 16 * 1024;
const IMPORTED = "sealed on import, earlier integrity unknown";
const TEXTS = ["filetype", "device", "operator", "session", "channel", "case"];
const INSTANTS = ["started_at", "ended_at"];
const NUMBERS = ["clock_offset_ms", "clock_uncertainty_ms"];
const DECLARED = ["station", "sha256", "name", "kind", ...TEXTS, ...INSTANTS, ...NUMBERS];

/** Judge a `statement.json` by the manifest of the same bytes; findings at `path`. */
export async function checkStatement(inquiry, path, bytes, manifest, step) {
  const find = (code, detail) => inquiry.find(code, path, detail);
  if (hex(sha256(bytes)) !== hex(manifest.statement)) {
    return find("declaration-differs", "it is not the statement that the manifest names");
  }
  const statement = read(() => parseStatement(bytes), (error) => find("declaration-malformed", error.message));
  if (!statement) return null;
  const differ = differing(statement.said, manifest.said);
  if (differ.length) find("declaration-differs", `the manifest says otherwise of: ${differ.join(", ")}`);
  if (!statement.signed) return find("declaration-signature", "nobody signed it");
  const refusal = await refused(statement, manifest.size);
  if (refusal) return find("declaration-signature", refusal);
  step.notes.push(`station key ${statement.signed.key.vkey}`);
  return null;
}

function read(parse, refuse) {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    refuse(error);
    return null;
  }
}

/** `said` as it stands there, and what the station `signed` of it: null in the version of who has no key. */
function parseStatement(bytes) {
  const said = parseCanonical(bytes, LIMIT);
  const fields = new JsonFields(said);
  const version = fields.text("format");
  if (![PLAIN, SIGNED].includes(version)) throw new Malformed("format: neither version that is known");
  const signed = version === SIGNED ? parseSigned(fields.object("signed")) : null;
  const filing = fields.optional("filing", "object");
  ["agency", "kind", "name"].forEach((name) => fields.text(name));
  ["station", "person", ...TEXTS].forEach((name) => fields.optional(name, "text"));
  fields.optional("sha256", "digest");
  INSTANTS.forEach((name) => fields.optional(name, "instant"));
  NUMBERS.forEach((name) => fields.optional(name, "number"));
  if (filing) {
    ["case", "title", "kind", "stage", "content_type"].forEach((name) => filing.text(name));
    filing.finish();
  }
  fields.finish();
  if ((said.station === null) === (said.person === null)) throw new Malformed("by a station or by a person, and by one of them");
  if ((filing === null) === (said.kind === "document")) throw new Malformed("a document, and nothing else, says how it was filed");
  return { said, signed };
}

function parseSigned(fields) {
  const signed = { content: utf8(fields.text("declaration")), key: logKey(fields.text("key")), signature: fromBase64(fields.text("signature")) };
  fields.finish();
  return signed;
}

/** Where the manifest does not repeat what was declared. */
function differing(said, sealed) {
  const source = ["kind", "agency", "station", "person", "device", "operator", "session", "channel"];
  const declared = [...INSTANTS, ...NUMBERS, "case"];
  const differ = [];
  if (said.name !== sealed.name) differ.push("name");
  if (source.some((name) => said[name] !== sealed.source[name])) differ.push("source");
  if (declared.some((name) => said[name] !== sealed.declared[name])) differ.push("declared");
  if ((said.kind === "import" ? IMPORTED : null) !== sealed.note) differ.push("note");
  if (said.sha256 !== null && said.sha256 !== sealed.sha256) differ.push("sha256");
  return differ;
}

/** Why the signature says nothing for this statement; null where it holds and says the same. */
async function refused({ said, signed }, size) {
  if (!(await madeBy(signed.key, signed.content, signed.signature))) return "its signature does not hold";
  let why = null;
  const declared = read(() => parseDeclaration(signed.content), (error) => { why = error.message; });
  if (!declared) return why;
  if (declared.station !== signed.key.name) return "a key of another station signed it";
  const differ = DECLARED.filter((name) => declared[name] !== said[name]);
  if (declared.size !== size) differ.push("size");
  return differ.length ? `the station signed otherwise of: ${differ.sort().join(", ")}` : null;
}

function parseDeclaration(bytes) {
  const said = parseCanonical(bytes, DECLARATION_LIMIT);
  const fields = new JsonFields(said);
  fields.expect("format", DECLARATION);
  ["station", "name", "kind"].forEach((name) => fields.text(name));
  fields.number("size");
  fields.digest("sha256");
  TEXTS.forEach((name) => fields.optional(name, "text"));
  INSTANTS.forEach((name) => fields.optional(name, "instant"));
  NUMBERS.forEach((name) => fields.optional(name, "number"));
  fields.finish();
  return said;
}
