"""The evidence bundle: originals, documents, their proofs and their custody as one BagIt zip (FORMAT, Bundle).

Written in one pass into a file that appears only when it is whole, with every payload byte hashed on its way; bytes
that are not what the manifests say abort it and leave nothing. The same contents give the same bytes.
Never releases anything: the caller verifies the finished file (`integrity.verify`) and only then hands it out.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from integrity import bundle_text, durable, verify_page
from integrity.bag import TAG_SM3
from integrity.bag_sm3 import PAYLOAD_SM3
from integrity.bundle_names import safe_names
from integrity.canonical import Json, canonical
from integrity.custody import CustodyEntry, custody_lines, custody_page
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidBundle
from integrity.fields import reading
from integrity.manifest import Manifest
from integrity.proof_files import AUTHORITIES, MANIFEST
from integrity.sm3 import Sm3, state_of_sm3

APPROVAL_FORMAT = "tiezheng-approval-v1"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_CHUNK = 1024 * 1024
_GRANT = re.compile(r"[0-9A-Za-z-]{1,64}")

Stamp = Callable[[Digest], bytes | None]
"""Asks an authority for a token over a digest: the whole response, or None when none could be had."""


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One payload file: how to open the bytes at offset 0, and its proofs by name (`integrity.proof_files`)."""

    open: Callable[[], BinaryIO]
    proofs: Mapping[str, bytes]

    @property
    def manifest(self) -> bytes:
        """The sealed statement, which has the file's declared name."""
        return self.proofs[MANIFEST]


@dataclass(frozen=True, slots=True)
class BundleApproval:
    """Who asked for the copy and who let it go, as canonical JSON can hold it; `entry` is the approval's commitment."""

    request: Mapping[str, Json]
    approval: Mapping[str, Json]
    grant: Mapping[str, Json]
    entry: bytes

    def encode(self) -> bytes:
        """`approval.json`."""
        return canonical(
            {
                "format": APPROVAL_FORMAT,
                "request": self.request,
                "approval": self.approval,
                "grant": self.grant,
                "entry": self.entry.hex(),
            }
        )


