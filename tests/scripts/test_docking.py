"""A file is safe to wipe only with a receipt that verifies; whatever breaks on the way is tried again or named."""

import base64
import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import Request, Response
from sqlalchemy import select

from catalog.audit_uploads import upload_findings
from catalog.identity import OriginalId, UploadId
from catalog.tables import uploads
from integrity.checkpoint import open_checkpoint
from integrity.cosignature import cosigned
from integrity.digest import Digest
from integrity.receipt import verify_receipt
from integrity.statement import Statement
from scripts.dock_log import LogMemory
from scripts.dock_patience import DockError, Interrupted, Patience, Tries
from scripts.dock_state import Credentials, DockState
from scripts.docking import Dock, files_below
from tests.fakes.clocks import START
from tests.fakes.signers import SIGNER, WITNESS
from tests.ingest.test_intake import until
from tests.ingest.works import TRUST, accounts
from tests.scripts.dockside import Dockside
from tests.scripts.test_finished import unreadable


def test_a_file_is_brought_in_and_its_receipt_home(dockside: Dockside) -> None:
    path = dockside.file("现场 🎥.mp4", b"footage" * 1000)
    [outcome] = dockside.dock(path, kind="body-camera", device="DSJ-7", case="〔2026〕1号")
    assert (outcome.outcome, outcome.safe, outcome.size) == ("receipted", True, 7000)
    assert outcome.digest is not None
    assert outcome.digest.hex == hashlib.sha256(b"footage" * 1000).hexdigest()
    assert outcome.receipt == dockside.station / "receipts" / f"{outcome.digest.hex}.receipt.json"
    receipt = verify_receipt(outcome.receipt.read_bytes(), TRUST, digest=outcome.digest)
    assert json.loads(receipt.manifest)["name"] == "现场 🎥.mp4"
    assert json.loads(receipt.manifest)["source"]["device"] == "DSJ-7"
    assert DockState(dockside.credentials).upload(outcome.digest) is None


def test_a_station_with_a_key_signs_what_it_declares(dockside: Dockside) -> None:
    dockside.sign()
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"), kind="body-camera", device="DSJ-7")
    assert (outcome.outcome, outcome.safe) == ("receipted", True)
    dockside.works.finish()
    with dockside.works.read() as connection:
        row = connection.execute(select(uploads)).one()
        assert set(upload_findings(connection)) == set()
    statement = Statement.parse(row.statement)
    statement.require_signed(7)
    assert statement.signed is not None
    assert statement.signed.key.vkey == dockside.enrolled.key
    original = dockside.works.recordings.original(OriginalId(row.original_id))
    assert original.statement == row.statement


def test_a_station_with_a_key_that_signs_nothing_is_refused(dockside: Dockside) -> None:
    before = dockside.credentials.read_bytes()
    dockside.sign()
    dockside.credentials.write_bytes(before)
    assert dockside.dock(dockside.file("a.mp4", b"footage"))[0].outcome == "declaration-refused"


def test_what_lies_on_the_camera_is_announced_where_the_server_asks_for_it(dockside: Dockside) -> None:
    path, told = dockside.file("a.mp4", b"footage"), []

    def take(request: Request) -> Response | None:
        if request.url.path != "/inventories":
            return None
        told.append(request.headers.get("tiezheng-signature"))
        return Response(b'{"inventory": "i"}', 201)

    with httpx2.Client(timeout=20) as client:
        assert dockside.connect(client).announce([path], "DSJ-7", START) is None, "404: nobody asks for one"
        dockside.cuts.append(take)
        dockside.sign()
        assert dockside.connect(client).announce([path], "DSJ-7", START) == "i"
    assert told[0] is not None


