// Viewing copies: each was made of the original it says, by a maker on record, and unchanged. A copy never stands for its
// original, and nothing that proves the original is judged by it.
import { Malformed, concat, hex, utf8 } from "./bytes.js";
import { custodyEntry } from "./custody.js";
import { possibleNames, printable, safeName } from "./folder.js";
import { JsonFields, parseCanonical, part } from "./json.js";
import { logKey, madeBy } from "./note.js";

const PLACE = "data/copies/";
const PROVENANCE = "tiezheng-provenance-v2";
const MAKER_NAME = "tiezheng-renditions";
const PARTS = ["provenance.json", "provenance.sig", "maker.json"];
const PROVENANCE_LIMIT = 1024 * 1024;
const OUTPUT = /^[a-z]+(?:-[0-9]{1,3})?\.(?:mp4|jpg|txt)$/;

/** Whether a file about an original's viewing copy may be called so. */
export function isOfCopy(name) {
  return PARTS.includes(name);
}

export class CopyCheck {
  #inquiry;
  #judge;
  #bag;
  #sealed;
  #left;

  /** `sealed` are manifests by the digest of their original. */
  constructor(inquiry, judge, bag, sealed) {
    this.#inquiry = inquiry;
    this.#judge = judge;
    this.#bag = bag;
    this.#sealed = sealed;
    this.#left = bag.payload.filter((path) => path.startsWith(PLACE));
  }

  /** One copy of each original that was approved with one, and no further file among the copies; their paths. */
  async check(wanted, step) {
    const there = [...this.#left];
    for (const original of wanted) await this.#check(original);
    for (const path of this.#left) {
      this.#inquiry.find("copy-differs", printable(path), "no provenance of an approved copy is of these bytes");
    }
    step.notes.push(`viewing copies: ${there.length}; derived, no originals, and no proof of what an original shows`);
    return there;
  }

  async #check(original) {
    const prefix = `proofs/${original}.`;
    const [provenance] = PARTS;
    if (!this.#bag.files.has(prefix + provenance)) {
      this.#inquiry.find("copy-missing", prefix + provenance, "nothing tells of a viewing copy of it");
      return;
    }
    const told = await this.#told(prefix);
    const manifest = this.#sealed.get(original)?.manifest;
    if (!told || !manifest) {
      if (told) this.#left = this.#left.filter((path) => this.#bag.digests.get(path) !== told.digest);
      return;
    }
    const [source, ...others] = told.sources;
    if (others.length || source?.digest !== original || source.size !== manifest.size) {
      this.#inquiry.find("copy-of-another", prefix + provenance, "it was not made of this original alone");
    }
    this.#take(told, manifest, prefix + provenance);
  }

  /** What was signed of the copy, by a maker whose key is on record; null, with a finding, for anything else. */
  async #told(prefix) {
    const found = [];
    for (const name of PARTS) found.push(await this.#part(prefix + name));
    return this.#read(prefix, found);
  }

  async #part(path) {
    if (this.#bag.files.has(path)) return this.#bag.read(path, PROVENANCE_LIMIT);
    this.#inquiry.find("provenance-missing", path, "it is not there");
    return null;
  }

  async #read(prefix, [statement, signature, maker]) {
    if (!statement) return null;
    const [name, signed, who] = PARTS.map((each) => prefix + each);
    const told = this.#inquiry.reading("provenance-malformed", name, () => parseProvenance(statement));
    if (!told) return null;
    const key = maker && (await this.#maker(who, maker));
    if (key && signature && !(await madeBy(key, concat(utf8(`${PROVENANCE}\n`), statement), signature))) {
      this.#inquiry.find("provenance-signature", signed, `the signature of ${key.name} does not hold`);
    }
    return told;
  }

  /** The maker's key, as the log has it. */
  async #maker(path, bytes) {
    const found = this.#inquiry.reading("provenance-maker", path, () => {
      if (bytes.at(-1) !== 10) throw new Malformed("a line ends in a newline");
      const entry = custodyEntry(bytes.subarray(0, -1));
      return { entry, key: makerKey(entry) };
    });
    if (!found) return null;
    await this.#judge.proof(path, utf8(found.entry.proof), found.entry.commitment);
    return found.key;
  }

  /** The file that it tells of, under the name of its original, labelled. */
  #take(told, manifest, subject) {
    const there = this.#left.filter((path) => this.#bag.digests.get(path) === told.digest);
    if (!there.length) {
      this.#inquiry.find("copy-missing", subject, `no file is the copy it tells of, ${told.digest}`);
      return;
    }
    const expected = safeName(copyName(manifest.name, told.name));
    const named = there.find((path) => possibleNames(path.slice(PLACE.length)).includes(expected));
    const path = named ?? there[0];
    this.#left.splice(this.#left.indexOf(path), 1);
    if (named === undefined) this.#inquiry.find("name-differs", printable(path), `the copy would be called ${printable(expected)}`);
    if (this.#bag.files.get(path).size !== told.size) this.#inquiry.find("copy-differs", printable(path), `its provenance says ${told.size} bytes`);
  }
}

/** Name, digest and size of the copy, and what it was made of. */
function parseProvenance(bytes) {
  const fields = new JsonFields(parseCanonical(bytes, PROVENANCE_LIMIT));
  fields.expect("format", PROVENANCE);
  if (!fields.truth("derived")) throw new Malformed("derived: a viewing copy is always derived");
  const output = fields.object("output");
  const told = { name: output.text("name"), digest: hex(output.digest("sha256")), size: output.number("size"), sources: [] };
  output.finish();
  ["recipe", "plan"].forEach((name) => fields.text(name));
  for (const source of fields.objects("sources")) {
    told.sources.push({ digest: hex(source.digest("sha256")), size: source.number("size") });
    source.number("part");
    source.finish();
  }
  for (const found of fields.objects("quality")) {
    found.text("code");
    ["start_ms", "end_ms"].forEach((name) => found.number(name));
    found.finish();
  }
  ["why", "tools", "argv", "findings"].forEach((name) => fields.texts(name));
  fields.object("confinement");
  fields.objects("durations");
  fields.finish();
  if (!OUTPUT.test(told.name)) throw new Malformed("no viewing copy is called so");
  return told;
}

/** The key that an opened ledger entry puts on record as a maker's. */
function makerKey({ opened, body }) {
  const told = [part(body, "format"), part(body, "action"), part(body, "outcome"), part(part(body, "actor"), "kind")];
  if (!opened || told.join() !== "tiezheng-ledger-v1,rendition-key,done,system") {
    throw new Malformed("the entry puts no key of a maker on record");
  }
  const vkey = part(part(body, "details"), "vkey");
  if (typeof vkey !== "string") throw new Malformed("the entry names no key");
  const key = logKey(vkey);
  if (key.name !== MAKER_NAME) throw new Malformed(`the key is named ${key.name}, and makers' are named ${MAKER_NAME}`);
  return key;
}

/** What the viewing copy of a file is called, before it is made harmless. */
function copyName(declared, output) {
  const extension = output.slice(output.lastIndexOf("."));
  const same = declared.slice(-extension.length).toLowerCase() === extension;
  return `derived-${declared}${same ? "" : extension}`;
}
