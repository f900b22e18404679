"""`release.json`: the ledger entry by which a bundle was handed over, which came after it and so travels beside it.

Says that the agency's log holds the release of exactly this bundle under exactly this grant. Not that it arrived.
"""

from typing import Any

from integrity.bag import INFO, TAG_LIST, Bag
from integrity.canonical import parse_canonical
from integrity.custody import CustodyEntry
from integrity.errors import InvalidBundle, InvalidCanonical
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Judge

LIMIT = 2 * 1024 * 1024
"""Bytes of a release.json that are read."""

NAME = "release.json"


def check_release(inquiry: Inquiry, judge: Judge, bag: Bag, content: bytes, step: RunningStep) -> None:
    """The entry is opened, in the log, and about this bundle."""
    try:
        entry = CustodyEntry.parse(content)
    except InvalidBundle as error:
        inquiry.find("release-malformed", NAME, str(error))
        return
    judge.proof(NAME, entry.tlog_proof, entry.commitment)
    body = {} if entry.body is None else _object(entry.body)
    for differs in _differences(body, bag):
        inquiry.find("release-differs", NAME, differs)
    step.note(f"released at {body.get('at')}")


def _differences(body: dict[str, Any], bag: Bag) -> list[str]:
    details, subject = (body.get(name) for name in ("details", "subject"))
    found = []
    if (body.get("format"), body.get("action"), body.get("outcome")) != ("tiezheng-ledger-v1", "release", "permitted"):
        found.append("it is no entry that permits a release")
    if not isinstance(details, dict) or details.get("bundle") != str(bag.digests.get(TAG_LIST)):
        found.append(f"it is not about the bundle whose {TAG_LIST} has the digest {bag.digests.get(TAG_LIST)}")
    granted = {"kind": "grant", "id": bag.info.get("External-Identifier")}
    if subject != granted:
        found.append(f"it is not about the grant that {INFO} names")
    return found


def _object(content: bytes) -> dict[str, Any]:
    try:
        return parse_canonical(content)
    except InvalidCanonical:
        return {}
