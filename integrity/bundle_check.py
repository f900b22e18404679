"""The checks of a bundle: files against their lists, every payload file's seal, custody, approval, the whole's token.

What a bundle must hold follows from its payload, by digest; a part too few and a file too many are findings alike.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Any

from integrity import verify_page
from integrity.bag import PAYLOAD_LIST, TAG_LIST, TAG_TOKEN, Bag, check_files, check_version
from integrity.bag_sm3 import PAYLOAD_SM3, check_sm3
from integrity.bundle_names import safe_names
from integrity.canonical import parse_canonical
from integrity.container import Container, printable
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import InvalidBundle, InvalidCanonical
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.note import SIZE_LIMIT as CHECKPOINT_LIMIT
from integrity.proof_files import STATEMENT, is_proof
from integrity.seal_check import (
    CHECKPOINT_STAMP,
    RENEWED,
    HashedFile,
    SealCheck,
    SealedManifest,
    is_certificate,
    tell,
)

_TAGS = frozenset(
    {"bagit.txt", "bag-info.txt", PAYLOAD_LIST, "checkpoint", "custody.jsonl", "custody.html", "approval.json"}
    | {"VERIFY.txt"}
)
_OPTIONAL = frozenset({CHECKPOINT_STAMP, PAYLOAD_SM3, verify_page.NAME})
_AUTHORITIES = "proofs/authorities/"
_PLACES = {"originals": False, "documents": True}
_CUSTODY_LIMIT = 64 * 1024 * 1024
_APPROVAL_LIMIT = 1024 * 1024
_LEDGER_FORMAT = "tiezheng-ledger-v1"
_APPROVAL_FORMAT = "tiezheng-approval-v1"
_APPROVAL_KEYS = {"format", "request", "approval", "grant", "entry"}
_NUMBERED = re.compile(r" \(\d+\)(?=(\.[^.]*)?$)")


def check_bundle(inquiry: Inquiry, judge: Judge, container: Container) -> Bag:
    """Run every step over an opened bundle; what was found in it."""
    with inquiry.step("the bundle's version is known"):
        info = check_version(inquiry, container)
    with inquiry.step("every file is as listed, and none is missing or added") as step:
        bag = check_files(inquiry, container, info)
        check_sm3(inquiry, bag)
        _check_expected(inquiry, bag)
        step.note(f"payload files: {len(bag.payload)}")
        _tell_page(bag, step)
    with inquiry.step("an authority stamped the bundle as a whole") as step:
        existed = _check_whole(inquiry, judge, bag, step)
    check = SealCheck(inquiry, judge, bag, existed)
    sealed: dict[Digest, SealedManifest] = {}
    with inquiry.step("each payload file has a manifest about it") as step:
        if not bag.payload:
            step.nothing_to_check("there is no payload")
        for path in bag.payload:
            _check_manifest(inquiry, check, bag, path, sealed)
    check.statements({f"proofs/{digest}.{STATEMENT}": manifest for digest, manifest in sealed.items()})
    stamps = [check.tokens(f"proofs/{digest}.", digest, manifest) for digest, manifest in sealed.items()]
    if any(tokens.renewed for tokens in stamps):
        with inquiry.step(RENEWED) as step:
            for tokens in stamps:
                tokens.renewals(step)
    with inquiry.step("an authority stamped each payload file and its manifest") as step:
        if not sealed:
            step.nothing_to_check("there is no manifest")
        for tokens in stamps:
            tokens.original(step)
            tokens.manifest(step)
    check.stamped_checkpoint()
    with inquiry.step("each manifest is in the log") as step:
        if not sealed:
            step.nothing_to_check("there is no manifest")
        for digest, manifest in sealed.items():
            check.proof(f"proofs/{digest}.tlog-proof", manifest)
        _check_head(inquiry, judge, bag, step)
    with inquiry.step("custody is in the log") as step:
        custody = _check_custody(inquiry, judge, bag, step)
    with inquiry.step("this copy was approved") as step:
        _check_approval(inquiry, bag, custody, step)
    return bag


def _check_expected(inquiry: Inquiry, bag: Bag) -> None:
    """Only files that FORMAT knows, each where it belongs, and all those it asks for."""
    digests = {digest for path, digest in bag.listed.items() if path.startswith("data/")}
    if not digests:
        inquiry.find("payload-missing", "data/", "there is no payload that could be checked")
    payload = {digest.hex for digest in digests}
    for path in sorted(set(bag.listed) - _TAGS - _OPTIONAL):
        if not (_is_payload(path) or _is_proof(path, payload) or is_certificate(path, _AUTHORITIES)):
            inquiry.find(
                "file-unexpected", printable(path), "no file of a bundle is called so, or it is about no payload"
            )
    for path in sorted(_TAGS - set(bag.listed) - {"bagit.txt", "bag-info.txt"}):
        inquiry.find("file-missing", path, "the list does not name it")


def _is_payload(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return parts[0] == "data" and len(parts) == 3 and parts[1] in _PLACES


def _is_proof(path: str, payload: AbstractSet[str]) -> bool:
    """Whether this is called like a proof about a payload file."""
    about, _, name = path.removeprefix("proofs/").partition(".")
    return path.startswith("proofs/") and about in payload and is_proof(name)


def _tell_page(bag: Bag, step: RunningStep) -> None:
    """Whether the page in it is the one of this version; whether another one is a forger's, only a reader can tell."""
    digest = bag.digests.get(verify_page.NAME)
    if digest is not None:
        known = "" if digest == verify_page.published_digest() else "not "
        step.note(f"{verify_page.NAME} {digest}: {known}the page of this version")


