// The numbered steps of a bundle, the same as those of `tiezheng verify`, with the same codes of findings.
import { Approval, checkApproval } from "./approval.js";
import { INFO, PAYLOAD_LIST, PAYLOAD_SM3, TAG_LIST, TAG_TOKEN, WITH_COPIES, Bag } from "./bag.js";
import { Malformed, fromHex, hex, instant, utf8 } from "./bytes.js";
import { CopyCheck, isOfCopy } from "./copies.js";
import { custodyEntry, rowsOf } from "./custody.js";
import { possibleNames, printable, safeName } from "./folder.js";
import { Inquiry, nothingToCheck } from "./inquiry.js";
import { part } from "./json.js";
import { Judge } from "./judge.js";
import { sha256 } from "./sha256.js";
import { SealStamps } from "./stamps.js";
import { checkStatement } from "./statement.js";
import { isProofName } from "./token.js";

const TAGS = [
  "bagit.txt", INFO, PAYLOAD_LIST, "checkpoint", "custody.jsonl", "custody.html", "approval.json", "VERIFY.txt",
];
const CHECKPOINT_TOKEN = "checkpoint.tsr";
const OPTIONAL = [CHECKPOINT_TOKEN, PAYLOAD_SM3, "verify.html"];
const LEFT = [[/\.crl$/, "list"], [/\.ocsp$/, "response"], [/\/between-[0-9a-f]{16}\.pem$/, "between"]];
const PLACES = new Map([["originals", false], ["documents", true]]);
const SMALL = 1024 * 1024 + 64 * 1024;
const CUSTODY_LIMIT = 64 * 1024 * 1024;
const LEDGER = "tiezheng-ledger-v1";
const COPIES_PLACE = "data/copies/";

/**
 * The verdict on a folder: steps, findings, facts that were found to hold. `tell` hears how far it is:
 * `tell.step(step)` before each step, `tell.bytes(count, path)` while files are hashed.
 */
export async function verifyBundle(folder, trust, now, tell) {
  const inquiry = new Inquiry((step) => tell.step(step));
  const check = new BundleCheck(inquiry, new Judge(inquiry, trust, now), folder, tell);
  await check.run();
  return { steps: inquiry.steps, findings: inquiry.findings, facts: check.facts, ...outcome(inquiry, check.judge) };
}

/** Findings that say nothing against what is here, and without which nothing is verified. */
export const MILD = ["trust-not-supplied", "not-checked", "original-absent"];

/** "verified" only without any finding; "self-consistent" when all that is wrong is that too little was brought. */
function outcome(inquiry, judge) {
  const codes = new Set(inquiry.findings.map((finding) => finding.code));
  if (!codes.size) return { verdict: "verified", assurance: assurance(judge) };
  if (![...codes].every((code) => MILD.includes(code))) return { verdict: "refused", assurance: "self-asserted" };
  const verdict = codes.has("not-checked") ? "incomplete" : codes.has("trust-not-supplied") ? "self-consistent" : "copies-only";
  return { verdict, assurance: "self-asserted" };
}

function assurance(judge) {
  if (judge.qualified) return "external-authority";
  return judge.witnessed ? "witnessed" : "self-asserted";
}

class BundleCheck {
  facts = { files: [], copies: [], entries: 0 };
  #sealed = new Map();
  #custody = [];
  #existed = [];
  #stamps = new Map();
  #approval;
  #absent = [];

  constructor(inquiry, judge, folder, tell) {
    this.inquiry = inquiry;
    this.judge = judge;
    this.folder = folder;
    this.tell = tell;
    this.bag = new Bag(inquiry, folder.files);
  }