@dataclass(frozen=True, slots=True)
class BundleContents:
    """All that goes into a bundle. Custody is in the ledger's order and ends with the approval.

    `authorities` are files by name, as `integrity.proof_files` makes them.
    """

    grant: str
    organisation: str
    made_on: date
    originals: Sequence[BundleFile]
    documents: Sequence[BundleFile]
    authorities: Mapping[str, bytes]
    checkpoint: bytes
    custody: Sequence[CustodyEntry]
    approval: BundleApproval
    checkpoint_token: bytes | None = None
    """The RFC 3161 response over `checkpoint` as the log signed it, where there is one."""


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What was written: the bundle's digest (of its tag manifest), and the zip's own digest and size in bytes."""

    bundle_sha256: Digest
    zip_sha256: Digest
    zip_size: int


@dataclass(frozen=True, slots=True)
class _Payload:
    path: str
    file: BundleFile
    manifest: Manifest


def write_bundle(target: Path, contents: BundleContents, stamp: Stamp | None = None) -> BundleFacts:
    """Write the zip; InvalidBundle when something does not fit together or cannot be written.

    Then, after an error of `open` and after a kill, there is no file at `target`. One that is there already is
    never replaced: InvalidBundle.
    """
    payload = _checked(contents)
    try:
        if target.exists():
            raise FileExistsError
        durable.sweep(target.parent)
        with durable.new_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            sm3 = any(item.manifest.sm3 is not None for item in payload)
            digest = _write(_Bag(archive, f"tiezheng-{contents.grant}", sm3=sm3), contents, payload, stamp)
        return BundleFacts(digest, Digest.of_file(target), target.stat().st_size)
    except FileExistsError as error:
        raise InvalidBundle(f"{target.name} is there already") from error
    except (OSError, ValueError) as error:
        raise InvalidBundle(f"the bundle cannot be written: {error}") from error


class _Bag:
    """Entries of the zip below one folder, and the digests of what was written: those by SM3 only where asked for."""

    def __init__(self, archive: zipfile.ZipFile, top: str, *, sm3: bool) -> None:
        self._archive = archive
        self._top = top
        self._sm3 = sm3
        self.digests: dict[str, Digest] = {}
        self.sm3s: dict[str, Sm3] = {}

    def add(self, path: str, content: bytes) -> None:
        with self._archive.open(self._entry(path, len(content)), "w") as file:
            file.write(content)
        self.digests[path] = Digest.of(content)
        if self._sm3:
            self.sm3s[path] = Sm3.of(content)

    def copy(self, payload: _Payload) -> None:
        """Stream a payload file; InvalidBundle as soon as it is not what its manifest says."""
        manifest, state, left = payload.manifest, hashlib.sha256(), payload.manifest.size
        entry, second = self._entry(payload.path, manifest.size), state_of_sm3() if self._sm3 else None
        with closing(payload.file.open()) as reader, self._archive.open(entry, "w") as writer:
            while chunk := reader.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                state.update(chunk)
                if second is not None:
                    second.update(chunk)
                writer.write(chunk)
        if left or Digest(state.digest()) != manifest.digest:
            raise InvalidBundle(f"{payload.path} is not the {manifest.size} bytes with digest {manifest.digest}")
        self.digests[payload.path] = manifest.digest
        if second is not None:
            self.sm3s[payload.path] = Sm3(second.finalize())
            if manifest.sm3 not in (None, self.sm3s[payload.path]):
                raise InvalidBundle(f"{payload.path} does not have the SM3 {manifest.sm3}")

    def list(self, digests: Mapping[str, Digest | Sm3], payload: bool) -> bytes:
        """A BagIt manifest of the payload, or of everything else so far."""
        chosen = sorted(path for path in digests if path.startswith("data/") == payload)
        return "".join(f"{digests[path]}  {path}\n" for path in chosen).encode()

    def _entry(self, path: str, size: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{self._top}/{path}", (1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix, whatever this runs on
        entry.external_attr = 0o100644 << 16
        entry.file_size = size  # tells zipfile beforehand whether zip64 is needed
        return entry


def _write(bag: _Bag, contents: BundleContents, payload: Sequence[_Payload], stamp: Stamp | None) -> Digest:
    """Every file in its order; the bundle's digest."""
    octets = sum(item.manifest.size for item in payload)
    bag.add("bagit.txt", bundle_text.BAGIT)
    info = bundle_text.bag_info(contents.grant, contents.organisation, contents.made_on, octets, len(payload))
    bag.add("bag-info.txt", info)
    for item in payload:
        bag.copy(item)
    bag.add("manifest-sha256.txt", bag.list(bag.digests, payload=True))
    if bag.sm3s:
        bag.add(PAYLOAD_SM3, bag.list(bag.sm3s, payload=True))
    for path, content in _proofs(contents, payload).items():
        bag.add(path, content)
    bag.add("custody.jsonl", custody_lines(contents.custody))
    bag.add("custody.html", custody_page(contents.custody))
    with reading(InvalidBundle):
        bag.add("approval.json", contents.approval.encode())
    bag.add("VERIFY.txt", bundle_text.VERIFY.encode())
    bag.add(verify_page.NAME, verify_page.verify_page())
    tag_manifest, by_sm3 = bag.list(bag.digests, payload=False), bag.list(bag.sm3s, payload=False)
    bag.add(TAG_MANIFEST, tag_manifest)
    if by_sm3:
        bag.add(TAG_SM3, by_sm3)
    digest = Digest.of(tag_manifest)
    token = None if stamp is None else stamp(digest)
    if token is not None:
        bag.add(f"{TAG_MANIFEST}.tsr", token)
    return digest


def _proofs(contents: BundleContents, payload: Sequence[_Payload]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for item in payload:
        files.update({f"proofs/{item.manifest.digest}.{name}": item.file.proofs[name] for name in item.file.proofs})
    for name in sorted(contents.authorities):
        files[f"proofs/{AUTHORITIES}{name}"] = contents.authorities[name]
    files["checkpoint"] = contents.checkpoint
    if contents.checkpoint_token is not None:
        files["checkpoint.tsr"] = contents.checkpoint_token
    return files


def _checked(contents: BundleContents) -> list[_Payload]:
    """The payload with its paths, once nothing contradicts anything; before a byte is written."""
    if not _GRANT.fullmatch(contents.grant):
        raise InvalidBundle("a grant's id is letters, digits and dashes")
    if not contents.custody or contents.custody[-1].commitment != contents.approval.entry:
        raise InvalidBundle("custody ends with the approval's entry")
    payload = _paths("originals", contents.originals) + _paths("documents", contents.documents)
    if not payload:
        raise InvalidBundle("a bundle without a payload proves nothing")
    manifests: dict[Digest, bytes] = {}
    for item in payload:
        if manifests.setdefault(item.manifest.digest, item.file.manifest) != item.file.manifest:
            raise InvalidBundle(f"{item.path}: two manifests of equal bytes do not fit into one bundle")
    return payload


def _paths(folder: str, files: Sequence[BundleFile]) -> list[_Payload]:
    try:
        manifests = [Manifest.parse(file.manifest) for file in files]
    except IntegrityError as error:
        raise InvalidBundle(str(error)) from error
    names = safe_names(manifest.name for manifest in manifests)
    return [
        _Payload(f"data/{folder}/{name}", file, manifest)
        for name, file, manifest in zip(names, files, manifests, strict=True)
    ]
