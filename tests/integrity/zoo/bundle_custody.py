"""Broken bundles, custody and approval: who did what to what, and who let it out."""

import json

from integrity.canonical import canonical, parse_canonical
from integrity.commitment import commit
from integrity.custody import CustodyEntry
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import (
    Specimen,
    edited,
)

cage = Cage()
case = cage.case


def _lines(files: Files) -> list[bytes]:
    return files["custody.jsonl"].splitlines(keepends=True)


@case("custody-malformed")
def what_custody_says_was_changed(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = files["custody.jsonl"].replace(b"view", b"edit", 1)
    specimen.relisted(files)


@case("proof-invalid")
def a_line_of_custody_was_invented(files: Files, specimen: Specimen) -> None:
    first, *rest = _lines(files)
    invented = CustodyEntry(b"i" * 32, CustodyEntry.parse(first).tlog_proof)
    files["custody.jsonl"] = b"".join([invented.encode(), *rest])
    specimen.relisted(files)


@case("version-unknown")
def an_entry_of_custody_of_a_later_version(files: Files, specimen: Specimen) -> None:
    """Properly in the log, and yet nobody here knows what it says."""
    body = CustodyEntry.parse(_lines(files)[0]).body
    assert body is not None
    salt, later = bytes(32), edited(body, format="tiezheng-ledger-v2")
    proof = specimen.evidence.log.tlog_proof(specimen.evidence.append(commit(salt, later)))
    files["custody.jsonl"] = CustodyEntry(commit(salt, later), proof, later, salt).encode() + files["custody.jsonl"]
    specimen.relisted(files)


@case("custody-repeated")
def a_line_of_custody_stands_twice(files: Files, specimen: Specimen) -> None:
    lines = _lines(files)
    files["custody.jsonl"] = b"".join([lines[0], *lines])
    specimen.relisted(files)


@case("approval-not-in-custody")
def custody_ends_before_the_approval(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = b"".join(_lines(files)[:-1])
    specimen.relisted(files)


@case("approval-not-in-custody")
def the_approval_is_withheld(files: Files, specimen: Specimen) -> None:
    *rest, last = _lines(files)
    entry = CustodyEntry.parse(last)
    files["custody.jsonl"] = b"".join([*rest, CustodyEntry(entry.commitment, entry.tlog_proof).encode()])
    specimen.relisted(files)


@case("custody-malformed", "approval-not-in-custody")
def custody_is_empty(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = b""
    specimen.relisted(files)


@case("custody-malformed")
def custody_is_cut_short(files: Files, specimen: Specimen) -> None:
    files["custody.jsonl"] = files["custody.jsonl"] + b"{"
    specimen.relisted(files)


@case("file-missing", "approval-not-in-custody")
def custody_was_left_out(files: Files, specimen: Specimen) -> None:
    del files["custody.jsonl"]
    specimen.relisted(files)


def _approval(files: Files, specimen: Specimen, part: str, **changes: str) -> None:
    approval = parse_canonical(files["approval.json"])
    approval[part] |= changes
    files["approval.json"] = canonical(approval)
    specimen.relisted(files)


@case("approval-differs")
def the_approval_names_another_recipient(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", recipient="某报社")


@case("approval-differs")
def the_approval_names_another_basis(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", legal_basis="口头")


@case("approval-differs")
def the_approval_gives_another_reason(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "approval", reason="另有原因")


@case("approval-differs")
def the_approval_expires_later(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "grant", expires_at="2099-01-01T00:00:00.000000Z")


@case("approval-differs")
def the_approval_is_of_another_grant(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "grant", id="02grant")


@case("approval-differs")
def the_approval_is_of_another_request(files: Files, specimen: Specimen) -> None:
    _approval(files, specimen, "request", id="02request")


@case("approval-differs")
def the_bundle_is_of_another_grant(files: Files, specimen: Specimen) -> None:
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"01grant", b"02grant")
    specimen.relisted(files)


def _decided(files: Files, specimen: Specimen, action: str = "decide", **entry: object) -> None:
    """Custody that ends with another entry, properly in the log, which approval.json names."""
    made = specimen.evidence.entry(action, subject=("request", "01request"), **entry)  # type: ignore[arg-type] # each case its own
    files["custody.jsonl"] = b"".join([*_lines(files)[:-1], made.encode()])
    files["approval.json"] = edited(files["approval.json"], entry=made.commitment.hex())
    specimen.relisted(files)


def _granted(files: Files, **changes: str) -> dict[str, str]:
    grant = parse_canonical(files["approval.json"])["grant"]
    return {"decision": "approved", "grant": grant["id"], "expires_at": grant["expires_at"]} | changes


@case("approval-differs")
def it_was_approved_by_its_own_requester(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, details=_granted(files))


@case("approval-differs")
def something_else_was_decided(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, "link", actor=("02person", "李强"), details=_granted(files))


@case("approval-differs")
def it_was_refused(files: Files, specimen: Specimen) -> None:
    _decided(files, specimen, actor=("02person", "李强"), details=_granted(files, decision="refused"))


@case("approval-differs")
def custody_ends_with_something_that_is_no_approval(files: Files, specimen: Specimen) -> None:
    made = specimen.evidence.entry("view", actor=("02person", "李强"))
    files["custody.jsonl"] += made.encode()
    files["approval.json"] = edited(files["approval.json"], entry=made.commitment.hex())
    specimen.relisted(files)


@case("approval-malformed")
def the_approval_is_no_json(files: Files, specimen: Specimen) -> None:
    files["approval.json"] = b"approved"
    specimen.relisted(files)


@case("approval-malformed")
def the_approval_is_not_canonical(files: Files, specimen: Specimen) -> None:
    files["approval.json"] = json.dumps(json.loads(files["approval.json"])).encode()
    specimen.relisted(files)


@case("file-missing")
def the_approval_was_left_out(files: Files, specimen: Specimen) -> None:
    del files["approval.json"]
    specimen.relisted(files)
