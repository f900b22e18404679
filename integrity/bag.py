"""The BagIt part of a bundle (RFC 8493): its lists of files, and whether the files are those.

Reads only the one form that `integrity.bundle` writes. Every file must be in exactly one list, every listed file must
be there and have its digest, hashed from what is there and never taken from a list.
"""

import re
from dataclasses import dataclass, field

from integrity import bundle_text
from integrity.container import Container, digest_of, printable, unsafe
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.files import Files
from integrity.inquiry import Inquiry
from integrity.sm3 import Sm3

PAYLOAD_LIST = "manifest-sha256.txt"
TAG_LIST = "tagmanifest-sha256.txt"
TAG_TOKEN = f"{TAG_LIST}.tsr"
TAG_SM3 = "tagmanifest-sm3.txt"
"""The one file beside the token that no list of SHA-256 may name (RFC 8493 section 2.2.1)."""

INFO = "bag-info.txt"
_LIST_LIMIT = 16 * 1024 * 1024
_TAG_LIMIT = 64 * 1024 * 1024
_INFO_LIMIT = 64 * 1024
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_OXUM = re.compile(r"(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Bag:
    """What was found: digests of all files as they are, and the lists' claims. Only sound files are read further."""

    inquiry: Inquiry
    container: Container
    digests: dict[str, Digest]
    listed: dict[str, Digest]
    info: dict[str, str]
    sm3s: dict[str, Sm3] = field(default_factory=dict)

    @property
    def payload(self) -> list[str]:
        """Paths of the payload whose bytes are those listed."""
        return sorted(path for path in self.listed if path.startswith("data/") and self._sound(path))

    def has(self, path: str) -> bool:
        return path in self.container.sizes

    def paths(self) -> list[str]:
        return sorted(self.container.sizes)

    def read(self, path: str, limit: int) -> bytes | None:
        """A small sound file; None, with a finding now or earlier, for any other."""
        if not self._sound(path):
            return None
        content = Files(self.inquiry, self.container).read(path, limit)
        if content is not None and Digest.of(content) != self.digests[path]:
            self.inquiry.find("file-changed", printable(path), "it changed while it was being read")
            return None
        return content

    def sm3(self, path: str) -> Sm3:
        """A file's SM3, hashed once; InvalidBundle when it cannot be read."""
        if path not in self.sm3s:
            self.sm3s[path] = Sm3.of_chunks(self.container.chunks(path))
        return self.sm3s[path]

    def _sound(self, path: str) -> bool:
        """Whether a file could be read and has the digest its list says; no list can name the token over itself."""
        return path in self.digests and (path == TAG_TOKEN or self.digests[path] == self.listed.get(path))


def check_version(inquiry: Inquiry, container: Container) -> dict[str, str]:
    """`bagit.txt` and `bag-info.txt`: a version we know, or nothing further is promised. The labels found."""
    files = Files(inquiry, container)
    declaration = files.wanted("bagit.txt", _INFO_LIMIT)
    if declaration is not None and declaration != bundle_text.BAGIT:
        inquiry.find("version-unknown", "bagit.txt", "not BagIt 1.0 in UTF-8")
    content = files.wanted(INFO, _INFO_LIMIT)
    if content is None:
        return {}
    info = _labels(content)
    if info is None:
        inquiry.find("file-malformed", INFO, "not lines of label and value, each label once")
        return {}
    known = (bundle_text.FORMAT, bundle_text.FORMAT_WITH_COPIES)
    if info.get("Tiezheng-Bundle") not in known:
        inquiry.find("version-unknown", INFO, f"neither {' nor '.join(known)}")
    oxum = _OXUM.fullmatch(info.get("Payload-Oxum", ""))
    sizes = [size for path, size in container.sizes.items() if path.startswith("data/")]
    if oxum is None or (int(oxum[1]), int(oxum[2])) != (sum(sizes), len(sizes)):
        inquiry.find("payload-size", INFO, f"{sum(sizes)} bytes in {len(sizes)} files are not what Payload-Oxum says")
    return info


def check_files(inquiry: Inquiry, container: Container, info: dict[str, str]) -> Bag:
    """Hash what a list names, and compare with the lists, both ways.

    What no list names is a finding already, and is not read: somebody could have put a terabyte there. Neither is a
    file that is larger than any of its name may be.
    """
    tags = _list(inquiry, container, TAG_LIST, payload=False)
    payload = _list(inquiry, container, PAYLOAD_LIST, payload=True)
    listed = tags | payload
    digests: dict[str, Digest] = {}
    for path in sorted(container.sizes.keys() & (listed.keys() | {TAG_LIST, TAG_TOKEN})):
        try:
            if path not in payload and container.sizes[path] > _TAG_LIMIT:
                raise InvalidBundle(f"larger than {_TAG_LIMIT} bytes")
            digests[path] = digest_of(container, path)
        except InvalidBundle as error:
            inquiry.find("file-unreadable", printable(path), str(error))
    for path, digest in sorted(listed.items()):
        if path not in container.sizes:
            inquiry.find("file-missing", printable(path), "it is listed and not there")
        elif path in digests and digests[path] != digest:
            inquiry.find("file-changed", printable(path), f"it is {digests[path]}, its list says {digest}")
    for path in sorted(set(container.sizes) - set(listed) - {TAG_LIST, TAG_TOKEN, TAG_SM3}):
        inquiry.find("file-unexpected", printable(path), "no list names it")
    return Bag(inquiry, container, digests, listed, info)


def _list(inquiry: Inquiry, container: Container, name: str, *, payload: bool) -> dict[str, Digest]:
    content = Files(inquiry, container).wanted(name, _LIST_LIMIT)
    if content is None:
        return {}
    try:
        return parse_list(content, payload)
    except InvalidBundle as error:
        inquiry.find("file-malformed", name, str(error))
        return {}


def parse_list(content: bytes, payload: bool) -> dict[str, Digest]:
    """Digest, two spaces, path, newline; each path once, harmless, and on the side of `data/` that this list is for."""
    listed: dict[str, Digest] = {}
    try:
        *lines, last = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidBundle("not in UTF-8") from error
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InvalidBundle(f"line {number} is not a digest and a path")
        path = match[2]
        if (
            unsafe(path)
            or path in listed
            or path.startswith("data/") != payload
            or path in (TAG_LIST, TAG_TOKEN, TAG_SM3)
        ):
            raise InvalidBundle(f"line {number} names a path that does not belong there, or one a second time")
        listed[path] = Digest.from_hex(match[1])
    if last or not listed:
        raise InvalidBundle("empty, or its last line is cut short")
    return listed


def _labels(content: bytes) -> dict[str, str] | None:
    labels: dict[str, str] = {}
    try:
        *lines, last = content.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    for line in lines:
        label, separator, value = line.partition(": ")
        if not label or not separator or label in labels:
            return None
        labels[label] = value
    return None if last else labels
