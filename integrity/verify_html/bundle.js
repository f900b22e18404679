// The numbered steps of a bundle, the same as those of `tiezheng verify`, with the same codes of findings.
import { INFO, PAYLOAD_LIST, PAYLOAD_SM3, TAG_LIST, TAG_TOKEN, Bag } from "./bag.js";
import { Malformed, equal, fromHex, hex, instant, utf8 } from "./bytes.js";
import { printable, safeName } from "./folder.js";
import { Inquiry, nothingToCheck } from "./inquiry.js";
import { JsonFields, isObject, parseCanonical, part } from "./json.js";
import { Judge } from "./judge.js";
import { commit } from "./merkle.js";
import { sha256 } from "./sha256.js";
import { SealStamps } from "./stamps.js";
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
const LEDGER = "tiezheng-ledger-v1", APPROVAL = "tiezheng-approval-v1";
const NUMBERED = / \(\d+\)(?=(\.[^.]*)?$)/;

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

/** "verified" only without any finding; "self-consistent" when all that is wrong is that too little was brought. */
function outcome(inquiry, judge) {
  const codes = new Set(inquiry.findings.map((finding) => finding.code));
  if (!codes.size) return { verdict: "verified", assurance: assurance(judge) };
  const mild = [...codes].every((code) => code === "trust-not-supplied" || code === "not-checked");
  const verdict = !mild ? "refused" : codes.has("not-checked") ? "incomplete" : "self-consistent";
  return { verdict, assurance: "self-asserted" };
}

function assurance(judge) {
  if (judge.qualified) return "external-authority";
  return judge.witnessed ? "witnessed" : "self-asserted";
}

class BundleCheck {
  facts = { files: [], entries: 0 };
  #sealed = new Map();
  #custody = [];
  #existed = [];
  #stamps = new Map();

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
    await inquiry.step("this copy was approved", (step) => this.#approval(step));
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
    const digests = new Set([...bag.listed].filter(([path]) => path.startsWith("data/")).map(([, digest]) => digest));
    if (!digests.size) inquiry.find("payload-missing", "data/", "there is no payload that could be checked");
    const known = [...TAGS, ...OPTIONAL];
    for (const path of bag.listed.keys()) {
      if (!known.includes(path) && !isPayload(path) && !isProof(path, digests) && !isCertificate(path)) {
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
    for (const path of this.bag.listed.keys()) {
      if (/^proofs\/[0-9a-f]{64}\.statement\.json$/.test(path)) this.inquiry.find("not-checked", printable(path), "statement");
    }
    for (const path of this.bag.payload) {
      const digest = this.bag.digests.get(path);
      const found = this.#sealed.get(digest) ?? (await this.#manifest(digest, path));
      if (!found) continue;
      this.#sealed.set(digest, found);
      this.#placed(path, found.manifest);
      this.facts.files.push({ path, digest, size: found.manifest.size, sealed: found });
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

  #placed(path, manifest) {
    const [, place, name] = path.split("/");
    const declared = safeName(manifest.name);
    if (declared !== name && declared !== name.replace(NUMBERED, "")) {
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

  /** The approval is the last entry of custody, and says of this copy what approval.json says. */
  async #approval(step) {
    const bytes = await this.bag.read("approval.json", 1024 * 1024);
    if (!bytes) return nothingToCheck(step, "there is no approval.json that can be used");
    const find = (code, detail) => this.inquiry.find(code, "approval.json", detail);
    const approval = orNothing(bytes);
    const names = Object.keys(approval).sort().join();
    if (names !== "approval,entry,format,grant,request" || !["approval", "grant", "request"].every((name) => isObject(approval[name]))) {
      return find("approval-malformed", "not canonical JSON with the fields of an approval");
    }
    if (approval.format !== APPROVAL) return find("version-unknown", `not ${APPROVAL}`);
    const last = this.#custody.at(-1);
    if (!last || hex(last.commitment) !== approval.entry || !last.opened) {
      return find("approval-not-in-custody", "custody does not end with its entry, opened");
    }
    const differences = approvalDifferences(approval, last.body, this.#custody, this.bag);
    differences.forEach((difference) => find("approval-differs", difference));
    if (!differences.length) this.facts.approval = approval;
  }

  #outside() {
    const names = { roots: "no root certificate", logs: "no key of the log" };
    const missing = this.judge.missing.map((kind) => names[kind]).join(", ");
    if (missing) this.inquiry.find("trust-not-supplied", "trust.json", `${missing} was given from outside`);
  }
}

function isPayload(path) {
  const parts = path.split("/");
  return parts[0] === "data" && parts.length === 3 && PLACES.has(parts[1]);
}

function isProof(path, digests) {
  const found = /^proofs\/([0-9a-f]{64})\.(.+)$/s.exec(path);
  return found !== null && digests.has(found[1]) && isProofName(found[2]);
}

function isCertificate(path) {
  return /^proofs\/authorities\/[^/]+\.(pem|crl|ocsp)$/.test(path);
}

/** Lines without their newline; what follows the last newline is none. */
function rowsOf(bytes) {
  const rows = [];
  for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) rows.push(bytes.subarray(start, end));
  return rows;
}

function custodyEntry(row) {
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
function orNothing(bytes) {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Malformed) return {};
    throw error;
  }
}

/** Where approval.json says other than its ledger entry, or is about another copy than this. */
function approvalDifferences({ request, approval, grant }, body, custody, bag) {
  const details = part(body, "details");
  const subject = part(body, "subject");
  const asked = requestEntry(custody, part(request, "id"));
  const found = [];
  const decided = [part(body, "action"), part(body, "outcome"), part(details, "decision")].join();
  if (decided !== "decide,permitted,approved") found.push("the last entry of custody is no approval");
  if (part(subject, "kind") !== "request" || part(subject, "id") !== part(request, "id")) {
    found.push("its entry is about another request");
  }
  if (part(details, "grant") !== part(grant, "id") || part(grant, "id") !== bag.info.get("External-Identifier")) {
    found.push("its entry or this bundle is of another grant");
  }
  for (const [place, kind] of [["originals", "recordings"], ["documents", "documents"]]) {
    const named = part(request, kind);
    const held = [...bag.listed].filter(([path]) => path.startsWith(`data/${place}/`)).map(([, digest]) => digest);
    if (!Array.isArray(named) || unique(named) !== unique(held)) found.push(`the ${kind} in this bundle are not those it names`);
  }
  const statements = [
    ["decision", part(approval, "decision"), part(details, "decision")],
    ["reason", part(approval, "reason"), part(body, "purpose")],
    ["expires_at", part(grant, "expires_at"), part(details, "expires_at")],
    ...(asked ? askedStatements(request, asked) : []),
  ];
  for (const [name, stated, recorded] of statements) {
    if (stated !== recorded) found.push(`${name} is ${printable(String(stated))}, its ledger entry says ${printable(String(recorded))}`);
  }
  if (asked && part(part(asked, "actor"), "id") === part(part(body, "actor"), "id")) {
    found.push("it was approved by whoever asked for it");
  }
  return found;
}

function askedStatements(request, asked) {
  const names = ["action", "recipient", "recipient_kind", "legal_basis"];
  const details = part(asked, "details");
  return [...names.map((name) => [name, part(request, name), part(details, name)]), ["purpose", part(request, "purpose"), part(asked, "purpose")]];
}

/** The opened ledger entry of a request, or null. */
function requestEntry(custody, id) {
  const found = custody.find(({ body }) => part(body, "action") === "request" && part(part(body, "subject"), "id") === id);
  return found ? found.body : null;
}

function unique(values) {
  return [...new Set(values.map(String))].sort().join();
}
