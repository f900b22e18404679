"""The checks of a bundle: files against their lists, every payload file's seal, copies, custody, the whole's token.

What a bundle must hold follows from its payload, by digest, and from what was approved; a part too few and a file too
many are findings alike.
"""

from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from integrity import copy_check, verify_page
from integrity.approval_check import Approval, check_approval, object_of
from integrity.bag import PAYLOAD_LIST, TAG_LIST, TAG_TOKEN, Bag, check_files, check_version
from integrity.bag_sm3 import PAYLOAD_SM3, check_sm3
from integrity.bundle_names import possible_names, safe_names
from integrity.bundle_text import FORMAT_WITH_COPIES
from integrity.container import Container, printable
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.finding import ORIGINAL_ABSENT
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.note import SIZE_LIMIT as CHECKPOINT_LIMIT
from integrity.proof_files import STATEMENT, is_of_copy, is_proof
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
_LEDGER_FORMAT = "tiezheng-ledger-v1"


def check_bundle(inquiry: Inquiry, judge: Judge, container: Container) -> Bag:
    """Run every step over an opened bundle; what was found in it."""
    with inquiry.step("the bundle's version is known"):
        info = check_version(inquiry, container)
    with inquiry.step("every file is as listed, and none is missing or added") as step:
        bag = check_files(inquiry, container, info)
        check_sm3(inquiry, bag)
        approval = Approval.of(bag)
        absent = approval.absent(bag)
        _check_expected(inquiry, bag, absent)
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
            if not path.startswith(copy_check.PLACE):
                _check_manifest(inquiry, check, bag, path, sealed)
        for digest in absent:
            _check_absent(inquiry, check, digest, sealed)
    _check_copies(inquiry, judge, bag, approval, sealed)
    if absent:
        with inquiry.step(copy_check.ABSENT):
            for digest in absent:
                detail = "only a derived copy of it was approved; its bytes are not here and were not checked"
                inquiry.find(ORIGINAL_ABSENT, f"proofs/{digest}.manifest.json", detail)
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
        check_approval(inquiry, bag, approval, custody, step)
    return bag


def _check_expected(inquiry: Inquiry, bag: Bag, absent: list[Digest]) -> None:
    """Only files that FORMAT knows, each where it belongs, and all those it asks for."""
    if not any(path.startswith("data/") for path in bag.listed):
        inquiry.find("payload-missing", "data/", "there is no payload that could be checked")
    copies = bag.info.get("Tiezheng-Bundle") == FORMAT_WITH_COPIES
    places = (*_PLACES, "copies") if copies else tuple(_PLACES)
    sealed = {digest.hex for path, digest in bag.listed.items() if _is_payload(path, tuple(_PLACES))}
    sealed |= {digest.hex for digest in absent}
    for path in sorted(set(bag.listed) - _TAGS - _OPTIONAL):
        if not (_is_payload(path, places) or _is_proof(path, sealed, copies) or is_certificate(path, _AUTHORITIES)):
            inquiry.find(
                "file-unexpected", printable(path), "no file of a bundle is called so, or it is about no payload"
            )
    for path in sorted(_TAGS - set(bag.listed) - {"bagit.txt", "bag-info.txt"}):
        inquiry.find("file-missing", path, "the list does not name it")


def _is_payload(path: str, places: tuple[str, ...]) -> bool:
    parts = PurePosixPath(path).parts
    return parts[0] == "data" and len(parts) == 3 and parts[1] in places


def _is_proof(path: str, sealed: AbstractSet[str], copies: bool) -> bool:
    """Whether this is called like a proof about a sealed file, or tells of its viewing copy."""
    about, _, name = path.removeprefix("proofs/").partition(".")
    return path.startswith("proofs/") and about in sealed and (is_proof(name) or (copies and is_of_copy(name)))


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
    if declared not in possible_names(name):
        inquiry.find("name-differs", printable(path), f"it was sealed under the name {printable(declared)}")
    if _PLACES.get(place) is not (found.manifest.source.kind == "document"):
        inquiry.find("kind-differs", printable(path), f"it was sealed as {printable(found.manifest.source.kind)}")


def _check_absent(inquiry: Inquiry, check: SealCheck, digest: Digest, sealed: dict[Digest, SealedManifest]) -> None:
    """The manifest of an original whose bytes are not here: about that digest, and of a recording."""
    path = f"proofs/{digest}.manifest.json"
    found = check.manifest_of(path, digest)
    if found is None:
        return
    sealed[digest] = found
    if found.manifest.source.kind == "document":
        inquiry.find("kind-differs", path, "it was sealed as a document")


def _check_copies(
    inquiry: Inquiry, judge: Judge, bag: Bag, approval: Approval, sealed: dict[Digest, SealedManifest]
) -> None:
    """Viewing copies, where they were approved or came along."""
    if not (approval.with_copies or any(path.startswith(copy_check.PLACE) for path in bag.listed)):
        return
    with inquiry.step(copy_check.STEP) as step:
        manifests = {digest: found.manifest for digest, found in sealed.items()}
        wanted = approval.recordings() if approval.with_copies else []
        copy_check.CopyCheck(inquiry, judge, bag, manifests).check(wanted, step)


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
        if entry.body is not None and object_of(entry.body).get("format") != _LEDGER_FORMAT:
            inquiry.find("version-unknown", subject, f"the entry is not {_LEDGER_FORMAT}")
        entries.append(entry)
    if not content.endswith(b"\n") or not entries:
        inquiry.find("custody-malformed", "custody.jsonl", "empty, or its last line is cut short")
    step.note(f"entries: {len(entries)}")
    return entries
