// The dropped folder as files by path. Names are judged before anything is opened. Links cannot be seen from here: the
// browser follows or leaves them out, so that is left to `tiezheng verify`.

const MOST_FILES = 20000;
const PATH_LENGTH = 1024;
const DEEPEST = 8;

/** What is no folder of a bundle at all. */
export class Unreadable extends Error {}

export class Folder {
  files = new Map();
  defects = [];
  #folded = new Map();
  #count = 0;

  /** From a dropped folder's handle. */
  static async ofHandle(handle) {
    const folder = new Folder();
    await folder.#walk(handle, "");
    return folder.#below();
  }

  /** From `<input webkitdirectory>`, whose paths begin with the folder's own name. */
  static ofList(files) {
    const folder = new Folder();
    for (const file of files) folder.#add(file.webkitRelativePath.split("/").slice(1).join("/"), file);
    return folder.#below();
  }

  /** From a dropped folder's entry, where there are no handles. */
  static async ofEntry(entry) {
    const folder = new Folder();
    await folder.#walkEntry(entry, "");
    return folder.#below();
  }

  get bytes() {
    return [...this.files.values()].reduce((sum, file) => sum + file.size, 0);
  }

  async #walk(handle, place) {
    for await (const [name, child] of handle.entries()) {
      const path = place + name;
      if (child.kind === "directory") {
        if (this.#harmless(path)) await this.#walk(child, `${path}/`);
      } else {
        await this.#open(path, () => child.getFile());
      }
    }
  }

  async #walkEntry(entry, place) {
    const reader = entry.createReader();
    const some = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    for (let children = await some(); children.length; children = await some()) {
      for (const child of children) {
        const path = place + child.name;
        if (child.isDirectory) {
          if (this.#harmless(path)) await this.#walkEntry(child, `${path}/`);
        } else {
          await this.#open(path, () => new Promise((resolve, reject) => child.file(resolve, reject)));
        }
      }
    }
  }

  async #open(path, open) {
    try {
      this.#add(path, await open());
    } catch (error) {
      if (error instanceof Unreadable) throw error;
      this.#defect("file-unreadable", path, error.message);
    }
  }

  #add(path, file) {
    if (!this.#harmless(path)) return;
    const earlier = this.#folded.get(folded(path));
    if (earlier !== undefined) {
      this.#defect("name-repeated", path, `lands where ${printable(earlier)} does`);
      return;
    }
    this.#folded.set(folded(path), path);
    this.files.set(path, file);
  }

  #harmless(path) {
    if (++this.#count > MOST_FILES) throw new Unreadable(`more than ${MOST_FILES} files`);
    const reason = unsafe(path);
    if (reason) this.#defect("name-unsafe", path, reason);
    return !reason;
  }

  #defect(code, path, detail) {
    this.defects.push({ code, subject: printable(path), detail });
  }

  /** The bundle's own folder, where an unpacker has put it into one of the same name. */
  #below() {
    const tops = new Set([...this.files.keys()].map((path) => path.split("/")[0]));
    const [top] = tops;
    if (tops.size !== 1 || !this.files.has(`${top}/bagit.txt`) || this.defects.length) return this;
    const inner = new Folder();
    for (const [path, file] of this.files) inner.#add(path.slice(top.length + 1), file);
    return inner;
  }
}

/** Why a path may not be used anywhere, or null. */
export function unsafe(path) {
  if (!path.isWellFormed()) return "not in UTF-8";
  const parts = path.split("/");
  const long = (text, most) => new TextEncoder().encode(text).length > most;
  if (long(path, PATH_LENGTH) || parts.length > DEEPEST || parts.some((part) => long(part, 255))) {
    return "longer or deeper than any file of a bundle";
  }
  if (parts.some((part) => ["", ".", ".."].includes(part))) return "leads out of the bundle, or is not in its plain form";
  return /[\\:\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path) ? "holds a character that means something else elsewhere" : null;
}

/** One form for all the names that some file system takes for the same. */
function folded(name) {
  const plain = Array.from(name.normalize("NFKC"), (character) => character.toUpperCase().toLowerCase()).join("");
  return plain.normalize("NFKC");
}

/** A hostile name, fit to be shown. */
export function printable(text) {
  return text.slice(0, PATH_LENGTH).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
}

const REPLACED = /[<>:"/\\|?*%\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const RESERVED_NAME = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/** The file name that a bundle gives to a declared one (FORMAT, Bundle). */
export function safeName(declared) {
  let text = declared.normalize("NFC").replace(REPLACED, "_").replace(/^[ .]+|[ .]+$/g, "") || "_";
  if (RESERVED_NAME.test(text.split(".")[0].trimEnd())) text = `_${text}`;
  const bytes = (part) => new TextEncoder().encode(part);
  const dot = text.lastIndexOf(".");
  let extension = dot < 0 ? "" : text.slice(dot + 1);
  let stem = dot < 0 ? text : text.slice(0, dot);
  if (bytes(extension).length > 16) [stem, extension] = [text, ""];
  if (extension) extension = `.${extension}`;
  const room = 200 - bytes(extension).length;
  if (bytes(stem).length > room) stem = cut(bytes(stem), room).replace(/[ .]+$/, "");
  return stem + extension;
}

/** A file's name, and what it was called if the number before its extension came from another of that name. */
export function possibleNames(name) {
  return [name, name.replace(/ \(\d+\)(?=(\.[^.]*)?$)/, "")];
}

/** The whole characters among the first bytes. */
function cut(bytes, room) {
  while ((bytes[room] & 0xc0) === 0x80) room--;
  return new TextDecoder().decode(bytes.subarray(0, room));
}
