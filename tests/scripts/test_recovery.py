"""The restore drill: a data folder set back an hour does not go on by itself; recovered, it does, hiding nothing."""

import base64
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.entry import SYSTEM, Entry, Subject
from integrity.anchor import Anchor
from integrity.canonical import canonical, parse_canonical
from integrity.checkpoint import claimed
from integrity.custody import CustodyEntry
from integrity.errors import LogUnavailable
from integrity.receipt import verify_receipt
from integrity.tlog_proof import TlogProof
from integrity.trust import read_trust
from scripts import founding
from scripts.admin import command, operator
from scripts.application import log_file
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.audit_run import Report
from scripts.known import LogSetBack, NothingKnown, StationMemory
from scripts.log_records import read_records
from scripts.recovery import CannotRecover, recover
from scripts.settings import Settings, load
from tests.fakes.immutable import clear_immutable
from tests.fakes.interruptions import calls_of, failing
from tests.scripts.installation import Making, copied, dba, one

pytestmark = pytest.mark.xdist_group("audit")


Drill = tuple[Path, bytes, bytes, bytes]
"""The data folder, a receipt from before, one from the lost hour, the last known checkpoint."""


@pytest.fixture
def opened() -> Iterator[Callable[..., House]]:
    """Opens a house, and closes it after the test."""
    houses: list[House] = []

    def open_one(data: Path, **settings: object) -> House:
        houses.append(open_house(data, load(environment={}).model_copy(update=settings)))
        return houses[-1]

    yield open_one
    for house in houses:
        house.close()


def drain(house: House) -> None:
    while house.sequencer.drain():
        pass


def work(data: Path, name: str) -> bytes:
    """An hour's work: a recording docked and receipted; the receipt."""
    making = Making(data, station=f"采集站 {name}")
    making.upload(name.encode() * 50, making.footage(f"{name}.mp4"))
    drain(making.house)
    with making.house.database.read() as connection:
        body = connection.exec_driver_sql("SELECT body FROM receipts ORDER BY stored_at DESC, upload_id DESC").scalar()
    making.house.close()
    return bytes(body or b"")


@pytest.fixture
def drill(tmp_path: Path, installed: Path) -> Iterator[Drill]:
    """A data folder set back: where it is, a receipt from before, one from the lost hour, the last known checkpoint."""
    data = copied(installed, tmp_path / "data")
    before = work(data, "before")
    shutil.copytree(data, tmp_path / "backup")
    lost = work(data, "lost")
    known = (data / "log" / "checkpoint").read_bytes()
    removed(data)
    shutil.move(tmp_path / "backup", data)
    yield data, before, lost, known
    clear_immutable(tmp_path)


def removed(folder: Path) -> None:
    clear_immutable(folder)
    shutil.rmtree(folder)


def recovered(data: Path, known: bytes) -> None:
    """By the command, as an operator would."""
    (data.parent / "checkpoint").write_bytes(known)
    done = CliRunner().invoke(command, ["recover-log", "--data", str(data), "--known", str(data.parent / "checkpoint")])
    assert done.exit_code == 0, done.output + repr(done.exception)


def test_a_folder_that_was_set_back_does_not_go_on(drill: Drill, opened: Callable[..., House]) -> None:
    data, before, lost, known = drill
    size = claimed(known).size
    for name, content in (("checkpoint", known), ("lost.receipt.json", lost)):
        (data.parent / name).write_bytes(content)
        house = opened(data, known_checkpoints=str(data.parent / name))
        there = house.log.head()
        assert there.size < size
        with pytest.raises(LogSetBack, match="log-set-back"), house.sequencing():
            pass
        assert house.log.head() == there
    (data.parent / "before.receipt.json").write_bytes(before)
    with opened(data, known_checkpoints=str(data.parent / "before.receipt.json")).sequencing():
        pass


