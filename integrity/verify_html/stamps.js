// The time stamps of one sealed file, as they lie beside each other: its tokens, and the chain of renewals, walked from
// the newest to the oldest, which carries them past the end of their certificates. As `tiezheng verify` walks it.
import { Malformed, hex, instant } from "./bytes.js";
import { parseRenewal } from "./renewal.js";
import { sha256 } from "./sha256.js";
import { CLOCK_TOLERANCE, OUTLIVED, Refusal, TOKEN_LIMIT, tokenNames } from "./token.js";

const MOST_RENEWALS = 99;

export class SealStamps {
  #inquiry;
  #judge;
  #bag;
  #at;
  #existed;
  #tokens = new Map();
  #proven = new Map();
  #outlived = [];

  /** `existed` are instants, `{at, qualified}`, at which all of it is known to have been there. */
  constructor(inquiry, judge, bag, about, existed) {
    this.#inquiry = inquiry;
    this.#judge = judge;
    this.#bag = bag;
    this.#at = (name) => `proofs/${about}.${name}`;
    this.#existed = existed;
  }

  get renewed() {
    return this.#newest() > 0;
  }

  /** Judge the renewals, before the tokens that may live by them. `lists` are digests of what tells of revocation. */
  async walk(manifest, lists, step) {
    const tokens = [...(await this.#read("original")), ...(await this.#read("manifest"))].filter(({ bytes }) => bytes);
    const there = new Set([...tokens.map(({ bytes }) => digestOfBytes(bytes)), ...lists]);
    const links = await this.#links();
    for (const link of [...links.values()].reverse()) {
      this.#compare(link, links.get(link.number - 1), manifest, there);
      await this.#judgeLink(link, step);
    }
  }

  /** The good ones. One of them carries another that has merely outlived its certificate; every other defect counts. */
  async over(over, digest) {
    const good = [];
    const outlived = [];
    for (const { path, bytes } of await this.#read(over)) {
      if (bytes === undefined) this.#inquiry.find("token-missing", path, "it is not there");
      if (!bytes) continue;
      const { genTime, qualified, refusal } = await this.#judge.stamped(bytes, digest, this.#known(bytes));
      if (refusal?.code === OUTLIVED) outlived.push({ path, refusal });
      else if (refusal) this.#inquiry.find(refusal.code, path, refusal.message);
      else {
        this.#judge.count(digest, qualified);
        this.#findYounger(path, bytes, genTime);
        good.push({ path, genTime });
      }
    }
    if (!good.length && outlived.length) outlived.push(...this.#outlived.splice(0)); // they are found once
    if (!good.length) outlived.forEach(({ path, refusal }) => this.#inquiry.find(refusal.code, path, refusal.message));
    return good;
  }

  /** Those that have to be there; `bytes` undefined for one that is not, null for one that cannot be used. */
  async #read(over) {
    if (!this.#tokens.has(over)) {
      const found = [];
      for (const path of tokenNames(over, (name) => this.#bag.files.has(this.#at(name))).map(this.#at)) {
        found.push({ path, bytes: this.#bag.files.has(path) ? await this.#bag.read(path, TOKEN_LIMIT) : undefined });
      }
      this.#tokens.set(over, found);
    }
    return this.#tokens.get(over);
  }

  async #part(path) {
    if (this.#bag.files.has(path)) return this.#bag.read(path, TOKEN_LIMIT);
    this.#inquiry.find("renewal-missing", path, "it is not there, and a part or a later one of it is");
    return null;
  }

  #newest() {
    const numbers = Array.from({ length: MOST_RENEWALS }, (_, at) => at + 1);
    return numbers.findLast((number) => this.#names(number).some((path) => this.#bag.files.has(path))) ?? 0;
  }

  #names(number) {
    return ["json", "tsr"].map((part) => this.#at(`renewal.${number}.${part}`));
  }

  /** Those that can be read, the oldest first; what is missing or cannot be read is found. */
  async #links() {
    const links = new Map();
    for (let number = 1; number <= this.#newest(); number++) {
      const [path, tokenPath] = this.#names(number);
      const statement = await this.#part(path);
      const token = await this.#part(tokenPath);
      if (!statement || !token) continue;
      try {
        links.set(number, { number, path, tokenPath, statement, token, said: parseRenewal(statement) });
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.#inquiry.find("renewal-malformed", path, error.message);
      }
    }
    return links;
  }

  /** What it says it covers, with what is there. */
  #compare({ number, path, said }, before, manifest, there) {
    const differs = (detail) => this.#inquiry.find("renewal-differs", path, detail);
    if (said.number !== number) differs(`it says that it is number ${said.number}`);
    if (said.manifest !== manifest) differs(`it is of another manifest, ${said.manifest}`);
    if (number === 1 && said.previous !== null) differs("the first one covers one before it");
    if (number > 1 && before && said.previous !== digestOfBytes(before.token)) differs("the one before it is not the one it covers");
    for (const digest of [...said.tokens, ...said.revocations].filter((each) => !there.has(each))) {
      this.#inquiry.find("renewal-incomplete", path, `it covers ${digest}, which is not here`);
    }
  }

  async #judgeLink({ tokenPath, statement, token, said }, step) {
    const { genTime, qualified, refusal } = await this.#judge.stamped(token, sha256(statement), this.#known(token));
    if (refusal?.code === OUTLIVED) {
      const covered = this.#proven.has(digestOfBytes(token));
      const late = new Refusal("renewal-too-late", "the next renewal came after its certificate had ended");
      this.#outlived.push({ path: tokenPath, refusal: covered ? late : refusal });
    } else if (refusal) {
      this.#inquiry.find(refusal.code, tokenPath, refusal.message);
    } else {
      this.#findYounger(tokenPath, token, genTime);
      step.notes.push(instant(genTime));
      const covered = said.previous === null ? said.tokens : [...said.tokens, said.previous];
      covered.forEach((digest) => this.#proven.set(digest, [...(this.#proven.get(digest) ?? []), { at: genTime, qualified }]));
    }
  }

  #known(bytes) {
    return [...this.#existed, ...(this.#proven.get(digestOfBytes(bytes)) ?? [])];
  }

  /** A token cannot be younger than a renewal that covers it, beyond what clocks differ by. */
  #findYounger(path, bytes, genTime) {
    const proven = this.#proven.get(digestOfBytes(bytes)) ?? [];
    if (proven.some(({ at }) => genTime > at + 2 * CLOCK_TOLERANCE)) {
      this.#inquiry.find("renewal-before-token", path, "the renewal that covers it is older than it");
    }
  }
}

function digestOfBytes(bytes) {
  return hex(sha256(bytes));
}
