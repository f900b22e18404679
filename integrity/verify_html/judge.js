// Judges single proofs by what the reader brought from outside. Where that is nothing, it can only say whether things
// agree with each other, by the certificates that came along; then the verdict is never more than that.
import { Malformed, equal, hex } from "./bytes.js";
import { readPem } from "./certificate.js";
import { parseManifest } from "./manifest.js";
import { verifyInclusion } from "./merkle.js";
import { ownNote, parseCheckpoint, parseProof, signedBy, splitNote } from "./note.js";
import { sha256 } from "./sha256.js";
import { CLOCK_TOLERANCE, OUTLIVED, Refusal, verifyToken } from "./token.js";

export class Judge {
  #inquiry;
  #trust;
  #now;
  #roots;
  #known = new Map();
  #trees = new Map();
  #witnessed = new Set();
  #outside = new Map();
  #qualified = new Map();

  constructor(inquiry, trust, now) {
    this.#inquiry = inquiry;
    this.#trust = { roots: trust?.roots ?? null, logs: trust?.logs ?? null, witnesses: trust?.witnesses ?? [], quorum: trust?.quorum ?? 0 };
    this.#now = now;
    this.#roots = (this.#trust.roots ?? []).filter((root) => root.certificate);
  }

  /** What was not brought: the names of its kinds. */
  get missing() {
    return ["roots", "logs"].filter((kind) => this.#trust[kind] === null);
  }

  /** Whether witnesses that the reader trusts signed each checkpoint. */
  get witnessed() {
    return this.#witnessed.size === 1 && this.#witnessed.has(true);
  }

  /** Certificates that came along: compared with what is trusted, or used as they are where nothing is. */
  certificates(subject, bytes) {
    const found = this.#inquiry.reading("certificate-malformed", subject, () => readPem(bytes)) ?? [];
    for (const certificate of found) {
      const fingerprint = hex(sha256(certificate.raw));
      const root = this.#trust.roots?.find((each) => each.fingerprint === fingerprint);
      if (this.#trust.roots === null) this.#roots.push({ certificate, fingerprint, qualified: false });
      else if (!root) this.#inquiry.find("certificate-not-trusted", subject, `SHA-256 ${fingerprint}: not one that you trust`);
      else if (!root.certificate) this.#roots.push({ ...root, certificate });
    }
  }

  /** Whether of each digest one good token was of an authority that the reader calls qualified. */
  get qualified() {
    return this.#qualified.size > 0 && [...this.#qualified.values()].every(Boolean);
  }

  /** The time of a token over this digest; null, with a finding, unless it holds. */
  async token(subject, raw, digest, existed) {
    const { genTime, qualified, refusal } = await this.stamped(raw, digest, existed);
    if (refusal) this.#inquiry.find(refusal.code, subject, refusal.message);
    else this.count(digest, qualified);
    return genTime ?? null;
  }

  /**
   * `{genTime, qualified}` of a token over this digest, or the `{refusal}` that says why it proves nothing. `existed`
   * are `{at, qualified}` of what proves it to be older: one is enough, and where it needs one, it is worth no more.
   */
  async stamped(raw, digest, existed) {
    const first = await this.#verified(raw, digest, null);
    if (first.refusal?.code !== OUTLIVED) return first;
    for (const known of existed.toSorted((one, other) => other.qualified - one.qualified || one.at - other.at)) {
      const found = await this.#verified(raw, digest, known.at);
      if (!found.refusal) return { ...found, qualified: found.qualified && known.qualified };
    }
    return first;
  }

  /** A good token that the verdict's assurance rests on; of several over one digest the best counts. */
  count(digest, qualified) {
    this.#qualified.set(hex(digest), qualified || this.isQualified(digest));
  }

  isQualified(digest) {
    return this.#qualified.get(hex(digest)) === true;
  }

  async #verified(raw, digest, existedBy) {
    try {
      const roots = this.#roots.map((root) => root.certificate);
      const { genTime, root } = await verifyToken(raw, digest, roots, this.#now, existedBy);
      return { genTime, qualified: this.#roots.find((each) => each.certificate === root).qualified };
    } catch (error) {
      if (error instanceof Refusal) return { refusal: error };
      throw error;
    }
  }

  manifest(subject, bytes) {
    return this.#inquiry.reading("manifest-malformed", subject, () => parseManifest(bytes));
  }

  /** A manifest cannot have been stamped before what it tells of had happened. */
  stampedAfterReceipt(subject, manifest, genTime) {
    if (genTime < manifest.receivedAt - CLOCK_TOLERANCE) {
      this.#inquiry.find("token-before-receipt", subject, "it was stamped before the receipt it states");
    }
  }

  /** Whether the log has this leaf. */
  async proof(subject, bytes, leaf) {
    const read = this.#inquiry.reading("proof-malformed", subject, () => {
      const proof = parseProof(bytes);
      return { ...proof, claimed: parseCheckpoint(splitNote(proof.checkpoint).text) };
    });
    if (!read || !(await this.checkpoint(subject, read.checkpoint))) return;
    this.#inquiry.reading("proof-invalid", subject, () => {
      verifyInclusion(leaf, read.index, read.claimed.size, read.path, read.claimed.root);
    });
  }

  /** A checkpoint without cosignatures. */
  ownNote(subject, bytes) {
    return this.#inquiry.reading("checkpoint-malformed", subject, () => ownNote(bytes));
  }

  /** A checkpoint's token holds: where it is of a qualified authority, it speaks for a key that was revoked later. */
  stampedNote(own, at) {
    if (this.isQualified(sha256(own))) this.#outside.set(hex(sha256(own)), at);
  }

  /** A checkpoint of a log that is trusted, in no contradiction with another one seen before; null otherwise. */
  async checkpoint(subject, bytes) {
    const key = hex(sha256(bytes));
    if (!this.#known.has(key)) this.#known.set(key, await this.#signed(bytes));
    const { head, refusals } = this.#known.get(key);
    refusals.forEach(({ code, message }) => this.#inquiry.find(code, subject, message));
    if (!head) return null;
    const tree = `${head.size} ${head.origin}`;
    if (!this.#trees.has(tree)) this.#trees.set(tree, head.root);
    if (!equal(this.#trees.get(tree), head.root)) {
      this.#inquiry.find("log-forked", subject, `two roots for size ${head.size}: the log shows two faces`);
    }
    return head;
  }

  /** What a checkpoint says where a trusted log signed it, and all that is wrong with it. */
  async #signed(bytes) {
    try {
      const note = splitNote(bytes);
      const head = parseCheckpoint(note.text);
      await this.#byTrustedLog(bytes, note, head);
      return { head, refusals: await this.#cosigned(note) };
    } catch (error) {
      if (error instanceof Malformed) return { refusals: [new Refusal("checkpoint-malformed", error.message)] };
      if (error instanceof Refusal) return { refusals: [error] };
      throw error;
    }
  }

  /** One of the log's keys signed, for this size, and was not revoked before. */
  async #byTrustedLog(bytes, note, head) {
    if (this.#trust.logs === null) return;
    const keys = this.#trust.logs.filter((key) => key.name === head.origin);
    if (!keys.length) throw new Refusal("log-not-trusted", `you gave no key of the log ${head.origin}`);
    const { by, falsely } = await signedBy(note, keys);
    const covering = by.filter(({ fromSize, untilSize }) => fromSize <= head.size && (untilSize === null || head.size <= untilSize));
    if (falsely || !covering.length) throw new Refusal("checkpoint-signature", "no key of the log signed it for this size");
    const outside = this.#outside.get(hex(sha256(ownNote(bytes))));
    if (!covering.some(({ revokedAt }) => revokedAt === null || outside < revokedAt)) {
      throw new Refusal("log-key-revoked", "the key that signed it was revoked, and nothing from outside proves that it is older");
    }
  }

  /** The trusted witnesses, each counted once; one that signed falsely is never passed over. */
  async #cosigned(note) {
    const { quorum } = this.#trust;
    const { by, falsely, latest } = await signedBy(note, this.#trust.witnesses);
    const held = falsely ? 0 : by.length;
    const refusals = [];
    if (falsely) refusals.push(new Refusal("witness-signature", "a witness's signature does not hold"));
    else if (latest > this.#now + CLOCK_TOLERANCE) {
      refusals.push(new Refusal("witness-from-future", "a witness signed later than it is now"));
    }
    this.#witnessed.add(held >= Math.max(1, quorum));
    if (held < quorum) refusals.push(new Refusal("witnesses-missing", `${quorum} witnesses were asked for, ${held} signed`));
    return refusals;
  }
}