def test_a_forked_log_does_not_go_on_either(drill: Drill, opened: Callable[..., House]) -> None:
    """Somebody started it without asking: it has grown past what is known, and is another log."""
    data, _, _, known = drill
    (data.parent / "checkpoint").write_bytes(known)
    house = opened(data)
    for number in range(40):
        house.sequencer.append(bytes([number]) * 32)
    with pytest.raises(LogSetBack, match="log-forked"):
        opened(data, known_checkpoints=str(data.parent / "checkpoint")).refuse_set_back()


def test_a_known_file_that_is_none_stops_the_start(drill: Drill, opened: Callable[..., House]) -> None:
    data = drill[0]
    (data.parent / "checkpoint").write_bytes(b"nothing\n")
    with pytest.raises(LogSetBack, match="anchor-invalid"):
        opened(data, known_checkpoints=str(data.parent / "checkpoint")).refuse_set_back()
    with pytest.raises(NothingKnown):
        opened(data, known_checkpoints=str(data / "spool")).refuse_set_back()


def test_a_station_that_remembers_more_stops_the_log_for_good(drill: Drill, opened: Callable[..., House]) -> None:
    data, _, _, known = drill
    house = opened(data)
    memory = StationMemory(data, house.logs)
    forged = known.replace(b"\n%d\n" % claimed(known).size, b"\n99999\n", 1)
    for word in ("", "?", base64.b64encode(b"x").decode(), base64.b64encode(forged).decode(),
                 base64.b64encode(house.log.head().note).decode()):  # fmt: skip
        memory.tell(word)
    assert house.sequencer.append(bytes(32)) >= 0, "what nobody signed, and what we know ourselves, changes nothing"
    memory.tell(base64.b64encode(known).decode())
    with pytest.raises(LogUnavailable, match="set back"):
        house.sequencer.append(bytes([1]) * 32)
    with pytest.raises(LogSetBack):
        opened(data).refuse_set_back()


def test_recovered_it_goes_on_under_a_successor(drill: Drill, opened: Callable[..., House]) -> None:
    data, before, lost, known = drill
    (old,) = read_records(data)
    end = opened(data).log.head()
    recovered(data, known)
    house = opened(data, known_checkpoints=str(data.parent / "checkpoint"))
    with house.sequencing():
        house.ledger.record(Entry("sign-in", SYSTEM, Subject("service", "test"), "done"))
    assert house.log.origin == f"{old.origin}/2"
    assert house.logs.ended[0].log.head() == end, "nothing was ever appended to the old log"
    after = work(data, "after")

    trust = house.trust
    for receipt in (before, lost, after):
        verify_receipt(receipt, trust)
    verify_receipt(before, read_trust(data / "trust.1.json"))
    assert verify_receipt(after, trust).leaf_index < 40, "counted in its own log"
    report = run(data)
    assert report.findings == ()
    [note] = [note.detail for note in report.notes if note.code == "log-recovered"]
    assert all(f" {count} " in note for count in (end.size, claimed(known).size - end.size))
    for kept in (before, known, after):
        assert run(data, anchors=(Anchor("kept", kept),)).findings == ()
    found = {finding.code for finding in run(data, anchors=(Anchor("kept", lost),)).findings}
    assert "receipted-recording-missing" in found, "what was lost is named, as often as somebody asks"


def test_the_first_leaf_of_the_successor_can_be_checked_by_anybody(drill: Drill, opened: Callable[..., House]) -> None:
    data, _, _, known = drill
    end = opened(data).log.head()
    assert log_file(opened(data), "succession.json") is None
    recovered(data, known)
    house = opened(data)
    line = CustodyEntry.parse(log_file(house, "succession.json") or b"")
    proof = TlogProof.from_bytes(line.tlog_proof)
    assert proof.index == 0
    proof.verify(line.commitment, [house.log.verifier], house.log.origin)
    said = parse_canonical(line.body or b"")["details"]
    assert said["ended"] == {"origin": end.checkpoint.origin, "size": end.size, "root": end.root.hex()}
    assert said["known"]["checkpoint"].encode() == known
    assert log_file(house, "ended/1/checkpoint") == end.note
    assert log_file(house, "ended/1/tile/entries/000.p/250") is None
    assert log_file(house, "ended/1/head") is log_file(house, "ended/2/checkpoint") is None


