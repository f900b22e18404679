"""The committed zoo: every specimen is refused with exactly what its expectation says, and the good ones pass."""

import re
from pathlib import Path

import pytest

from integrity.errors import IntegrityError
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.trust import read_trust
from integrity.verify import verify_bundle, verify_file
from tests.fakes.clocks import FakeClock
from tests.fakes.signers import SIGNER
from tests.integrity.confined import Outcome, judged
from tests.integrity.zoo.exhibits import FOLDER, KINDS, NOW, Exhibit, exhibits, unpacked
from tests.integrity.zoo.make import make

ROOT = Path(__file__).resolve().parents[2]
LOGS = exhibits("log")
OTHERS = [exhibit for exhibit in exhibits() if exhibit.kind != "log"]

NEVER_FOUND = {
    "not-checked": "a step with nothing to check comes from an earlier finding, or from trust that was not supplied",
}
"""Codes of `verify` without a specimen, and why."""


def found(exhibit: Exhibit, folder: Path) -> set[str]:
    """The codes, or the one error with which it refuses to begin."""
    path, *options = exhibit.arguments(folder)
    given = dict(zip(options[::2], options[1::2], strict=True))
    try:
        trust = read_trust(Path(given["--trust"])) if "--trust" in given else None
    except IntegrityError as error:
        return {f"error {error.code}"}
    clock = FakeClock(NOW)
    if "--seal" in given:
        verdict = verify_file(Path(path), Path(given["--seal"]), trust, clock=clock)
    else:
        release = Path(given["--release"]) if "--release" in given else None
        verdict = verify_bundle(Path(path), trust, clock=clock, release=release)
    assert verdict.ok is (not verdict.findings)
    assert verdict.ok is all(step.passed for step in verdict.steps)
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize("exhibit", OTHERS, ids=lambda exhibit: exhibit.name)
def test_what_is_found_is_what_is_expected(exhibit: Exhibit, tmp_path: Path) -> None:
    expected = {f"error {exhibit.error}"} if exhibit.error else set(exhibit.codes)
    assert found(exhibit, tmp_path) == expected


@pytest.mark.parametrize("exhibit", LOGS, ids=lambda exhibit: exhibit.name)
def test_logs(exhibit: Exhibit, tmp_path: Path) -> None:
    """As `tiezheng audit` checks a log."""
    folder = unpacked(exhibit.path, tmp_path)
    log = Log(folder, SIGNER.verifier, FileHeads(folder / "head"))
    assert {finding.code for finding in log.check()} == exhibit.codes


def test_the_command(tmp_path: Path) -> None:
    """`tiezheng verify --json` by the real clock, with little memory: exit status and codes; nothing is ever raised."""
    places = [tmp_path / str(number) for number in range(len(OTHERS))]
    calls = [exhibit.arguments(place) for exhibit, place in zip(OTHERS, places, strict=True)]
    for exhibit, outcome in zip(OTHERS, judged(calls), strict=True):
        status = 1 if exhibit.error or exhibit.codes else 0
        status = {frozenset({"trust-not-supplied"}): 3, frozenset({"original-absent"}): 4}.get(exhibit.codes, status)
        assert (exhibit.name, outcome) == (exhibit.name, Outcome(status, exhibit.codes, exhibit.error))


def test_there_are_good_ones_of_every_kind_that_can_be_good() -> None:
    good = {exhibit.kind for exhibit in exhibits() if not exhibit.codes and not exhibit.error}
    assert good == {"bundle", "seal", "token", "receipt", "certificate", "release", "log"}


def test_every_finding_has_a_specimen_or_a_reason_why_not() -> None:
    text = (ROOT / "integrity" / "README.md").read_text(encoding="utf-8")
    codes = set(re.findall(r"^\| `([a-z0-9-]+)`", text[text.index("| code | meaning |") :], re.MULTILINE))
    shown = {code for exhibit in OTHERS for code in exhibit.codes}
    assert codes - shown == set(NEVER_FOUND)


def test_every_finding_about_a_log_has_a_specimen() -> None:
    source = (ROOT / "integrity" / "log_check.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'"(log-[a-z]+(?:-[a-z]+)*)"', source)) - {"log-head", "log-checkpoint"}
    codes |= {f"log-{what}-{how}" for what in ("head", "checkpoint") for how in ("missing", "signature")}
    assert codes == {code for exhibit in LOGS for code in exhibit.codes}


def test_the_files_are_what_the_code_makes(tmp_path: Path) -> None:
    """Otherwise run `make zoo` and look at what changed."""
    make(tmp_path)
    assert _contents(tmp_path) == _contents(FOLDER)


def test_it_is_small_and_nothing_lies_about() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5 << 20
    assert {path.parent.name for path in files if path.parent != FOLDER} == set(KINDS)
    assert len(files) == 2 * len(exhibits()) + 1
    assert len(exhibits()) >= 60


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
