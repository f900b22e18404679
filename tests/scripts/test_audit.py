"""`tiezheng audit` as it is called: exit status, JSON, anchors from outside, samples, and work in flight beside it."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from sqlalchemy import select

from catalog import tables
from catalog.entry import SYSTEM, Entry, Subject
from catalog.identity import UploadId, new_id
from integrity import durable
from integrity.checkpoint import Checkpoint, sign
from integrity.digest import Digest
from integrity.note import Signer
from integrity.seal import ReceivedFile, Sealer
from integrity.statement import Statement
from scripts.assemble import House, open_house
from scripts.audit import command
from scripts.known import read_anchors
from scripts.settings import load
from tests.fakes.authorities import FakeAuthority
from tests.fakes.signers import KEY, SIGNER
from tests.scripts.installation import dba, flip, one
from tests.scripts.test_witness_client import answering

pytestmark = pytest.mark.xdist_group("audit")


def audit(data: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(command, ["--data", str(data), *map(str, options)])


def report(data: Path, *options: str | Path) -> dict[str, Any]:
    done = audit(data, "--json", *options)
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (0 if said["ok"] else 1)
    assert said["ok"] == (said["findings"] == [])
    return said


def codes(said: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in said["findings"]}


def notes(said: dict[str, Any]) -> set[str]:
    return {note["code"] for note in said["notes"]}


def receipts(data: Path, folder: Path) -> Path:
    """What a station has kept."""
    folder.mkdir()
    house = open_house(data, load(environment={}))
    with house.database.read() as connection:
        for row in connection.execute(select(tables.receipts)):
            (folder / f"{row.upload_id}.{row.complete}.receipt.json").write_bytes(row.body)
    house.close()
    return folder


def test_clean(installed: Path) -> None:
    said = report(installed)
    assert said["ok"]
    assert notes(said) >= {"no-external-anchor", "authority-not-qualified"}
    assert said["looked_at"]["originals"] == 4
    done = audit(installed)
    assert done.exit_code == 0
    assert "no-external-anchor" in done.stdout


def test_a_finding_is_one_line_with_code_subject_and_detail(tampered: Path) -> None:
    digest = Digest.of(b"more").hex
    flip(tampered / "vault" / digest[:2] / digest[2:4] / digest)
    done = audit(tampered)
    assert done.exit_code == 1
    assert any(line.startswith(f"vault-object-differs  vault {digest}: ") for line in done.stdout.splitlines())
    [finding] = report(tampered)["findings"]
    assert set(finding) == {"code", "subject", "detail"}


def test_bars_are_shown_on_a_terminal_only(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("scripts.audit_bars.Console", lambda **_: Console(file=screen, force_terminal=True))
    assert audit(installed).exit_code == 0
    assert "原件及其固化凭证" in screen.getvalue()
    before = screen.getvalue()
    assert report(installed)["ok"]
    assert screen.getvalue() == before


def test_as_a_process(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "audit", "--data", str(installed), "--json"],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)["ok"], done.stderr) == (0, True, "")


def test_a_folder_without_an_installation(tmp_path: Path) -> None:
    done = audit(tmp_path)
    assert done.exit_code != 0
    assert getattr(done.exception, "code", "") == "data-not-founded"


# --- from outside -----------------------------------------------------------------------------------------------------


def test_checkpoints_and_receipts_that_hold(installed: Path, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint"
    shutil.copy(installed / "log" / "checkpoint", kept)
    folder = receipts(installed, tmp_path / "receipts")
    for options in ([kept], [folder], [kept, folder], [next(folder.iterdir())]):
        said = report(installed, *(part for path in options for part in ("--against", path)))
        assert said["ok"]
        assert "no-external-anchor" not in notes(said)


def test_a_witness_that_remembers(tampered: Path, tmp_path: Path) -> None:
    """Asked for its head: of the log as it is, of a fork, of a longer one, and when it cannot say."""
    house = open_house(tampered, load(environment={}))
    signer, head = house.log.keys.signers[0], house.log.head()
    house.close()
    longer = sign(Checkpoint(signer.name, head.size + 5, bytes(32)), [signer]).note
    forked = sign(Checkpoint(signer.name, head.size, bytes(32)), [signer]).note
    foreign = sign(head.checkpoint, [Signer(signer.name, KEY)]).note
    for status, shown, found in (
        (200, head.note, set()),
        (200, longer, {"log-set-back"}),
        (200, forked, {"log-forked"}),
        (200, foreign, {"anchor-invalid"}),
        (200, b"nonsense", {"anchor-invalid"}),
        (404, b"", {"anchor-unreachable"}),
        (500, b"", {"anchor-unreachable"}),
    ):
        with answering(status, shown) as url:
            said = report(tampered, "--against", url)
        assert codes(said) == found
        assert ("no-external-anchor" in notes(said)) == ("anchor-unreachable" in found)
    assert codes(report(tampered, "--against", url)) == {"anchor-unreachable"}, "nobody listens there any more"
    assert audit(tampered, "--against", tmp_path / "nowhere").exit_code == 2


def test_the_whole_folder_set_back(tampered: Path, tmp_path: Path) -> None:
    """Everything inside agrees; only who was outside can tell."""
    backup = tmp_path / "backup"
    shutil.copytree(tampered, backup)
    house = open_house(tampered, load(environment={}))
    house.ledger.record(Entry("test", SYSTEM, Subject("service", "x"), "done"))
    house.close()
    kept = tmp_path / "checkpoint"
    shutil.copy(tampered / "log" / "checkpoint", kept)
    assert report(backup)["ok"]
    assert codes(report(backup, "--against", kept)) == {"log-set-back"}


def test_a_checkpoint_that_the_log_never_signed(installed: Path, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint"
    kept.write_bytes(sign(Checkpoint("elsewhere.example", 5, bytes(32)), [_renamed(SIGNER)]).note)
    assert codes(report(installed, "--against", kept)) == {"anchor-invalid"}


def _renamed(signer: Signer) -> Signer:
    return Signer("elsewhere.example", signer._key)


def test_a_receipted_recording_that_is_gone(tampered: Path, tmp_path: Path) -> None:
    folder = receipts(tampered, tmp_path / "receipts")
    dba(
        tampered,
        "DELETE FROM receipts WHERE upload_id = (SELECT min(id) FROM uploads WHERE state = 'catalogued')",
        "DELETE FROM uploads WHERE id = (SELECT min(id) FROM uploads WHERE state = 'catalogued')",
    )
    assert "receipted-recording-missing" not in codes(report(tampered))
    assert "receipted-recording-missing" in codes(report(tampered, "--against", folder))


def test_a_receipt_whose_manifest_is_not_in_the_catalogue(tampered: Path, tmp_path: Path) -> None:
    folder = receipts(tampered, tmp_path / "receipts")
    dba(tampered, "UPDATE originals SET manifest_sha256 = sha256 WHERE id = (SELECT min(id) FROM originals)")
    assert "receipted-recording-missing" in codes(report(tampered, "--against", folder))


def test_a_damaged_receipt_is_never_passed_over(installed: Path, tmp_path: Path) -> None:
    folder = receipts(installed, tmp_path / "receipts")
    flip(sorted(folder.iterdir())[0], 0)
    assert codes(report(installed, "--against", folder)) == {"anchor-invalid"}


def test_a_folder_without_receipts_is_a_wrong_usage(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert audit(installed, "--against", tmp_path / "empty").exit_code == 2


def test_anchors_are_named_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/1.receipt.json", "checkpoint", "video.mp4", "trust.json"):
        (tmp_path / name).write_bytes(b"")
    assert [anchor.name for anchor in read_anchors(tmp_path)] == ["a/1.receipt.json", "checkpoint"]


def test_trust_from_outside_is_what_counts(tampered: Path, tmp_path: Path) -> None:
    """Whoever exchanges key and trust file in the folder does not have the one that was handed out."""
    outside = tmp_path / "trust.json"
    shutil.copy(tampered / "trust.json", outside)
    assert report(tampered, "--trust", outside)["ok"]
    told = json.loads(outside.read_text(encoding="utf-8"))
    told["authorities"] = []
    outside.write_text(json.dumps(told), encoding="utf-8")
    assert codes(report(tampered, "--trust", outside)) == {"token-chain"}


def test_keys_that_are_not_those_that_were_told(tampered: Path) -> None:
    told = json.loads((tampered / "trust.json").read_text(encoding="utf-8"))
    told["logs"] = []
    (tampered / "trust.json").write_text(json.dumps(told), encoding="utf-8")
    assert codes(report(tampered)) == {"trust-differs"}


# --- samples and work in flight ---------------------------------------------------------------------------------------


def test_a_sample_reads_less_and_says_so(tampered: Path) -> None:
    for path in (tampered / "vault").rglob("*"):
        if path.is_file():
            flip(path)
    assert codes(report(tampered, "--sample", "0")) == set()
    said = report(tampered, "--sample", "1")
    assert codes(said) == {"vault-object-differs"}
    assert (said["looked_at"]["objects_read"], "sampled" in notes(said)) == (2, True)


def _sealer(house: House) -> Sealer:
    return Sealer(house.vault, [FakeAuthority()], house.sequencer, house.clock, house.random)


def test_work_in_flight_is_no_finding(tampered: Path) -> None:
    """After each step of an upload that is being sealed, and with an entry whose leaf is on its way."""
    house = open_house(tampered, load(environment={}))
    upload = UploadId(new_id())
    folder = tampered / "spool" / upload
    durable.make_folder(folder)
    (folder / "content").write_bytes(b"in flight")
    received = ReceivedFile(upload, folder / "content", Digest.of(b"in flight"), 9)
    agency, station = one(tampered, "SELECT id FROM agencies"), one(tampered, "SELECT id FROM stations")
    statement = Statement(agency=agency, station=station, kind="body-camera", name="x.mp4")
    assert report(tampered)["ok"]
    _sealer(house).fix(folder, received, statement)
    assert report(tampered)["ok"]
    _sealer(house).seal(folder, received)
    assert report(tampered)["ok"], "objects in the vault and a leaf in the log, nothing in the catalogue"
    house.ledger.record(Entry("test", SYSTEM, Subject("service", "x"), "done"), wait=False)
    assert report(tampered)["ok"]
    house.close()
    shutil.rmtree(folder)
    assert codes(report(tampered)) == {"leaf-without-body", "vault-object-unclaimed"}, "lost, and not late"


def test_a_spool_that_cannot_be_read_is_said_so(tampered: Path) -> None:
    folder = tampered / "spool" / new_id()
    folder.mkdir()
    (folder / "manifest.json").write_bytes(b"?")
    assert codes(report(tampered)) == {"spool-unreadable"}


def test_beside_a_writer(tampered: Path) -> None:
    """Entries are written all the time; what is not there yet when it is looked for is not missed."""
    house = open_house(tampered, load(environment={}))
    with house.sequencing():
        for number in range(3):
            for _ in range(5):
                house.ledger.record(Entry("test", SYSTEM, Subject("service", str(number)), "done"), wait=False)
            assert report(tampered)["ok"]
    house.close()