  async run() {
    const { inquiry, bag } = this;
    await inquiry.step("the bundle can be read", (step) => this.#container(step));
    await inquiry.step("the bundle's version is known", () => bag.checkVersion());
    await inquiry.step("every file is as listed, and none is missing or added", (step) => this.#files(step));
    await inquiry.step("an authority stamped the bundle as a whole", (step) => this.#whole(step));
    await inquiry.step("each payload file has a manifest about it", (step) => this.#manifests(step));
    await this.#copies();
    if (this.#absent.length) await inquiry.step("the originals themselves are here", () => this.#withoutOriginals());
    await this.#statements();
    for (const digest of this.#sealed.keys()) {
      this.#stamps.set(digest, new SealStamps(inquiry, this.judge, bag, digest, this.#existed));
    }
    if ([...this.#stamps.values()].some((stamps) => stamps.renewed)) {
      await inquiry.step("the time stamps were renewed", (step) => this.#renewals(step));
    }
    await inquiry.step("an authority stamped each payload file and its manifest", (step) => this.#tokens(step));
    if (bag.files.has(CHECKPOINT_TOKEN)) {
      await inquiry.step("an authority stamped the log's checkpoint", (step) => this.#stampedHead(step));
    }
    await inquiry.step("each manifest is in the log", (step) => this.#leaves(step));
    await inquiry.step("custody is in the log", (step) => this.#lines(step));
    await inquiry.step("this copy was approved", (step) => {
      const said = checkApproval(inquiry, bag, this.#approval, this.#custody, step);
      if (said) this.facts.approval = said;
    });
    await inquiry.step("what it was judged by came from outside", () => this.#outside());
    inquiry.close();
  }

  #container(step) {
    const { files, defects } = this.folder;
    defects.forEach(({ code, subject, detail }) => this.inquiry.find(code, subject, detail));
    if (!files.size) this.inquiry.find("bundle-unreadable", "/", "there is no file in it");
    step.notes.push(`files: ${files.size}, bytes: ${this.folder.bytes}`);
  }

  /** All of it hashed; then only files that FORMAT knows, each where it belongs, and all those it asks for. */
  async #files(step) {
    const { inquiry, bag } = this;
    await bag.checkFiles(this.tell.bytes);
    await bag.checkSm3(this.tell.bytes);
    this.#approval = await Approval.of(bag);
    this.#absent = this.#approval.absent(bag);
    const paths = [...bag.listed.keys()];
    if (!paths.some((path) => path.startsWith("data/"))) {
      inquiry.find("payload-missing", "data/", "there is no payload that could be checked");
    }
    const known = [...TAGS, ...OPTIONAL];
    const copies = bag.info.get("Tiezheng-Bundle") === WITH_COPIES;
    const places = copies ? [...PLACES.keys(), "copies"] : [...PLACES.keys()];
    const sealed = new Set([...this.#absent, ...paths.filter((path) => isPayload(path, [...PLACES.keys()])).map((path) => bag.listed.get(path))]);
    for (const path of paths) {
      if (!known.includes(path) && !isPayload(path, places) && !isProof(path, sealed, copies) && !isCertificate(path)) {
        inquiry.find("file-unexpected", printable(path), "no file of a bundle is called so, or it is about no payload");
      }
    }
    for (const path of TAGS.filter((each) => each !== "bagit.txt" && each !== INFO && !bag.listed.has(each))) {
      inquiry.find("file-missing", path, "the list does not name it");
    }
    this.facts.page = bag.digests.get("verify.html");
    step.notes.push(`payload files: ${bag.payload.length}`);
  }

  /** The token over the list of everything: when all of it is known to have existed. */
  async #whole(step) {
    for (const path of this.#authorities()) {
      const [, left] = LEFT.find(([name]) => name.test(path)) ?? [];
      const bytes = left === undefined ? await this.bag.read(path, SMALL) : null;
      if (bytes) this.judge.certificates(printable(path), bytes);
      // Something that this page does not judge stands in the way of "verified".
      if (left !== undefined) this.inquiry.find("not-checked", printable(path), left);
    }
    const digest = this.bag.digests.get(TAG_LIST);
    if (digest === undefined) {
      nothingToCheck(step, `there is no ${TAG_LIST}`);
      return;
    }
    this.facts.digest = digest;
    step.notes.push(`bundle digest ${digest}`);
    const at = await this.#token(TAG_TOKEN, fromHex(digest));
    if (at === null) return;
    step.notes.push(instant(at));
    this.#existed = [{ at, qualified: this.judge.isQualified(fromHex(digest)) }];
  }

  #authorities() {
    return [...this.bag.files.keys()].filter(isCertificate).sort();
  }

  async #token(path, digest) {
    const bytes = await this.#part(path, "token-missing");
    return bytes ? this.judge.token(path, bytes, digest, []) : null;
  }

  async #part(path, missing) {
    if (!this.bag.files.has(path)) {
      this.inquiry.find(missing, path, "it is not there");
      return null;
    }
    return this.bag.read(path, SMALL);
  }

  /** Each manifest is found by the digest of the bytes, and must know the file's name and kind. */
  async #manifests(step) {
    if (!this.bag.payload.length) nothingToCheck(step, "there is no payload");
    for (const path of this.bag.payload.filter((each) => !each.startsWith(COPIES_PLACE))) {
      const digest = this.bag.digests.get(path);
      const found = this.#sealed.get(digest) ?? (await this.#manifest(digest, path));
      if (!found) continue;
      this.#sealed.set(digest, found);
      this.#placed(path, found.manifest);
      this.facts.files.push({ path, digest, size: found.manifest.size, sealed: found });
    }
    for (const digest of this.#absent) await this.#manifestAlone(digest);
  }

  /** The manifest of an original whose bytes are not here: about that digest, and of a recording. */
  async #manifestAlone(digest) {
    const path = `proofs/${digest}.manifest.json`;
    const bytes = await this.#part(path, "manifest-missing");
    const manifest = bytes && this.judge.manifest(path, bytes);
    if (!manifest) return;
    if (hex(manifest.digest) !== digest) {
      this.inquiry.find("file-differs", path, `the manifest is about ${hex(manifest.digest)}`);
      return;
    }
    const sealed = { manifest, bytes, stampedAt: null };
    this.#sealed.set(digest, sealed);
    this.facts.files.push({ path: `data/originals/${manifest.name}`, digest, size: manifest.size, sealed, absent: true });
    if (manifest.kind === "document") this.inquiry.find("kind-differs", path, "it was sealed as a document");
  }

  /** Viewing copies, where they were approved or came along. */
  async #copies() {
    const { inquiry, judge, bag } = this;
    if (!this.#approval.withCopies && ![...bag.listed.keys()].some((path) => path.startsWith(COPIES_PLACE))) return;
    await inquiry.step("each viewing copy is derived, and its maker signed of what", async (step) => {
      const check = new CopyCheck(inquiry, judge, bag, this.#sealed);
      this.facts.copies = await check.check(this.#approval.withCopies ? this.#approval.recordings() : [], step);
    });
  }

  #withoutOriginals() {
    for (const digest of this.#absent) {
      this.inquiry.find("original-absent", `proofs/${digest}.manifest.json`, "only a derived copy of it was approved; its bytes are not here and were not checked");
    }
  }

  async #manifest(digest, file) {
    const path = `proofs/${digest}.manifest.json`;
    const { size } = this.bag.files.get(file);
    const bytes = await this.#part(path, "manifest-missing");
    const manifest = bytes && this.judge.manifest(path, bytes);
    if (!manifest) return null;
    if (hex(manifest.digest) !== digest || manifest.size !== size) {
      this.inquiry.find("file-differs", path, `the manifest is about ${hex(manifest.digest)}, ${manifest.size} bytes`);
      return null;
    }
    const sm3 = manifest.sm3 === null ? null : await this.bag.sm3(file, this.tell.bytes);
    if (sm3 !== null && sm3 !== hex(manifest.sm3)) {
      this.inquiry.find("sm3-differs", path, `the manifest says SM3 ${hex(manifest.sm3)}; the file has ${sm3}`);
    }
    return { manifest, bytes, stampedAt: null };
  }

  /** What stations signed, where it came along: a step only then. */
  async #statements() {
    const there = [...this.#sealed].map(([digest, { manifest }]) => [`proofs/${digest}.statement.json`, manifest]);
    const signed = there.filter(([path]) => this.bag.files.has(path));
    if (!signed.length) return;
    await this.inquiry.step("the station signed what it declared", async (step) => {
      for (const [path, manifest] of signed) {
        const bytes = await this.bag.read(path, SMALL);
        if (bytes) await checkStatement(this.inquiry, path, bytes, manifest, step);
      }
    });
  }

  #placed(path, manifest) {
    const [, place, name] = path.split("/");
    const declared = safeName(manifest.name);
    if (!possibleNames(name).includes(declared)) {
      this.inquiry.find("name-differs", printable(path), `it was sealed under the name ${printable(declared)}`);
    }
    if (PLACES.get(place) !== (manifest.kind === "document")) {
      this.inquiry.find("kind-differs", printable(path), `it was sealed as ${printable(manifest.kind)}`);
    }
  }

  async #tokens(step) {
    if (!this.#sealed.size) nothingToCheck(step, "there is no manifest");
    for (const [digest, sealed] of this.#sealed) {
      const stamps = this.#stamps.get(digest);
      const [first] = await stamps.over("original", fromHex(digest));
      sealed.stampedAt = first?.genTime ?? null;
      for (const { path, genTime } of await stamps.over("manifest", sha256(sealed.bytes))) {
        this.judge.stampedAfterReceipt(path, sealed.manifest, genTime);
      }
    }
  }

  /** All of it was stamped anew in time; to be judged first. */
  async #renewals(step) {
    const lists = this.#authorities().filter((path) => /\.(crl|ocsp)$/.test(path)).map((path) => this.bag.digests.get(path));
    for (const [digest, sealed] of this.#sealed) {
      await this.#stamps.get(digest).walk(hex(sha256(sealed.bytes)), lists, step);
    }
  }

  /** The token over the checkpoint as its log signed it: cosignatures come later, and may be left out. */
  async #stampedHead(step) {
    const bytes = await this.#part("checkpoint", "checkpoint-missing");
    const raw = await this.#part(CHECKPOINT_TOKEN, "token-missing");
    if (!bytes || !raw) {
      nothingToCheck(step, "there is no checkpoint that it could be over");
      return;
    }
    const own = this.judge.ownNote("checkpoint", bytes);
    const at = own && (await this.judge.token(CHECKPOINT_TOKEN, raw, sha256(own), this.#existed));
    if (at === null) return;
    step.notes.push(instant(at));
    this.judge.stampedNote(own, at);
  }

  async #leaves(step) {
    if (!this.#sealed.size) nothingToCheck(step, "there is no manifest");
    for (const [digest, { manifest }] of this.#sealed) {
      const path = `proofs/${digest}.tlog-proof`;
      const bytes = await this.#part(path, "proof-missing");
      if (bytes) await this.judge.proof(path, bytes, manifest.leaf);
    }
    const bytes = await this.bag.read("checkpoint", SMALL);
    const head = bytes && (await this.judge.checkpoint("checkpoint", bytes));
    if (head) step.notes.push(`${head.origin}, leaves: ${head.size}`);
  }

  /** Every line, opened or withheld, is a leaf of the log, once. */
  async #lines(step) {
    const bytes = await this.bag.read("custody.jsonl", CUSTODY_LIMIT);
    if (!bytes) return nothingToCheck(step, "there is no custody.jsonl that can be used");
    const seen = new Set();
    const rows = rowsOf(bytes);
    for (const [at, row] of rows.entries()) {
      const subject = `custody.jsonl, line ${at + 1}`;
      const entry = this.#entry(subject, row);
      if (!entry) continue;
      const commitment = hex(entry.commitment);
      if (seen.has(commitment)) this.inquiry.find("custody-repeated", subject, "the same entry stands there twice");
      seen.add(commitment);
      await this.judge.proof(subject, utf8(entry.proof), entry.commitment);
      if (entry.opened && part(entry.body, "format") !== LEDGER) {
        this.inquiry.find("version-unknown", subject, `the entry is not ${LEDGER}`);
      }
      this.#custody.push(entry);
    }
    if (bytes.at(-1) !== 10 || !this.#custody.length) {
      this.inquiry.find("custody-malformed", "custody.jsonl", "empty, or its last line is cut short");
    }
    this.facts.entries = this.#custody.length;
    step.notes.push(`entries: ${this.#custody.length}`);
  }

  #entry(subject, row) {
    try {
      return custodyEntry(row);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.inquiry.find("custody-malformed", subject, error.message);
      return null;
    }
  }

  #outside() {
    const names = { roots: "no root certificate", logs: "no key of the log" };
    const missing = this.judge.missing.map((kind) => names[kind]).join(", ");
    if (missing) this.inquiry.find("trust-not-supplied", "trust.json", `${missing} was given from outside`);
  }
}

function isPayload(path, places) {
  const parts = path.split("/");
  return parts[0] === "data" && parts.length === 3 && places.includes(parts[1]);
}

function isProof(path, sealed, copies) {
  const found = /^proofs\/([0-9a-f]{64})\.(.+)$/s.exec(path);
  return found !== null && sealed.has(found[1]) && (isProofName(found[2]) || (copies && isOfCopy(found[2])));
}

function isCertificate(path) {
  return /^proofs\/authorities\/[^/]+\.(pem|crl|ocsp)$/.test(path);
}
