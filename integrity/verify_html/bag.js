// The BagIt part of a bundle (RFC 8493): its lists, and whether the files are those. Every file is hashed from what is
// there, must stand in exactly one list, and only a file that is as listed is read any further.
import { Malformed, decoded, hex } from "./bytes.js";
import { Unreadable, printable, unsafe } from "./folder.js";
import { digestOf, newSha256, sha256 } from "./sha256.js";
import { newSm3 } from "./sm3.js";

export const PAYLOAD_LIST = "manifest-sha256.txt";
export const TAG_LIST = "tagmanifest-sha256.txt";
export const TAG_TOKEN = `${TAG_LIST}.tsr`;
export const PAYLOAD_SM3 = "manifest-sm3.txt";
export const TAG_SM3 = "tagmanifest-sm3.txt";
export const INFO = "bag-info.txt";
export const WITH_COPIES = "tiezheng-bundle-v2";
const IN_NO_LIST = [TAG_LIST, TAG_TOKEN, TAG_SM3];
const TAG_LIMIT = 64 * 1024 * 1024;
const LIST_LIMIT = 16 * 1024 * 1024;
const INFO_LIMIT = 64 * 1024;
const BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

export class Bag {
  info = new Map();
  digests = new Map();
  listed = new Map();
  #sm3s = new Map();
  #inquiry;

  constructor(inquiry, files) {
    this.#inquiry = inquiry;
    this.files = files;
  }

  /** Paths of the payload whose bytes are those listed. */
  get payload() {
    return [...this.listed.keys()].filter((path) => path.startsWith("data/") && this.#sound(path)).sort();
  }

  /** A small file as it is listed; null, with a finding now or earlier, for any other. */
  async read(path, limit) {
    if (!this.#sound(path)) return null;
    const bytes = await this.#content(path, limit);
    if (bytes && hex(sha256(bytes)) !== this.digests.get(path)) {
      this.#inquiry.find("file-changed", printable(path), "it changed while it was being read");
      return null;
    }
    return bytes;
  }

  #sound(path) {
    const digest = this.digests.get(path);
    return digest !== undefined && (path === TAG_TOKEN || digest === this.listed.get(path));
  }

  async #content(path, limit) {
    const file = this.files.get(path);
    try {
      if (file.size > limit) throw new Error(`larger than ${limit} bytes`);
      return new Uint8Array(await file.arrayBuffer());
    } catch (error) {
      this.#inquiry.find("file-unreadable", printable(path), error.message);
      return null;
    }
  }

