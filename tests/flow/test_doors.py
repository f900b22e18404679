"""Every door to footage, tried by everybody over HTTP against the real service: who gets in, and what the ledger says.

A byte of footage without an entry, or a copy without an approval, would be our worst bug after a lost recording.
"""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrity.digest import Digest
from scripts.clips import make_clips
from scripts.dock_state import Credentials
from tests.fakes.immutable import clear_immutable
from tests.flow.people import Person, everybody
from tests.servers.service import Service, running, tiezheng

pytestmark = pytest.mark.xdist_group("doors")
RECORDING, OTHER = "送达过程（手机）.mov", "抵达现场照片.jpg"
SECONDS = 180
PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class House:
    """A service with people, a case, a document of it and two recordings in it."""

    service: Service
    people: dict[str, Person]
    case: str
    recordings: dict[str, str]
    document: str

    def entries(self, **columns: str) -> list[dict[str, Any]]:
        """Ledger bodies, oldest first, read beside the service."""
        wanted = " AND ".join(f"{name} = :{name}" for name in columns) or "1"
        with sqlite3.connect(f"file:{self.service.data / 'catalog.sqlite3'}?mode=ro", uri=True) as connection:
            rows = connection.execute(f"SELECT body FROM ledger WHERE {wanted} ORDER BY id", columns)  # noqa: S608 - names are the test's own
            return [json.loads(row[0]) for row in rows]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("doors")
    clips = [clip for clip in make_clips(folder / "clips") if clip.name in (RECORDING, OTHER)]
    try:
        with running(folder / "data") as service:
            people = everybody(service)
            station = folder / "station.json"
            made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站", "--out", station)
            sent = tiezheng("dock", "--server", service.url, "--credentials", station, "--json", *clips)
            assert (made.returncode, sent.returncode) == (0, 0), made.stderr + sent.stderr
            listed = people["officer"].must("GET", "/recordings")["items"]
            recordings = {each["name"]: each["id"] for each in listed}
            case = people["officer"].must("POST", "/cases", {"number": "第1号", "title": "占道经营案"})["id"]
            linked = {"recordings": [recordings[RECORDING]], "stage": "service"}
            people["officer"].must("POST", f"/cases/{case}/links", linked)
            _wait(people["officer"], recordings.values())
            filing = {"title": "询问笔录", "kind": "record", "stage": "service", "name": "笔录.txt"}
            headers = {"content-type": "text/plain", "X-CSRF-Token": people["officer"].csrf}
            address = f"/api/v1/cases/{case}/documents"
            filed = people["officer"].send("POST", address, params=filing, content=b"record", headers=headers)
            yield House(service, people, case, recordings, filed.json()["id"])
    finally:
        clear_immutable(folder)


