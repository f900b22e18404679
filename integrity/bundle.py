"""The evidence bundle: originals, copies, documents, their proofs and their custody as one BagIt zip (FORMAT, Bundle).

Written in one pass into a file that appears only when it is whole, with every payload byte hashed on its way; bytes
that are not what the manifests say abort it and leave nothing. The same contents give the same bytes.
Never releases anything: the caller verifies the finished file (`integrity.verify`) and only then hands it out.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from integrity import bundle_text, durable, verify_page
from integrity.bag import TAG_SM3
from integrity.bag_sm3 import PAYLOAD_SM3
from integrity.bundle_contents import BundleContents, BundleCopy, BundleFile
from integrity.bundle_names import copy_name, safe_names
from integrity.custody import custody_lines, custody_page
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidBundle, InvalidProvenance
from integrity.fields import reading
from integrity.maker import maker_key
from integrity.manifest import Manifest
from integrity.proof_files import AUTHORITIES, MAKER, MANIFEST, PROVENANCE, PROVENANCE_SIGNATURE
from integrity.provenance import Provenance, open_provenance
from integrity.sm3 import Sm3, state_of_sm3

TAG_MANIFEST = "tagmanifest-sha256.txt"
_CHUNK = 1024 * 1024
_GRANT = re.compile(r"[0-9A-Za-z-]{1,64}")

Stamp = Callable[[Digest], bytes | None]
"""Asks an authority for a token over a digest: the whole response, or None when none could be had."""


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What was written: the bundle's digest (of its tag manifest), and the zip's own digest and size in bytes."""

    bundle_sha256: Digest
    zip_sha256: Digest
    zip_size: int


@dataclass(frozen=True, slots=True)
class _Payload:
    """One file below `data/`: what it must be, whatever is read; the files below `proofs/` that come with it, and of
    which original they are."""

    path: str
    open: Callable[[], BinaryIO]
    digest: Digest
    size: int
    sm3: Sm3 | None
    original: Digest
    proofs: Mapping[str, bytes]


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
            sm3 = any(_manifest(content).sm3 is not None for content in _sealed(contents))
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
        """Stream a payload file; InvalidBundle as soon as it is not what is said of it."""
        state, left = hashlib.sha256(), payload.size
        entry, second = self._entry(payload.path, payload.size), state_of_sm3() if self._sm3 else None
        with closing(payload.open()) as reader, self._archive.open(entry, "w") as writer:
            while chunk := reader.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                state.update(chunk)
                if second is not None:
                    second.update(chunk)
                writer.write(chunk)
        if left or Digest(state.digest()) != payload.digest:
            raise InvalidBundle(f"{payload.path} is not the {payload.size} bytes with digest {payload.digest}")
        self.digests[payload.path] = payload.digest
        if second is not None:
            self.sm3s[payload.path] = Sm3(second.finalize())
            if payload.sm3 not in (None, self.sm3s[payload.path]):
                raise InvalidBundle(f"{payload.path} does not have the SM3 {payload.sm3}")

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
    octets = sum(item.size for item in payload)
    bag.add("bagit.txt", bundle_text.BAGIT)
    version = bundle_text.FORMAT_WITH_COPIES if contents.copies else bundle_text.FORMAT
    info = bundle_text.bag_info(contents.grant, contents.organisation, contents.made_on, octets, len(payload), version)
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
        files.update({f"proofs/{item.original}.{name}": item.proofs[name] for name in item.proofs})
    for proofs in contents.absent:
        digest = _manifest(proofs[MANIFEST]).digest
        files.update({f"proofs/{digest}.{name}": proofs[name] for name in proofs})
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
    sealed: dict[Digest, bytes] = {}
    for content in _sealed(contents):
        if sealed.setdefault(_manifest(content).digest, content) != content:
            raise InvalidBundle("two manifests of equal bytes do not fit into one bundle")
    payload = [*_paths("originals", contents.originals), *_copies(contents.copies, sealed)]
    payload += _paths("documents", contents.documents)
    if not payload:
        raise InvalidBundle("a bundle without a payload proves nothing")
    return payload


def _sealed(contents: BundleContents) -> Iterator[bytes]:
    """The manifests of all whose seals go along."""
    yield from (file.manifest for file in (*contents.originals, *contents.documents))
    yield from (proofs[MANIFEST] for proofs in contents.absent)


def _paths(folder: str, files: Sequence[BundleFile]) -> list[_Payload]:
    manifests = [_manifest(file.manifest) for file in files]
    names = safe_names(manifest.name for manifest in manifests)
    return [
        _Payload(
            f"data/{folder}/{name}",
            file.open,
            manifest.digest,
            manifest.size,
            manifest.sm3,
            manifest.digest,
            file.proofs,
        )
        for name, file, manifest in zip(names, files, manifests, strict=True)
    ]


def _copies(copies: Sequence[BundleCopy], sealed: Mapping[Digest, bytes]) -> list[_Payload]:
    """Viewing copies, each named like the original that it was made of, and labelled."""
    told = [_told(copy) for copy in copies]
    of = [one.sources[0].digest for one in told if len(one.sources) == 1]
    if len(set(of)) != len(told) or not set(of) <= set(sealed):
        raise InvalidBundle("a copy is of one original whose seal goes along, and no other is of the same one")
    names = safe_names(
        copy_name(_manifest(sealed[original]).name, one.name) for original, one in zip(of, told, strict=True)
    )
    return [
        _Payload(f"data/copies/{name}", copy.open, one.digest, one.size, None, original, _about(copy))
        for name, copy, one, original in zip(names, copies, told, of, strict=True)
    ]


def _told(copy: BundleCopy) -> Provenance:
    try:
        return open_provenance(copy.provenance, copy.signature, maker_key(copy.maker))
    except InvalidProvenance as error:
        raise InvalidBundle(f"where a copy comes from: {error}") from error


def _about(copy: BundleCopy) -> dict[str, bytes]:
    return {PROVENANCE: copy.provenance, PROVENANCE_SIGNATURE: copy.signature, MAKER: copy.maker.encode()}


def _manifest(content: bytes) -> Manifest:
    try:
        return Manifest.parse(content)
    except IntegrityError as error:
        raise InvalidBundle(str(error)) from error
