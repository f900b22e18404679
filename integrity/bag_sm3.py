"""The second pair of lists of a bag, by SM3 (FORMAT, Bundle): of the same files as the first, each digest as it is.

They say nothing that the SHA-256 lists do not, so nothing is found sound by them; but where they are there, they must
be right. Hashes every file a second time, which costs several times the first.
"""

from integrity.bag import TAG_LIST, TAG_SM3, TAG_TOKEN, Bag, parse_list
from integrity.container import printable
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.files import Files
from integrity.inquiry import Inquiry

PAYLOAD_SM3 = "manifest-sm3.txt"
_LIST_LIMIT = 16 * 1024 * 1024


def check_sm3(inquiry: Inquiry, bag: Bag) -> None:
    """Both lists or none; each names the files of its SHA-256 sister, and their digests."""
    names = (PAYLOAD_SM3, TAG_SM3)
    there = [name for name in names if bag.has(name)]
    for name in there and sorted(set(names) - set(there)):
        inquiry.find("file-missing", name, "there is only one of the two lists of SM3 digests")
    for name in there:
        listed = _listed(inquiry, bag, name)
        if listed is not None:
            _compare(inquiry, bag, name, listed)


def _listed(inquiry: Inquiry, bag: Bag, name: str) -> dict[str, Digest] | None:
    """What a list says; None, with a finding, where it cannot be read."""
    content = Files(inquiry, bag.container).read(name, _LIST_LIMIT)
    try:
        return None if content is None else parse_list(content, payload=name == PAYLOAD_SM3)
    except InvalidBundle as error:
        inquiry.find("file-malformed", name, str(error))
        return None


def _compare(inquiry: Inquiry, bag: Bag, name: str, listed: dict[str, Digest]) -> None:
    payload = name == PAYLOAD_SM3
    expected = {path for path in bag.listed if path.startswith("data/") == payload} - {TAG_LIST, TAG_SM3, TAG_TOKEN}
    for path in sorted(expected ^ listed.keys()):
        inquiry.find("file-malformed", name, f"it and the list by SHA-256 do not both name {printable(path)}")
    for path in sorted(expected & listed.keys() & bag.digests.keys()):
        try:
            found = bag.sm3(path)
        except InvalidBundle as error:
            inquiry.find("file-unreadable", printable(path), str(error))
            continue
        if found.raw != listed[path].raw:
            inquiry.find("sm3-differs", printable(path), f"it has SM3 {found}, its list says {listed[path]}")