def test_bytes_that_came_as_another_file_are_told_of(dockside: Dockside) -> None:
    """They are not sent again: without their digest the second file would be missed for good."""
    told: list[dict[str, Any]] = []
    now = datetime(2026, 3, 2, tzinfo=UTC)

    async def take(request: Request) -> Response | None:
        if request.url.path != "/inventories":
            return None
        told.append(json.loads(await request.body()))
        return Response(b'{"inventory": "i"}', 201)

    dockside.takes = take
    camera = dockside.file("100/a.mp4", b"").parent.parent
    files = [camera / "100/a.mp4", dockside.file("101/a.mp4", b""), dockside.file("b.mp4", b"")]
    files.append(dockside.file("c.mp4", b"footage"))
    for file in files:  # by the clock of the server under test
        os.utime(file, (0, START.timestamp() - 60))
    for device, said in (("DSJ-7", ["101/a.mp4", "b.mp4"]), ("DSJ-7", ["101/a.mp4", "b.mp4"]), ("DSJ-8", None)):
        told.clear()
        with httpx2.Client(timeout=20) as client:
            dock = dockside.connect(client, device=device)
            dock.announce(files, device, now, root=camera)
            assert all(dock.dock(file).safe for file in files)
        names = [item["name"] for one in told[1:] for item in one["items"]]
        assert names == (said or ["100/a.mp4", "101/a.mp4", "b.mp4", "c.mp4"])
        assert all(item["sha256"] for one in told[1:] for item in one["items"])
    told.clear()
    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client, seconds=0, device="DSJ-8")
        dock.announce(files[:1], "DSJ-8", now, root=camera)
        refuse = Response(status_code=503)
        dockside.cuts.append(lambda request: refuse if request.url.path == "/inventories" else None)
        dockside.takes = None
        assert not dock.dock(files[0]).receipted, "it would be missed"
        dockside.cuts.clear()
        dockside.takes = take
        assert dock.dock(files[0]).safe
    assert [item["sha256"] for one in told for item in one["items"]] == [None, Digest.of(b"").hex]
    told.clear()
    os.utime(files[3], (4e9, 4e9))  # written after its receipt: another file of the same bytes and the same name
    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client, device="DSJ-7")
        dock.announce(files[3:], "DSJ-7", now, root=camera)
        assert dock.dock(files[3]).safe
    assert [item["sha256"] for one in told for item in one["items"]] == [None, Digest.of(b"footage").hex]


def test_an_empty_file(dockside: Dockside) -> None:
    [outcome] = dockside.dock(dockside.file("empty.txt", b""))
    assert (outcome.outcome, outcome.size, outcome.safe) == ("receipted", 0, True)


