// The page: takes the folder and what the reader trusts, shows the verdict. Says "verified" only when `verifyBundle` does.
import { instant } from "./bytes.js";
import { MILD, verifyBundle } from "./bundle.js";
import { FINDINGS } from "./findings.js";
import { Folder, Unreadable, printable } from "./folder.js";
import { agrees } from "./sha256.js";
import { sm3Agrees } from "./sm3.js";
import { parseTrust, typedTrust } from "./trust.js";
import { WORDS } from "./words.js";

const $ = (id) => document.getElementById(id);
let language = /^zh/i.test(navigator.language) ? "zh" : "en";
let trusted = Promise.resolve({ trust: null, error: null });
let chosen = null;
let shown = null;
let run = 0;

const word = (name) => WORDS[language][name];

function made(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-word]")) element.innerHTML = word(element.dataset.word);
  $("language").textContent = word("switch");
  showTrust();
  if (shown) showVerdict();
}

// What the reader trusts

/** A file that was chosen, or else what was typed. */
async function readTrust(file) {
  try {
    const trust = file ? parseTrust(new Uint8Array(await file.arrayBuffer())) : typedTrust($("fingerprints").value, $("vkeys").value);
    return { trust, error: null };
  } catch (error) {
    return { trust: null, error: error.message };
  }
}

/** A verdict by what is not there any more is not left standing: the same folder is judged anew. */
function trustChanged(file) {
  trusted = readTrust(file);
  showTrust();
  if (chosen) check(() => chosen);
}

async function showTrust() {
  const state = $("trust-state");
  const { trust, error } = await trusted;
  state.className = error ? "bad" : trust ? "good" : "";
  if (error) state.textContent = word("trustBad") + error;
  else if (!trust) state.textContent = word("trustNone");
  else {
    const named = [
      ...(trust.roots ?? []).map((root) => `${word("roots")} ${root.fingerprint}`),
      ...(trust.logs ?? []).map((key) => `${word("logs")} ${key.name}`),
      ...trust.witnesses.map((key) => `${word("witnesses")} ${key.name}`),
    ];
    state.textContent = `${word("trustRead")}: ${named.join("; ")}`;
  }
}

// The folder

async function dropped(transfer) {
  const [item] = transfer.items;
  const entry = item?.webkitGetAsEntry?.();
  const handle = await item?.getAsFileSystemHandle?.().catch(() => null);
  if (handle?.kind === "directory") return Folder.ofHandle(handle);
  if (!handle && entry?.isDirectory) return ofEntry(entry);
  throw new Unreadable(word("notFolder"));
}

/** From disk Chromium shows a dropped folder through its handle alone. */
async function ofEntry(entry) {
  try {
    return await Folder.ofEntry(entry);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(word("notDropped"));
  }
}

async function check(open) {
  const mine = ++run;
  shown = null;
  $("verdict").hidden = true;
  $("trouble").hidden = true;
  try {
    if (!(await agrees()) || !sm3Agrees()) throw new Unreadable(word("broken"));
    const folder = await open();
    const { trust, error } = await trusted;
    if (mine !== run) return; // another folder was dropped meanwhile
    chosen = folder;
    if (error) throw new Unreadable(word("trustBad") + error);
    const verdict = await verifyBundle(folder, trust, Date.now(), progress(folder.bytes, mine));
    if (mine !== run) return;
    shown = verdict;
    showVerdict();
  } catch (error) {
    if (mine !== run) return;
    $("trouble").textContent = error instanceof Unreadable ? error.message : word("failed") + error.message;
    $("trouble").hidden = false;
  } finally {
    if (mine === run) $("progress").hidden = true;
  }
}

function progress(total, mine) {
  let done = 0;
  $("bar").value = 0;
  $("progress").hidden = false;
  return {
    step: (step) => {
      if (mine === run) $("doing").textContent = word("step")[step.name][0];
    },
    bytes: (count, path) => {
      if (mine !== run) throw new Unreadable("");
      done += count;
      $("bar").value = total ? done / total : 1;
      $("doing").textContent = printable(path);
    },
  };
}

// The verdict

const SIGNS = {
  verified: '<circle cx="24" cy="24" r="22" fill="#1d6b45"/><path d="m13 25 8 8 15-17" fill="none" stroke="#fff" stroke-width="5"/>',
  "self-consistent": '<path d="M24 3 46 43H2z" fill="#c77700"/><path d="M24 17v13M24 34v5" stroke="#fff" stroke-width="5"/>',
  refused: '<circle cx="24" cy="24" r="22" fill="#a32a1f"/><path d="m15 15 18 18M33 15 15 33" stroke="#fff" stroke-width="5"/>',
};

function showVerdict() {
  const { verdict, findings, facts } = shown;
  const place = $("verdict");
  place.replaceChildren(banner(verdict));
  place.dataset.verdict = verdict;
  const heading = word(verdict === "incomplete" ? "unfinished" : "findings");
  if (findings.length) place.append(made("h3", `${heading} (${findings.length})`), ...findings.map(finding));
  place.append(made("h3", word("steps")), steps());
  if (facts.files.length) place.append(made("h3", word(verdict === "verified" ? "contents" : "claimed")), contents(facts));
  place.append(made("h3", word("left")), bullets(word("leftItems")));
  place.append(leftHow(), made("h3", word("unproven")), bullets(word("unprovenItems")));
  place.hidden = false;
  place.scrollIntoView({ block: "start" });
}

