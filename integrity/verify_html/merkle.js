// Inclusion in a Merkle tree (RFC 9162, 2.1.3.2), and the salted commitment that a leaf of the log is.
import { Malformed, equal, utf8 } from "./bytes.js";
import { sha256 } from "./sha256.js";

/** SHA-256("tiezheng-leaf-v1" LF, salt, SHA-256(body)). */
export function commit(salt, body) {
  return sha256(utf8("tiezheng-leaf-v1\n"), salt, sha256(body));
}

/** Malformed unless the tree of this size and root has this entry at this index. */
export function verifyInclusion(entry, index, size, path, root) {
  if (index >= size) throw new Malformed(`no leaf ${index} in a tree of ${size}`);
  if (path.some((hash) => hash.length !== 32)) throw new Malformed("every hash has 32 bytes");
  let node = sha256(Uint8Array.of(0), entry);
  let last = size - 1n;
  for (const sibling of path) {
    if (last === 0n) throw new Malformed("the inclusion proof is too long");
    if (index & 1n || index === last) {
      node = sha256(Uint8Array.of(1), sibling, node);
      while (!(index & 1n) && index) {
        index >>= 1n;
        last >>= 1n;
      }
    } else {
      node = sha256(Uint8Array.of(1), node, sibling);
    }
    index >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Malformed("the inclusion proof is too short");
  if (!equal(node, root)) throw new Malformed("the inclusion proof leads to another root");
}