def test_again_costs_no_upload(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    first, second = dockside.dock(path, path)
    assert first == second
    dockside.asked.clear()
    assert dockside.dock(path) == [first]
    assert not [one for one in dockside.asked if one[1].startswith("/files")]


def test_a_receipt_that_was_tampered_with_is_fetched_anew(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    [first] = dockside.dock(path)
    assert first.receipt is not None
    good = first.receipt.read_bytes()
    first.receipt.write_bytes(good.replace(b'"size":7', b'"size":8'))
    [second] = dockside.dock(path)
    assert second.safe
    verify_receipt(first.receipt.read_bytes(), TRUST, size=7)


def test_nothing_is_safe_before_the_witnesses_signed_that_are_asked_for(dockside: Dockside) -> None:
    dockside.trust = replace(TRUST, witnesses=(WITNESS.key,), quorum=1)
    path = dockside.file("a.mp4", b"footage")
    [first] = dockside.dock(path)
    assert (first.outcome, first.safe, first.detail) == ("receipted", False, "witnesses-missing")
    assert first.receipt is not None, "the receipt is good, and kept"
    head = dockside.works.log.head()
    signed = cosigned(head.note, [WITNESS.cosign(head.checkpoint.text(), START)])
    dockside.always("/log/checkpoint.cosigned", signed)
    [second] = dockside.dock(path)
    assert (second.outcome, second.safe, second.detail) == ("receipted", True, "allowed")


def test_a_pending_token_is_fetched_later(dockside: Dockside) -> None:
    dockside.works.authority.go_away()
    path = dockside.file("a.mp4", b"footage")
    [first] = dockside.dock(path)
    assert first.receipt is not None
    assert verify_receipt(first.receipt.read_bytes(), TRUST).pending
    dockside.works.authority.come_back()
    dockside.works.reconciler.look()
    [second] = dockside.dock(path)
    assert second.receipt is not None
    assert not verify_receipt(second.receipt.read_bytes(), TRUST).pending


@pytest.mark.parametrize(
    ("method", "status", "ending"),
    [
        ("POST", 503, ""), ("POST", 507, ""), ("PATCH", 500, ""), ("PATCH", 423, ""), ("PATCH", 409, ""),
        ("PATCH", 408, ""), ("HEAD", 502, ""), ("GET", 503, "/receipt"), ("GET", 202, "/receipt"),
        ("GET", 500, "/log/checkpoint"), ("GET", 429, "/receipt"),
    ],
)  # fmt: skip
def test_what_may_go_better_later_is_tried_again(dockside: Dockside, method: str, status: int, ending: str) -> None:
    dockside.once(method, status, ending=ending)
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    assert outcome.safe
    assert dockside.sleeps or method == "HEAD", "there is no HEAD where nothing was begun"


@pytest.mark.parametrize(("status", "code"), [(400, "metadata-invalid"), (413, "upload-too-large"), (401, "sign-in")])
def test_what_will_not_go_better_is_named(dockside: Dockside, status: int, code: str) -> None:
    dockside.once("POST", status, code)
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    assert (outcome.outcome, outcome.safe, outcome.receipt) == (code, False, None)


def test_an_unreachable_server_is_given_up_after_a_while(dockside: Dockside, tmp_path: Path) -> None:
    path = dockside.file("a.mp4", b"footage")
    dockside.stop()
    [outcome] = dockside.dock(path, seconds=0)
    assert (outcome.outcome, outcome.safe) == ("server-unreachable", False)
    dockside.start()
    assert dockside.dock(path)[0].safe


def test_a_restart_of_both_sides_goes_on_where_it_was(dockside: Dockside) -> None:
    body = os.urandom(300_000)
    path = dockside.file("a.mp4", body)
    seen: list[int] = []

    def stop_halfway(_path: Path, done: int, _size: int) -> None:
        seen.append(done)
        if done >= 100_000:
            raise DockError("interrupted", "the test")

    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client)
        dock._progress = stop_halfway
        monkey = pytest.MonkeyPatch()
        with monkey.context() as patched:
            patched.setattr("scripts.dock_pace.LARGEST", 50_000)
            assert dock.dock(path).outcome == "interrupted"
    dockside.stop()
    dockside.start()
    [upload] = list(dockside.works.spool.uploads())
    dockside.asked.clear()
    [outcome] = dockside.dock(path)
    assert outcome.safe
    assert ("POST", "/files") not in dockside.asked, "the same upload went on"
    assert ("HEAD", f"/files/{upload}") in dockside.asked
    dockside.works.finish()
    accounts(dockside.works)


def test_an_address_that_the_disk_spoiled_costs_time_alone(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    state = DockState(dockside.credentials)
    state.begin_upload(Digest.of(b"footage"), "x")
    next(state._folder.glob("*.url")).write_bytes(b"\xff\xfe")
    assert dockside.dock(path)[0].safe


def test_an_upload_the_server_gave_up_is_begun_anew(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    dockside.once("PATCH", 500)
    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client, seconds=0)
        assert dock.dock(path).outcome == "busy"
    [upload] = list(dockside.works.spool.uploads())
    dockside.works.uploads.terminate(dockside.works.station.id, upload)
    assert dockside.dock(path)[0].safe


def test_a_file_that_changes_after_it_was_hashed(dockside: Dockside, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dockside.file("a.mp4", b"footage")
    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client)
        monkeypatch.setattr(Dock, "_pieces", lambda *_: iter([b"FOOTAGE"]))
        outcome = dock.dock(path)
    assert (outcome.outcome, outcome.safe) == ("digest-mismatch", False)
    assert len(dockside.works.recordings.quarantined()) == 1


def test_a_file_that_gets_shorter(dockside: Dockside, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dockside.file("a.mp4", b"footage")
    create = Dock._create

    def shorten(dock: Dock, file: object) -> tuple[str, int]:
        path.write_bytes(b"foo")
        return create(dock, file)  # type: ignore[arg-type]

    monkeypatch.setattr(Dock, "_create", shorten)
    [outcome] = dockside.dock(path, seconds=0)
    assert (outcome.outcome, outcome.safe) == ("file-changed", False)


def test_a_missing_file_is_named(dockside: Dockside) -> None:
    [outcome] = dockside.dock(dockside.station / "nothing")
    assert (outcome.outcome, outcome.digest) == ("file-unreadable", None)


def test_what_is_no_file_is_not_read(dockside: Dockside) -> None:
    """A pipe would never end."""
    os.mkfifo(dockside.station / "pipe")
    for place in (dockside.station / "pipe", dockside.station):
        [outcome] = dockside.dock(place)
        assert (outcome.outcome, outcome.safe) == ("file-unreadable", False)


def test_a_name_that_is_no_text(dockside: Dockside) -> None:
    path = Path(os.fsdecode(os.fsencode(dockside.station) + b"/\xff.mp4"))
    path.write_bytes(b"footage")
    assert dockside.dock(path)[0].outcome == "metadata-invalid"


def test_the_token_goes_to_no_other_server(dockside: Dockside) -> None:
    elsewhere = Response(status_code=201, headers={"Location": "https://elsewhere.example/files/1"})
    dockside.cuts.append(lambda request: elsewhere if request.method == "POST" else None)
    assert dockside.dock(dockside.file("a.mp4", b"footage"))[0].outcome == "server-wrong"


# --- what a lying server might send -----------------------------------------------------------------------------------


def receipt_of(dockside: Dockside, body: bytes) -> bytes:
    """A genuine receipt, of other bytes."""
    upload: UploadId = dockside.works.send(body)
    until(lambda: dockside.works.receipts.receipt(upload) is not None)
    receipt = dockside.works.receipts.receipt(upload)
    assert receipt is not None
    return receipt


@pytest.mark.parametrize("lie", [b"", b"{}", b"not json", b'{"receipt":{},"signature":{"key":"a","value":""}}'])
def test_no_receipt_at_all(dockside: Dockside, lie: bytes) -> None:
    dockside.always("/receipt", lie)
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    assert (outcome.outcome, outcome.safe, outcome.receipt) == ("receipt-invalid", False, None)


def test_a_receipt_of_other_bytes(dockside: Dockside) -> None:
    dockside.always("/receipt", receipt_of(dockside, b"other bytes"))
    assert dockside.dock(dockside.file("a.mp4", b"footage"))[0].outcome == "receipt-invalid"


def test_a_receipt_of_another_upload_of_the_same_bytes(dockside: Dockside) -> None:
    dockside.always("/receipt", receipt_of(dockside, b"footage"))
    assert dockside.dock(dockside.file("a.mp4", b"footage"))[0].outcome == "receipt-invalid"


def test_another_stations_receipt(dockside: Dockside) -> None:
    fields = json.loads(dockside.credentials.read_text())
    dockside.credentials.write_text(json.dumps(fields | {"station": "t" * 26}))
    assert dockside.dock(dockside.file("a.mp4", b"footage"))[0].outcome == "receipt-invalid"


def test_a_receipt_signed_by_a_key_that_is_not_trusted(dockside: Dockside) -> None:
    trust = type(TRUST)(receipt_keys=(SIGNER.verifier,), logs=TRUST.logs)
    with httpx2.Client(timeout=20) as client:
        dock = dockside.connect(client)
        dock._trust = trust
        assert dock.dock(dockside.file("a.mp4", b"footage")).outcome == "receipt-invalid"


@pytest.mark.parametrize("position", [100, 500, 1500])
def test_a_flipped_byte(dockside: Dockside, position: int) -> None:
    path = dockside.file("a.mp4", b"footage")
    [outcome] = dockside.dock(path)
    assert outcome.receipt is not None
    lie = bytearray(outcome.receipt.read_bytes())
    outcome.receipt.unlink()
    lie[position] ^= 1
    dockside.always("/receipt", bytes(lie))
    assert dockside.dock(path)[0].outcome == "receipt-invalid"


@pytest.mark.parametrize(
    ("method", "lie", "outcome"),
    [
        ("POST", Response(status_code=201), "answer-invalid"),
        ("HEAD", Response(status_code=200), "answer-invalid"),
        ("HEAD", Response(status_code=200, headers={"Upload-Offset": "²"}), "answer-invalid"),
        ("PATCH", Response(status_code=204, headers={"Upload-Offset": "-7"}), "answer-invalid"),
        ("HEAD", Response(b"no gzip", headers={"Content-Encoding": "gzip"}), "answer-invalid"),
        ("GET", Response(b"no gzip", headers={"Content-Encoding": "gzip"}), "server-unreachable"),
    ],
)
def test_an_answer_that_is_none(dockside: Dockside, method: str, lie: Response, outcome: str) -> None:
    """Of a gateway that answers in the server's place, say: the file has no receipt, and the next one its turn."""
    path = dockside.file("a.mp4", b"footage")
    if method == "HEAD":
        refuse = Response(status_code=410)
        dockside.cuts.append(lambda request: refuse if request.method == "PATCH" else None)
        dockside.dock(path, seconds=0)
        dockside.cuts.clear()
    dockside.cuts.append(lambda request: lie if request.method == method else None)
    assert dockside.dock(path, seconds=0)[0].outcome == outcome
    dockside.cuts.clear()
    assert dockside.dock(path)[0].safe


# --- credentials, folders, waiting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "mode"),
    [("{}", 0o600), ("nothing", 0o600), ("[]", 0o600), ('{"station":1,"name":"a","token":"b"}', 0o600), (None, 0o644)],
)
def test_credentials_that_cannot_be_used(dockside: Dockside, content: str | None, mode: int) -> None:
    if content is not None:
        dockside.credentials.write_text(content)
    dockside.credentials.chmod(mode)
    with pytest.raises(Exception, match=r"dock\.json") as refused:
        Credentials.read(dockside.credentials)
    assert getattr(refused.value, "code", None) == "credentials-file-wrong"


def test_folders_are_walked_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b/2.mp4", "b/1.mp4", "a/3.mp4", ".hidden/4.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b" / "link").symlink_to(tmp_path / "a" / "3.mp4")
    (tmp_path / "c").symlink_to("/etc")
    found = [str(path.relative_to(tmp_path)) for path in files_below([tmp_path, tmp_path / "a" / "3.mp4"])]
    assert found == [".hidden/4.mp4", "a/3.mp4", "b/1.mp4", "b/2.mp4", "a/3.mp4"]


def test_a_folder_that_cannot_be_read_is_one_of_the_outcomes(
    dockside: Dockside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may take what lies in it for docked: it has no receipt."""
    good = dockside.file("a.mp4", b"footage")
    bad = dockside.file("bad/b.mp4", b"other").parent
    monkeypatch.setattr(os, "scandir", unreadable(bad))
    assert list(files_below([good.parent])) == [good, bad]
    assert dockside.dock(bad)[0].outcome == "file-unreadable"


def test_waits_grow_with_jitter_until_patience_ends() -> None:
    watch, waits = [0.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        watch[0] += seconds

    tries = Tries(Patience(100, sleep=sleep, monotonic=lambda: watch[0], jitter=lambda: 0.5))
    with pytest.raises(DockError) as gave_up:
        while True:
            tries.wait(Interrupted("server-unreachable", "no"))
    assert gave_up.value.code == "server-unreachable"
    assert waits[:7] == [0.5, 1, 2, 4, 8, 16, 30]
    tries.progressed()
    tries.wait(Interrupted("upload-busy", "no", wait=2))
    assert waits[-1] == 2


def test_a_station_brings_along_what_it_remembers_of_the_log(dockside: Dockside) -> None:
    """So a server that was set back learns it before it appends anything for us."""
    brought: list[str | None] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.path == "/files":
            brought.append(request.headers.get("tiezheng-checkpoint"))

    dockside.cuts.append(note)
    dockside.dock(dockside.file("a.mp4", b"one"))
    dockside.dock(dockside.file("b.mp4", b"two"))
    assert brought[0] is None
    remembered = base64.b64decode(brought[1] or "")
    assert open_checkpoint(remembered, [SIGNER.verifier], SIGNER.name).size


@pytest.mark.parametrize("known", [True, False])
def test_a_receipt_of_a_log_that_ended_counts_while_the_server_knows_the_upload(
    dockside: Dockside, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    path = dockside.file("a.mp4", b"footage")
    dockside.dock(path)
    monkeypatch.setattr(LogMemory, "ended", lambda *_: True)
    if not known:
        dockside.once("GET", 404, "upload-not-found", "/receipt")
    dockside.asked.clear()
    [again] = dockside.dock(path)
    assert again.safe
    assert [method for method, where in dockside.asked if where == "/files"] == ([] if known else ["POST"])