def test_what_is_known_must_be_more_than_there_is(drill: Drill, opened: Callable[..., House]) -> None:
    data, before, _, known = drill
    house = opened(data)
    for content in (before, house.log.head().note, b"nothing\n", known[:-4] + b"AA=\n"):
        with pytest.raises(NothingKnown):
            recover(house, [Anchor("kept", content)], operator())
    assert len(read_records(data)) == 1
    dba(data, "UPDATE ledger_leaves SET leaf_index = 5000 WHERE entry_id = (SELECT max(entry_id) FROM ledger_leaves)")
    with pytest.raises(CannotRecover):
        recover(house, [Anchor("kept", known)], operator())


def test_a_log_can_be_recovered_twice(drill: Drill, opened: Callable[..., House]) -> None:
    data, before, _, known = drill
    recovered(data, known)
    work(data, "second")
    shutil.copytree(data, data.parent / "again")
    work(data, "gone")
    newest = (data / "log-2" / "checkpoint").read_bytes()
    removed(data)
    shutil.move(data.parent / "again", data)
    recovered(data, newest)
    third = work(data, "third")
    house = opened(data)
    assert len(house.logs.ended) == 2
    for receipt in (before, third):
        verify_receipt(receipt, house.trust)
    assert run(data).findings == ()


def _logs(change: Callable[[list[dict[str, object]]], object]) -> Callable[[Path], None]:
    def edit(data: Path) -> None:
        path = data / "keys" / "logs.json"
        value = parse_canonical(path.read_bytes())
        change(value["logs"])
        path.write_bytes(canonical(value))

    return edit


def _entry(data: Path) -> None:
    dba(data, "UPDATE ledger SET action = 'other' WHERE action = 'log-recovered'")


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (_logs(lambda logs: logs[0].update(known=7)), "log-succession-broken"),
        (_entry, "log-succession-broken"),
        (_logs(lambda logs: logs[0].update(end=int(str(logs[0]["end"])) - 1)), "log-succession-broken"),
        (lambda data: (data / "log" / "head").unlink(), "log-head-missing"),
    ],
    ids=["known", "entry", "end", "head"],
)
def test_a_succession_that_is_not_as_it_was_is_named(
    drill: Drill, break_it: Callable[[Path], None], expected: str
) -> None:
    data, _, _, known = drill
    recovered(data, known)
    work(data, "after")
    break_it(data)
    report: Report = run(data)
    assert expected in {finding.code for finding in report.findings}


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done"])
def test_a_recovery_cut_short_anywhere_is_finished_by_the_next(
    drill: Drill, opened: Callable[..., House], after: bool
) -> None:
    data, before, _, known = drill
    anchors = [Anchor("kept", known)]

    def attempt(folder: Path) -> None:
        house = open_house(folder, Settings())
        try:
            recover(house, anchors, operator())
        finally:
            house.close()

    shutil.copytree(data, data.parent / "counted")
    calls = calls_of(lambda: attempt(data.parent / "counted"))
    assert calls > 20
    for number in range(3 if after else 1, calls + 1, 8):
        folder = data.parent / f"{number}"
        shutil.copytree(data, folder)
        with suppress(Exception), failing(number, after):  # whatever it is called by then, it was cut short
            attempt(folder)
        if len(read_records(folder)) == 1:
            attempt(folder)
        founding.trust(folder, (folder / "authority" / "ca.pem").read_bytes())
        house = opened(folder)
        with house.sequencing():
            pass
        assert house.log.origin.endswith("/2")
        verify_receipt(before, house.trust)
        assert run(folder, sample=0).findings == ()
        assert one(folder, "SELECT count(*) FROM outbox") == 0
        removed(folder)