def _check_whole(inquiry: Inquiry, judge: Judge, bag: Bag, step: RunningStep) -> tuple[Existence, ...]:
    """The token over the list of everything: when all of it is known to have existed."""
    SealCheck(inquiry, judge, bag).authorities(_AUTHORITIES)
    if TAG_LIST not in bag.digests:
        step.nothing_to_check(f"there is no {TAG_LIST}")
        return ()
    step.note(f"bundle digest {bag.digests[TAG_LIST]}")
    facts = SealCheck(inquiry, judge, bag).token(TAG_TOKEN, bag.digests[TAG_LIST])
    tell(step, facts)
    return () if facts is None else (Existence(facts.gen_time, judge.qualified(bag.digests[TAG_LIST])),)


def _check_manifest(
    inquiry: Inquiry, check: SealCheck, bag: Bag, path: str, sealed: dict[Digest, SealedManifest]
) -> None:
    """The manifest is found by the digest of the bytes, and must know the file's name and kind."""
    digest = bag.digests[path]
    file = HashedFile(digest, bag.container.sizes[path], lambda: bag.sm3(path))
    found = sealed.get(digest) or check.manifest(f"proofs/{digest}.manifest.json", file)
    if found is None:
        return
    sealed[digest] = found
    place, name = PurePosixPath(path).parts[1], PurePosixPath(path).name
    (declared,) = safe_names([found.manifest.name])
    if declared not in (name, _NUMBERED.sub("", name)):
        inquiry.find("name-differs", printable(path), f"it was sealed under the name {printable(declared)}")
    if _PLACES.get(place) is not (found.manifest.source.kind == "document"):
        inquiry.find("kind-differs", printable(path), f"it was sealed as {printable(found.manifest.source.kind)}")


def _check_head(inquiry: Inquiry, judge: Judge, bag: Bag, step: RunningStep) -> None:
    content = bag.read("checkpoint", CHECKPOINT_LIMIT)
    signed = None if content is None else judge.checkpoint("checkpoint", content)
    if signed is not None:
        step.note(f"{signed.checkpoint.origin}, leaves: {signed.size}")


def _check_custody(inquiry: Inquiry, judge: Judge, bag: Bag, step: RunningStep) -> list[CustodyEntry]:
    """Every line, opened or withheld, is a leaf of the log, once."""
    content = bag.read("custody.jsonl", _CUSTODY_LIMIT)
    if content is None:
        step.nothing_to_check("there is no custody.jsonl that can be used")
        return []
    entries: list[CustodyEntry] = []
    seen: set[bytes] = set()
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        subject = f"custody.jsonl, line {number}"
        try:
            entry = CustodyEntry.parse(line + b"\n")
        except InvalidBundle as error:
            inquiry.find("custody-malformed", subject, str(error))
            continue
        if entry.commitment in seen:
            inquiry.find("custody-repeated", subject, "the same entry stands there twice")
        seen.add(entry.commitment)
        judge.proof(subject, entry.tlog_proof, entry.commitment)
        if entry.body is not None and _object(entry.body).get("format") != _LEDGER_FORMAT:
            inquiry.find("version-unknown", subject, f"the entry is not {_LEDGER_FORMAT}")
        entries.append(entry)
    if not content.endswith(b"\n") or not entries:
        inquiry.find("custody-malformed", "custody.jsonl", "empty, or its last line is cut short")
    step.note(f"entries: {len(entries)}")
    return entries