def _wait(person: Person, recordings: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while {person.must("GET", f"/recordings/{one}")["recording"]["state"] for one in recordings} != {"ready"}:
        assert time.monotonic() < deadline
        time.sleep(0.3)


def _view(person: Person, recording: str, purpose: str = "日常调阅监督") -> str:
    return str(person.must("POST", f"/recordings/{recording}/views", {"purpose": purpose})["id"])


def test_the_station_changed_the_token_that_was_carried_to_it(house: House) -> None:
    [entry] = house.entries(action="station-token")
    known = Credentials.read(house.service.data.with_name("station.json"))
    assert entry["actor"]["id"] == known.station
    assert known.since is not None and known.former is None
    said = httpx2.get(f"{house.service.url}/stations/self", headers={"Authorization": f"Bearer {known.token}"})
    assert (said.status_code, said.json()["name"]) == (200, "采集站")


@pytest.mark.parametrize("role", ["officer", "supervisor", "reviewer"])
def test_a_view_is_on_record_under_a_leaf_before_the_first_byte(house: House, role: str) -> None:
    recording, person = house.recordings[RECORDING], house.people[role]
    before = house.entries(action="view", subject_id=recording, outcome="permitted")
    view = _view(person, recording, f"核对{role}")
    after = house.entries(action="view", subject_id=recording, outcome="permitted")
    assert len(after) == len(before) + 1
    assert (after[-1]["purpose"], after[-1]["details"]["view"]) == (f"核对{role}", view)
    with sqlite3.connect(house.service.data / "catalog.sqlite3") as connection:
        query = "SELECT count(*) FROM ledger_leaves l JOIN views v ON v.entry_id = l.entry_id WHERE v.id = ?"
        assert connection.execute(query, (view,)).fetchone() == (1,)
    assert person.get(f"/views/{view}/media.mp4", Range="bytes=0-1023").status_code == 206


@pytest.mark.parametrize("role", ["administrator", "approver"])
def test_a_role_without_viewing_is_refused_and_recorded(house: House, role: str) -> None:
    recording = house.recordings[RECORDING]
    before = len(house.entries(action="view", outcome="refused"))
    answer = house.people[role].ask("POST", f"/recordings/{recording}/views", {"purpose": "想看"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-permitted")
    assert len(house.entries(action="view", outcome="refused")) == before + 1


@pytest.mark.parametrize("purpose", ["", "   ", "……"])
def test_no_purpose_no_view_and_recorded(house: House, purpose: str) -> None:
    before = len(house.entries(action="view", outcome="refused"))
    answer = house.people["supervisor"].ask(
        "POST", f"/recordings/{house.recordings[RECORDING]}/views", {"purpose": purpose}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "purpose-missing")
    assert len(house.entries(action="view", outcome="refused")) == before + 1


def test_another_session_gets_nothing_of_a_view(house: House) -> None:
    view = _view(house.people["supervisor"], house.recordings[RECORDING])
    names = ("index.m3u8", "media.mp4", "poster.jpg", "sprite.jpg", "thumbs.vtt")
    again = Person(house.service.url).again("supervisor")
    for other in (house.people["officer"], again, Person(house.service.url)):
        for name in names:
            answer = other.get(f"/views/{view}/{name}")
            assert answer.status_code in (401, 403), (name, answer.status_code)
            assert "code" in answer.json()


def test_a_view_shows_its_own_recording_only(house: House) -> None:
    view = _view(house.people["supervisor"], house.recordings[RECORDING])
    for name in ("picture.jpg", "..%2F..%2Fvault", "%2e%2e/catalog.sqlite3", "data", "manifest.json"):
        assert house.people["supervisor"].get(f"/views/{view}/{name}").status_code == 404, name


@pytest.mark.parametrize(
    "path",
    ["/api/v1/cases", "/api/v1/ledger", "/api/v1/status", "/files/0", "/recordings/x/seal.zip", "/views/x/media.mp4",
     "/grants/x/bundle.zip"],
)  # fmt: skip
def test_without_a_session_it_is_401_whatever_was_sent(house: House, path: str) -> None:
    for method in ("GET", "POST"):
        json_type = {"Content-Type": "application/json"}
        with httpx2.Client(base_url=house.service.url, headers=json_type, trust_env=False) as client:
            status = client.request(method, path, content=b"{broken").status_code
        assert status == 401 or (method, status) == ("POST", 405), (path, method)


def test_strangers_are_counted_in_the_ledger(house: House) -> None:
    assert Person(house.service.url).ask("GET", "/cases").status_code == 401
    deadline = time.monotonic() + SECONDS
    while not (found := house.entries(actor_kind="stranger")):
        assert time.monotonic() < deadline, "a minute's strangers are one entry"
        time.sleep(1)
    assert found[0]["outcome"] == "refused"


def _request(house: House) -> str:
    wanted = {
        "recordings": [house.recordings[RECORDING]], "action": "release", "recipient": "某某区人民法院",
        "recipient_kind": "court", "legal_basis": "行政诉讼法第三十四条", "purpose": "应诉举证",
        "documents": [house.document],
    }  # fmt: skip
    return str(house.people["officer"].must("POST", f"/cases/{house.case}/requests", wanted)["id"])


def _granted(house: House) -> str:
    decision = {"decision": "approved", "reason": "同意"}
    made = house.people["approver"].must("POST", f"/requests/{_request(house)}/decision", decision)
    deadline = time.monotonic() + SECONDS
    while (facts := house.people["officer"].must("GET", f"/grants/{made['grant']}"))["state"] != "ready":
        assert facts["state"] == "approved", facts
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return str(made["grant"])


def test_an_export_without_approval_is_refused_and_recorded(house: House) -> None:
    before = len(house.entries(action="release", outcome="refused"))
    for grant in ("0" * 26, _request(house)):
        answer = house.people["officer"].get(f"/grants/{grant}/bundle.zip")
        assert (answer.status_code, answer.json()["code"]) == (403, "export-not-approved")
    assert len(house.entries(action="release", outcome="refused")) == before + 2


def test_nobody_approves_their_own_request(house: House) -> None:
    admin, officer = house.people["administrator"], house.people["officer"]
    me = officer.must("GET", "/session")
    role = admin.must("POST", f"/people/{me['person_id']}/roles", {"agency": me["agency_id"], "role": "approver"})
    try:
        decision = {"decision": "approved", "reason": "同意"}
        answer = officer.ask("POST", f"/requests/{_request(house)}/decision", decision)
        assert (answer.status_code, answer.json()["code"]) == (403, "self-approval")
        assert house.entries(action="decide", outcome="refused")
    finally:
        admin.must("DELETE", f"/roles/{role['id']}")


def test_a_copy_leaves_once_whole_to_one_person_and_verifies(house: House, tmp_path: Path) -> None:
    grant, officer = _granted(house), house.people["officer"]
    address = f"/grants/{grant}/bundle.zip"
    for role in ("supervisor", "approver", "administrator"):
        assert house.people[role].get(address).status_code == 403, role
    first = officer.get(address, Range="bytes=0-99999")
    assert first.status_code == 206
    rest = officer.get(address, Range="bytes=100000-")
    assert rest.status_code == 206
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(first.content + rest.content)
    assert len(house.entries(action="release", outcome="permitted", subject_id=grant)) >= 1
    for _attempt in range(2):
        assert officer.get(address).status_code == 403
    trust, release = house.service.data / "trust.json", tmp_path / "release.json"
    release.write_bytes(officer.get(f"/grants/{grant}/release.json").content)
    verified = tiezheng("verify", bundle, "--trust", trust, "--release", release, "--json")
    assert (verified.returncode, json.loads(verified.stdout)["findings"]) == (0, [])
    _check_with_strangers_programs(bundle, tmp_path)
    folder = next(tmp_path.glob("tiezheng-*"))
    again = tiezheng("verify", folder, "--trust", trust, "--release", release, "--json")
    assert (again.returncode, json.loads(again.stdout)["findings"]) == (0, []), "a folder is as good as its zip"
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)
    assert tiezheng("verify", bundle, "--trust", trust).returncode == 1


def _check_with_strangers_programs(bundle: Path, place: Path) -> None:
    """Unpacked by somebody else's program, then bagit, sha256sum, openssl, and every command of VERIFY.txt in bash."""
    subprocess.run([sys.executable, "-m", "zipfile", "-e", bundle, place], check=True)
    folder = next(place.glob("tiezheng-*"))
    bagit = subprocess.run([PROGRAMS / "bagit.py", "--validate", folder], capture_output=True, text=True, check=False)
    assert bagit.returncode == 0, bagit.stderr
    assert {path.read_bytes() for path in folder.glob("data/documents/*")} == {b"record"}
    told = [
        subprocess.run(["bash", "-c", line.strip()], cwd=folder, capture_output=True, text=True, check=False).stdout
        for line in (folder / "VERIFY.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("    ")
    ]
    same, added, tags_added, sm3, _, stamps, whole, head, aged, revoked, roots, page, copies, _ = told
    assert sm3 == "", "this deployment did not ask for it"
    assert revoked == "", "and its own authority has no lists"
    assert copies == "", "and nobody asked for viewing copies"
    assert (same, added, tags_added) == ("OK\n", "OK\n", "OK\n")
    assert (stamps.count("Verification: OK"), aged.count("Verification: OK")) == (4, 2)
    assert "Verification: OK" in whole
    assert head in ("", "Using configuration from /usr/lib/ssl/openssl.cnf\n") or "Verification: OK" in head
    assert "Fingerprint=" in roots
    assert page.split()[0] == tiezheng("verify", "--print-page-digest").stdout.split()[0]


def test_deleting_is_refused_everywhere_and_recorded(house: House) -> None:
    recording = house.recordings[RECORDING]
    answer = house.people["officer"].ask("DELETE", f"/recordings/{recording}")
    assert (answer.status_code, answer.json()["code"]) == (403, "retention-holds")
    digest = house.people["officer"].must("GET", f"/recordings/{recording}")["originals"][0]["sha256"]
    assert tiezheng("admin", "dispose", digest, "--data", house.service.data).returncode == 1
    assert len(house.entries(action="dispose", outcome="refused")) >= 2


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(house: House) -> None:
    program = house.people["officer"].get("/no/such/place")
    assert (program.status_code, program.json()["code"]) == (404, "not-found")
    person = house.people["officer"].get("/no/such/place", Accept="text/html")
    assert person.status_code == 404
    assert person.headers["content-type"].startswith("text/html")


PUBLIC = (
    "/healthz", "/readyz", "/metrics", "/log/checkpoint", "/openapi.json", "/verify.html", "/verify.html.sha256",
)  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public_answers_and_tells_nothing_of_anybody(house: House, path: str) -> None:
    answer = Person(house.service.url).get(path)
    assert answer.status_code == 200
    for word in ("占道", "第1号", RECORDING, house.case, *house.recordings.values()):
        assert word not in answer.text


def test_the_page_that_verifies_is_to_be_had_before_any_bundle(house: House) -> None:
    page = Person(house.service.url).get("/verify.html")
    assert page.headers["content-disposition"] == 'attachment; filename="verify.html"', "it is opened from disk"
    published = Person(house.service.url).get("/verify.html.sha256").text
    assert published == f"{Digest.of(page.content)}  verify.html\n"
    assert tiezheng("verify", "--print-page-digest").stdout == published


def test_the_house_is_whole_afterwards(house: House) -> None:
    said = tiezheng("audit", "--data", house.service.data, "--json")
    assert (said.returncode, json.loads(said.stdout)["findings"]) == (0, [])