  async #wanted(path, limit) {
    if (this.files.has(path)) return this.#content(path, limit);
    this.#inquiry.find("file-missing", path, "it is not there");
    return null;
  }

  /** `bagit.txt` and `bag-info.txt`: a version that is known, or nothing further is promised. */
  async checkVersion() {
    const declaration = await this.#wanted("bagit.txt", INFO_LIMIT);
    if (declaration && !sameText(declaration, BAGIT)) {
      this.#inquiry.find("version-unknown", "bagit.txt", "not BagIt 1.0 in UTF-8");
    }
    const content = await this.#wanted(INFO, INFO_LIMIT);
    if (!content) return;
    const info = this.#parsed(INFO, () => labels(content));
    if (!info) return;
    this.info = info;
    if (!["tiezheng-bundle-v1", WITH_COPIES].includes(info.get("Tiezheng-Bundle"))) {
      this.#inquiry.find("version-unknown", INFO, "neither version that is known");
    }
    const sizes = [...this.files].filter(([path]) => path.startsWith("data/")).map(([, file]) => file.size);
    const stated = `${sizes.reduce((sum, size) => sum + size, 0)}.${sizes.length}`;
    if (info.get("Payload-Oxum") !== stated) {
      this.#inquiry.find("payload-size", INFO, `${stated} (bytes.files) is not what Payload-Oxum says`);
    }
  }

  /** Hash what is listed, then compare, both ways. `tell` hears of bytes as they are read. */
  async checkFiles(tell) {
    const tags = await this.#list(TAG_LIST, false);
    const payload = await this.#list(PAYLOAD_LIST, true);
    this.listed = new Map([...tags, ...payload]);
    for (const path of [...this.files.keys()].sort()) {
      if (!this.listed.has(path) && !IN_NO_LIST.includes(path)) {
        this.#inquiry.find("file-unexpected", printable(path), "no list names it");
        continue;
      }
      const digest = await this.#hashed(path, newSha256(), tell);
      if (digest) this.digests.set(path, digest);
    }
    for (const [path, digest] of this.listed) {
      const found = this.digests.get(path);
      if (!this.files.has(path)) {
        this.#inquiry.find("file-missing", printable(path), "it is listed and not there");
      } else if (found !== undefined && found !== digest) {
        this.#inquiry.find("file-changed", printable(path), `it is ${found}, its list says ${digest}`);
      }
    }
  }

  async #hashed(path, state, tell) {
    try {
      if (!path.startsWith("data/") && this.files.get(path).size > TAG_LIMIT) throw new Error(`larger than ${TAG_LIMIT} bytes`);
      return hex(await digestOf(this.files.get(path), state, (count) => tell(count, path)));
    } catch (error) {
      if (error instanceof Unreadable) throw error; // nobody waits for this any more
      this.#inquiry.find("file-unreadable", printable(path), error.message);
      return null;
    }
  }

  /** A file's SM3 in hexadecimal, hashed once; null, with a finding, when it cannot be read. */
  async sm3(path, tell) {
    if (!this.#sm3s.has(path)) this.#sm3s.set(path, await this.#hashed(path, newSm3(), tell));
    return this.#sm3s.get(path);
  }

  /** The lists by SM3, where there are any: both, of the same files as their sisters, and right. */
  async checkSm3(tell) {
    const there = [PAYLOAD_SM3, TAG_SM3].filter((name) => this.files.has(name));
    if (there.length === 1) {
      const other = there[0] === TAG_SM3 ? PAYLOAD_SM3 : TAG_SM3;
      this.#inquiry.find("file-missing", other, "there is only one of the two lists of SM3 digests");
    }
    for (const name of there) {
      const content = await this.#content(name, LIST_LIMIT);
      const listed = content && this.#parsed(name, () => listedFiles(content, name === PAYLOAD_SM3));
      if (listed) await this.#compareSm3(name, listed, tell);
    }
  }

  async #compareSm3(name, listed, tell) {
    const payload = name === PAYLOAD_SM3;
    const expected = [...this.listed.keys()].filter((path) => path.startsWith("data/") === payload);
    const both = expected.filter((path) => listed.has(path));
    for (const path of [...expected, ...listed.keys()].filter((each) => !both.includes(each))) {
      this.#inquiry.find("file-malformed", name, `it and the list by SHA-256 do not both name ${printable(path)}`);
    }
    for (const path of both.filter((each) => this.digests.has(each))) {
      const found = await this.sm3(path, tell);
      if (found !== null && found !== listed.get(path)) {
        this.#inquiry.find("sm3-differs", printable(path), `it has SM3 ${found}, its list says ${listed.get(path)}`);
      }
    }
  }

  async #list(name, payload) {
    const content = await this.#wanted(name, LIST_LIMIT);
    return (content && this.#parsed(name, () => listedFiles(content, payload))) ?? new Map();
  }

  #parsed(name, parse) {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#inquiry.find("file-malformed", name, error.message);
      return null;
    }
  }
}

function sameText(bytes, text) {
  try {
    return decoded(bytes) === text;
  } catch {
    return false;
  }
}

function lines(bytes) {
  const found = decoded(bytes).split("\n");
  if (found.pop() !== "") throw new Malformed("its last line is cut short");
  return found;
}

/** Digest, two spaces, path, newline; each path once, harmless, and on the side of data/ that this list is for. */
function listedFiles(bytes, payload) {
  const listed = new Map();
  lines(bytes).forEach((line, at) => {
    const found = /^([0-9a-f]{64}) {2}(.+)$/su.exec(line);
    if (!found) throw new Malformed(`line ${at + 1} is not a digest and a path`);
    const [, digest, path] = found;
    const misplaced = path.startsWith("data/") !== payload || IN_NO_LIST.includes(path);
    if (misplaced || listed.has(path) || unsafe(path)) {
      throw new Malformed(`line ${at + 1} names a path that does not belong there, or one a second time`);
    }
    listed.set(path, digest);
  });
  if (!listed.size) throw new Malformed("empty");
  return listed;
}

function labels(bytes) {
  const found = new Map();
  for (const line of lines(bytes)) {
    const at = line.indexOf(": ");
    if (at < 1 || found.has(line.slice(0, at))) throw new Malformed("not lines of label and value, each label once");
    found.set(line.slice(0, at), line.slice(at + 2));
  }
  return found;
}
