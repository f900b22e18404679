"""Verification, offline: a file with its seal, or a whole bundle, against what the reader brings from outside.

Numbered steps, all of them run, every finding named; nothing that could not be read ever counts as right. Nothing that
came along, certificates, keys, lists, is believed because it says so: without `trust` the outcome is at best "these
things agree with each other" (`trust-not-supplied`). Pure and self-contained: no network, no database, no web
framework, no decoder; it can be handed over alone. Files are streamed, links never followed, zips never unpacked.
"""

import stat
from datetime import datetime
from pathlib import Path

from integrity import release_check
from integrity.bag import Bag
from integrity.bundle_check import check_bundle
from integrity.clock import Clock, SystemClock
from integrity.container import Container, Folder, printable
from integrity.container_zip import Zip
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.files import Files
from integrity.finding import TRUST_NOT_SUPPLIED, Assurance, Verdict
from integrity.inquiry import Inquiry
from integrity.judge import Judge
from integrity.seal_check import HashedFile, check_seal
from integrity.sm3 import Sm3, both_digests
from integrity.trust import Trust


def verify_file(
    path: Path, seal: Path, trust: Trust | None, *, clock: Clock | None = None, witnesses: int = 0
) -> Verdict:
    """Whether a file is the one that was sealed. `seal` is a folder as FORMAT describes it, or a zip of one.

    `witnesses` is how many trusted witnesses must have signed each checkpoint, where the trust's quorum is less.
    """
    inquiry, now = Inquiry(), _now(clock)
    judge = Judge(inquiry, trust, now, witnesses=witnesses)
    file = None
    with inquiry.step("the file can be read") as step:
        try:
            file = _hashed(path)
            step.note(f"SHA-256 {file.digest}, {file.size} bytes")
        except InvalidBundle as error:
            inquiry.find("file-unreadable", printable(path.name), str(error))
    with inquiry.step("the seal can be read") as step:
        container = _opened(inquiry, seal)
        if container is not None:
            step.note(f"files: {len(container.sizes)}")
    if container is None or file is None:
        return _verdict(inquiry, judge, trust)
    try:
        check_seal(inquiry, judge, Files(inquiry, container), file)
    finally:
        container.close()
    return _verdict(inquiry, judge, trust)


def verify_bundle(
    path: Path,
    trust: Trust | None,
    *,
    clock: Clock | None = None,
    witnesses: int = 0,
    release: Path | None = None,
) -> Verdict:
    """Whether a bundle, folder or zip, is whole, unchanged and proven; `witnesses` as in `verify_file`.

    `release` is the file that came beside it, and says that it was handed over.
    """
    inquiry, now = Inquiry(), _now(clock)
    judge = Judge(inquiry, trust, now, witnesses=witnesses)
    with inquiry.step("the bundle can be read") as step:
        container = _opened(inquiry, path)
        if container is not None:
            step.note(f"files: {len(container.sizes)}, bytes: {sum(container.sizes.values())}")
    if container is None:
        return _verdict(inquiry, judge, trust)
    try:
        bag = check_bundle(inquiry, judge, container)
        if release is not None:
            _check_release(inquiry, judge, bag, release)
    finally:
        container.close()
    return _verdict(inquiry, judge, trust)


def _check_release(inquiry: Inquiry, judge: Judge, bag: Bag, path: Path) -> None:
    with inquiry.step("this copy was released") as step:
        try:
            with _regular(path).open("rb") as file:
                content = file.read(release_check.LIMIT + 1)
        except (InvalidBundle, OSError) as error:
            inquiry.find("file-unreadable", printable(path.name), str(error))
        else:
            release_check.check_release(inquiry, judge, bag, content[: release_check.LIMIT], step)


def _verdict(inquiry: Inquiry, judge: Judge, trust: Trust | None) -> Verdict:
    assurance = judge.assurance()
    with inquiry.step("what it was judged by came from outside") as step:
        if trust is None:
            detail = "no trust.json was given: at best all of this agrees with itself, as a forgery would too"
            inquiry.find(TRUST_NOT_SUPPLIED, "trust.json", detail)
            assurance = Assurance.SELF_ASSERTED
        else:
            known = f"log keys: {len(trust.logs)}, authorities: {len(trust.authorities)}"
            step.note(f"{known}, witnesses: {len(trust.witnesses)}")
    return inquiry.verdict(assurance)


def _opened(inquiry: Inquiry, path: Path) -> Container | None:
    """A folder or zip; None, with a finding, where it is neither or cannot be read."""
    try:
        container: Container = Folder(path) if path.is_dir() else Zip(_regular(path))
    except (InvalidBundle, OSError) as error:
        inquiry.find("bundle-unreadable", printable(path.name), str(error))
        return None
    inquiry.take(container.defects)
    return container


def _hashed(path: Path) -> HashedFile:
    try:
        size = _regular(path).stat().st_size
        digest = Digest.of_file(path)
    except OSError as error:
        raise InvalidBundle(f"cannot be read: {error.strerror}") from error
    return HashedFile(digest, size, lambda: _sm3(path, digest))


def _sm3(path: Path, digest: Digest) -> Sm3:
    """From a second read, which must find the same bytes as the first."""
    try:
        again, sm3 = both_digests(path)
    except OSError as error:
        raise InvalidBundle(f"cannot be read: {error.strerror}") from error
    if again != digest:
        raise InvalidBundle("it changed while it was being read")
    return sm3


def _regular(path: Path) -> Path:
    """The path, if it leads to a regular file: a pipe would keep us waiting for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise InvalidBundle(f"cannot be read: {error}") from error
    if not stat.S_ISREG(mode):
        raise InvalidBundle("neither a file nor a folder")
    return path


def _now(clock: Clock | None) -> datetime:
    return (clock or SystemClock()).now()