def _check_approval(inquiry: Inquiry, bag: Bag, custody: list[CustodyEntry], step: RunningStep) -> None:
    """The approval is the last entry of custody, and says of this copy what approval.json says."""
    content = bag.read("approval.json", _APPROVAL_LIMIT)
    if content is None:
        step.nothing_to_check("there is no approval.json that can be used")
        return
    approval = _object(content)
    parts = [approval.get(name) for name in ("request", "approval", "grant")]
    if set(approval) != _APPROVAL_KEYS or not all(isinstance(part, dict) for part in parts):
        inquiry.find("approval-malformed", "approval.json", "not canonical JSON with the fields of an approval")
        return
    if approval["format"] != _APPROVAL_FORMAT:
        inquiry.find("version-unknown", "approval.json", f"not {_APPROVAL_FORMAT}")
        return
    if not custody or custody[-1].commitment.hex() != approval["entry"] or custody[-1].body is None:
        inquiry.find("approval-not-in-custody", "approval.json", "custody does not end with its entry, opened")
        return
    asked = _request(custody, _part(approval, "request").get("id"))
    for differs in _differences(approval, _object(custody[-1].body), asked, bag):
        inquiry.find("approval-differs", "approval.json", differs)


def _differences(approval: dict[str, Any], body: dict[str, Any], asked: dict[str, Any], bag: Bag) -> list[str]:
    """Where approval.json says other than its ledger entry, or is about another copy than this."""
    details, subject = _part(body, "details"), _part(body, "subject")
    request, grant = _part(approval, "request"), _part(approval, "grant")
    said = (body.get("action"), body.get("outcome"), details.get("decision"))
    found = []
    if said != ("decide", "permitted", "approved"):
        found.append(f"the last entry of custody is no approval but {said}")
    if (subject.get("kind"), subject.get("id")) != ("request", request.get("id")):
        found.append("its entry is about another request")
    if details.get("grant") != grant.get("id") or grant.get("id") != bag.info.get("External-Identifier"):
        found.append("its entry or this bundle is of another grant")
    for place, kind in (("originals", "recordings"), ("documents", "documents")):
        named = request.get(kind)
        held = {digest.hex for path, digest in bag.listed.items() if path.startswith(f"data/{place}/")}
        if not isinstance(named, list) or set(map(str, named)) != held:
            found.append(f"the {kind} in this bundle are not those it names")
    for name, stated, recorded in _statements(approval, body, asked):
        if stated != recorded:
            found.append(f"{name} is {printable(str(stated))}, its ledger entry says {printable(str(recorded))}")
    if asked and _part(asked, "actor").get("id") == _part(body, "actor").get("id"):
        found.append("it was approved by whoever asked for it")
    return found


def _statements(
    approval: dict[str, Any], body: dict[str, Any], asked: dict[str, Any]
) -> Iterator[tuple[str, object, object]]:
    """What approval.json states beside what the ledger recorded of it; the request only where its entry is opened.

    Names of people are not compared: the ledger keeps them as they were, and people are renamed.
    """
    decided, grant, request = _part(approval, "approval"), _part(approval, "grant"), _part(approval, "request")
    yield "decision", decided.get("decision"), _part(body, "details").get("decision")
    yield "reason", decided.get("reason"), body.get("purpose")
    yield "expires_at", grant.get("expires_at"), _part(body, "details").get("expires_at")
    if asked:
        for name in ("action", "recipient", "recipient_kind", "legal_basis"):
            yield name, request.get(name), _part(asked, "details").get(name)
        yield "purpose", request.get("purpose"), asked.get("purpose")


def _request(custody: list[CustodyEntry], request: object) -> dict[str, Any]:
    """The opened ledger entry of a request, or nothing."""
    for entry in custody:
        body = {} if entry.body is None else _object(entry.body)
        if body.get("action") == "request" and _part(body, "subject").get("id") == request:
            return body
    return {}


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _object(content: bytes) -> dict[str, Any]:
    """Canonical JSON, or an empty object that fits nothing."""
    try:
        return parse_canonical(content)
    except InvalidCanonical:
        return {}
