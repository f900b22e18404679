// The approval of a copy: the last entry of custody, which lets out exactly what is here. Nothing that approval.json
// says is believed before the two were compared; which seals belong into the bundle is only looked for by it.
import { hex } from "./bytes.js";
import { orNothing } from "./custody.js";
import { printable } from "./folder.js";
import { nothingToCheck } from "./inquiry.js";
import { isObject, part } from "./json.js";

const APPROVAL = "tiezheng-approval-v1";
const APPROVAL_LIMIT = 1024 * 1024;
const ORIGINALS = "originals", COPIES = "copies";
const EXTENTS = [ORIGINALS, "both", COPIES];

/** `approval.json` as it was found; `said` is empty where it cannot be used. */
export class Approval {
  constructor(bytes) {
    this.bytes = bytes;
    this.said = bytes ? orNothing(bytes) : {};
  }

  static async of(bag) {
    return new Approval(await bag.read("approval.json", APPROVAL_LIMIT));
  }

  /** What it says was approved of each recording; originals where it says nothing that is known. */
  get extent() {
    const said = extentIn(part(this.said, "request"));
    return EXTENTS.includes(said) ? said : ORIGINALS;
  }

  get withCopies() {
    return this.extent !== ORIGINALS;
  }

  /** The originals of recordings that it names, in hexadecimal, each once. */
  recordings() {
    const named = part(part(this.said, "request"), "recordings");
    return [...new Set(Array.isArray(named) ? named : [])].filter((each) => typeof each === "string" && /^[0-9a-f]{64}$/.test(each));
  }

  /** Of these, those whose bytes were not approved and are not here. */
  absent(bag) {
    if (this.extent !== COPIES) return [];
    const held = new Set(below(bag, "originals").map(([, digest]) => digest));
    return this.recordings().filter((digest) => !held.has(digest));
  }
}

function extentIn(said) {
  return isObject(said) && Object.hasOwn(said, "extent") ? said.extent : ORIGINALS;
}

function below(bag, place) {
  return [...bag.listed].filter(([path]) => path.startsWith(`data/${place}/`));
}

/** The approval is the last entry of custody, and says of this copy what approval.json says; null unless it does. */
export function checkApproval(inquiry, bag, approval, custody, step) {
  const find = (code, detail) => inquiry.find(code, "approval.json", detail);
  if (!approval.bytes) {
    nothingToCheck(step, "there is no approval.json that can be used");
    return null;
  }
  const { said } = approval;
  const names = Object.keys(said).sort().join();
  if (names !== "approval,entry,format,grant,request" || !["approval", "grant", "request"].every((name) => isObject(said[name]))) {
    find("approval-malformed", "not canonical JSON with the fields of an approval");
    return null;
  }
  if (said.format !== APPROVAL) {
    find("version-unknown", `not ${APPROVAL}`);
    return null;
  }
  const last = custody.at(-1);
  if (!last || hex(last.commitment) !== said.entry || !last.opened) {
    find("approval-not-in-custody", "custody does not end with its entry, opened");
    return null;
  }
  const differences = approvalDifferences(approval, last.body, custody, bag);
  differences.forEach((difference) => find("approval-differs", difference));
  step.notes.push(`approved of each recording: ${approval.extent}`);
  return differences.length ? null : said;
}

/** Where approval.json says other than its ledger entry, or is about another copy than this. */
function approvalDifferences(found, body, custody, bag) {
  const { request, approval, grant } = found.said;
  const details = part(body, "details");
  const subject = part(body, "subject");
  const asked = requestEntry(custody, part(request, "id"));
  const differ = [];
  const decided = [part(body, "action"), part(body, "outcome"), part(details, "decision")].join();
  if (decided !== "decide,permitted,approved") differ.push("the last entry of custody is no approval");
  if (part(subject, "kind") !== "request" || part(subject, "id") !== part(request, "id")) {
    differ.push("its entry is about another request");
  }
  if (part(details, "grant") !== part(grant, "id") || part(grant, "id") !== bag.info.get("External-Identifier")) {
    differ.push("its entry or this bundle is of another grant");
  }
  differ.push(...otherPayload(found, details, bag));
  const statements = [
    ["decision", part(approval, "decision"), part(details, "decision")],
    ["reason", part(approval, "reason"), part(body, "purpose")],
    ["expires_at", part(grant, "expires_at"), part(details, "expires_at")],
    ["extent", extentIn(request), extentIn(details)],
    ...(asked ? askedStatements(request, asked) : []),
  ];
  for (const [name, stated, recorded] of statements) {
    if (stated !== recorded) differ.push(`${name} is ${printable(String(stated))}, its ledger entry says ${printable(String(recorded))}`);
  }
  if (asked && part(part(asked, "actor"), "id") === part(part(body, "actor"), "id")) {
    differ.push("it was approved by whoever asked for it");
  }
  return differ;
}

function askedStatements(request, asked) {
  const names = ["action", "recipient", "recipient_kind", "legal_basis"];
  const details = part(asked, "details");
  return [
    ...names.map((name) => [name, part(request, name), part(details, name)]),
    ["purpose", part(request, "purpose"), part(asked, "purpose")],
    ["extent", extentIn(request), extentIn(details)],
  ];
}

/** The opened ledger entry of a request, or null. */
function requestEntry(custody, id) {
  const found = custody.find(({ body }) => part(body, "action") === "request" && part(part(body, "subject"), "id") === id);
  return found ? found.body : null;
}

/** What is here is what approval.json names, and that is what was decided, where the decision names it. */
function otherPayload(approval, details, bag) {
  const request = part(approval.said, "request");
  const differ = [];
  for (const [place, kind] of [["originals", "recordings"], ["documents", "documents"]]) {
    const named = part(request, kind);
    const held = below(bag, place).map(([, digest]) => digest);
    const here = kind === "recordings" ? [...held, ...approval.absent(bag)] : held;
    if (!Array.isArray(named) || unique(named) !== unique(here)) differ.push(`the ${kind} in this bundle are not those it names`);
    if (Object.hasOwn(details ?? {}, kind) && sorted(details[kind]) !== sorted(named)) {
      differ.push(`the ${kind} it names are not those that were decided about`);
    }
  }
  if (approval.extent === COPIES && below(bag, "originals").length) differ.push("originals came along, and only copies were approved");
  if (!approval.withCopies && below(bag, "copies").length) differ.push("viewing copies came along that were not approved");
  return differ;
}

function sorted(values) {
  return (Array.isArray(values) ? values.map(String) : []).sort().join();
}

function unique(values) {
  return [...new Set(values.map(String))].sort().join();
}