function banner(verdict) {
  const top = made("div", undefined, `banner ${verdict}`);
  top.innerHTML = `<svg viewBox="0 0 48 48" aria-hidden="true">${SIGNS[verdict] ?? SIGNS["self-consistent"]}</svg>`;
  const words = made("div");
  const heading = made("h2", word(verdict));
  heading.id = "h-verdict";
  words.append(heading, made("p", word(`${verdict}Why`)));
  if (verdict === "verified") words.append(made("p", word("assurance")[shown.assurance], "small"));
  if (verdict === "incomplete") words.append(leftHow());
  top.append(words);
  return top;
}

function leftHow() {
  const how = made("p", undefined, "small");
  how.innerHTML = word("leftHow");
  return how;
}

function finding({ code, subject, detail }) {
  const box = made("div", undefined, MILD.includes(code) ? "finding mild" : "finding");
  box.dataset.code = code;
  box.dataset.subject = subject;
  const line = made("p");
  line.append(made("strong", FINDINGS[code][language === "zh" ? 0 : 1]), " ", made("code", code));
  const left = code === "not-checked" ? word("leave")[detail] : undefined;
  box.append(line, made("p", `${subject}: ${left ?? detail}`, "small"));
  return box;
}

function steps() {
  const list = made("ol", undefined, "steps");
  const signs = new Map([[true, ["✓", "passed"]], [false, ["✗", "notPassed"]], [null, ["–", "idle"]]]);
  for (const step of shown.steps) {
    const [name, explained] = word("step")[step.name];
    const [sign, meaning] = signs.get(step.passed);
    const row = made("li", undefined, String(step.passed));
    const mark = made("span", sign, "mark");
    mark.append(made("span", word(meaning), "hidden-words"));
    const words = made("div");
    words.append(made("strong", name), made("p", explained, "small"));
    row.append(made("span", step.number, "number"), mark, words);
    list.append(row);
  }
  return list;
}

const DIGESTS = ["digest", "pageDigest"];

function contents(facts) {
  const place = made("div");
  const list = made("dl");
  const { request, approval } = facts.approval ?? {};
  const told = [
    ["caseNumber", request?.case], ["recipient", request?.recipient], ["request", request?.purpose], ["basis", request?.legal_basis],
    ["requester", request?.requester], ["approver", approval?.approver], ["custody", facts.entries],
    ["digest", facts.digest], ["pageDigest", facts.page],
  ];
  for (const [name, value] of told) {
    if (value !== undefined && value !== null) list.append(made("dt", word(name)), made("dd", printable(String(value)), DIGESTS.includes(name) ? "digits" : ""));
  }
  place.append(list, table(facts.files), made("p", word("utc"), "small"));
  if (facts.copies.length) {
    place.append(made("p", word("derived")), bullets(facts.copies.map((path) => printable(path.split("/").slice(1).join("/")))));
  }
  return place;
}

function table(files) {
  const wide = made("div", undefined, "wide");
  const whole = made("table");
  const head = made("tr");
  head.append(...["file", "size", "received", "stamped"].map((name) => made("th", word(name))));
  whole.append(head);
  for (const { path, size, sealed, absent } of files) {
    const row = made("tr");
    const name = made("td", printable(path.split("/").slice(1).join("/")));
    const note = sealed.manifest.note;
    if (note) name.append(made("p", printable(note), "small"));
    if (absent) name.append(made("p", word("notHere"), "small"));
    const times = [sealed.manifest.receivedAt, sealed.stampedAt].map((at) => made("td", at === null ? "–" : moment(at), "fixed"));
    row.append(name, made("td", bytesOf(size), "fixed"), ...times);
    whole.append(row);
  }
  wide.append(whole);
  return wide;
}

function moment(at) {
  return instant(at).slice(0, 19).replace("T", " ");
}

function bytesOf(size) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = size ? Math.min(Math.floor(Math.log2(size) / 10), 4) : 0;
  return `${(size / 1024 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

function bullets(items) {
  const list = made("ul", undefined, "bullets");
  list.append(...items.map((item) => made("li", item)));
  return list;
}

$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  speak();
});
$("trust-file").addEventListener("change", ({ target }) => trustChanged(taken(target)[0]));
$("fingerprints").addEventListener("input", () => trustChanged());
$("vkeys").addEventListener("input", () => trustChanged());
$("folder").addEventListener("change", ({ target }) => {
  const files = taken(target);
  check(() => Folder.ofList(files));
});

/** What was chosen; the same may be chosen again. */
function taken(input) {
  const files = [...input.files];
  input.value = "";
  return files;
}

addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
addEventListener("dragleave", () => $("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  const opening = dropped(event.dataTransfer); // at once: what was dropped is gone when the event is over
  opening.catch(() => {});
  check(() => opening);
});
speak();
