"""What a demonstration shows, chapter by chapter: each a claim that is tried, and what was seen.

The tries that must fail are claims too. Nothing here is taken from our own word where somebody else's tool can say it:
`openssl` judges the tokens.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from player.language import gettext as _
from scripts.demo_house import DemoFailed, DemoHouse, Ran, Visitor, run

PREPARE_SECONDS = 3600
BUNDLE_SECONDS = 600
ROLES = ("officer", "supervisor", "approver", "reviewer")


@dataclass(frozen=True, slots=True)
class Check:
    """One claim, whether it held, and what was seen."""

    claim: str
    held: bool
    seen: str


@dataclass(slots=True)
class Story:
    """The demonstration's state between chapters."""

    house: DemoHouse
    folder: Path
    files: list[Path]
    once: str
    tell: Callable[[Check], None]
    checks: list[Check] = field(default_factory=list)
    people: dict[str, Visitor] = field(default_factory=dict)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    case: str = ""
    shown: str = ""
    bundle: Path = Path()

    def chapters(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Titles and what is done, in order."""
        yield _("People and a docking station"), self._people
        yield _("Docking"), self._dock
        yield _("A case with its text record"), self._case
        yield _("Preparing for playback"), self._prepare
        yield _("A proof anyone can check"), self._prove
        yield _("Nothing is deleted"), self._delete
        yield _("Nobody watches in secret"), self._watch
        yield _("Nothing leaves unapproved"), self._export
        yield _("The whole house against itself"), self._audit

    def check(self, claim: str, held: bool, seen: object = "") -> None:
        """Note a claim and show it at once."""
        self.checks.append(Check(claim, held, str(seen).strip()))
        self.tell(self.checks[-1])

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The closing table: one row for each recording."""
        for recording in self.recordings:
            detail = self.details[recording["id"]]
            original = detail["originals"][0]
            stamped = all(token["gen_time"] for token in detail["tokens"])
            token = _("stamped (not qualified)") if stamped else _("pending")
            playable = recording["medium"] if recording["state"] == "ready" else recording["reason"]
            sealed = original["sealed_at"][:19]
            yield (
                recording["name"],
                original["sha256"][:16] + "…",
                sealed,
                token,
                str(original["leaf_index"]),
                playable,
            )

    # --- chapters -----------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        admin = self.people["administrator"] = Visitor(self.house.url).sign_in("admin", self.once)
        agency = admin.must("GET", "/agencies")[0]["id"]
        for role in ROLES:
            new = {"login": role, "name": role, "agency": agency, "roles": [role]}
            secret = admin.must("POST", "/people", new)["secret"]
            self.people[role] = Visitor(self.house.url).sign_in(role, secret)
        self.check(_("everybody chose a password; no account has a default one"), len(self.people) == 5)
        out = self.folder / "station.json"
        made = self.house.run("admin", "enrol-station", "--data", self.house.data, "--name", "采集站1", "--out", out)
        self.check(_("a docking station is enrolled"), made.status == 0, made.errors)

    def _dock(self) -> None:
        sent = self.house.run(
            "dock", "--server", self.house.url, "--credentials", self.folder / "station.json", "--device", "BWC-0171",
            "--json", *self.files,
        )  # fmt: skip
        lines = [json.loads(line) for line in sent.output.splitlines()]
        same = [line for line in lines if line["sha256"] == _sha256(Path(line["file"]))]
        self.check(
            _("every file has a verified receipt over its own SHA-256"),
            sent.status == 0 and len(same) == len(self.files),
            f"{len(same)}/{len(self.files)} {sent.errors[-300:]}",
        )
        listed: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            query = {"limit": 200} | ({"after": after} if after else {})
            page = self.people["officer"].must("GET", "/recordings", params=query)
            listed += page["items"]
            after = page["next"]
        self.recordings = sorted(listed, key=lambda row: row["name"])

    def _case(self) -> None:
        officer = self.people["officer"]
        self.case = officer.must("POST", "/cases", {"number": "沪城管罚〔2026〕第0001号", "title": "占道经营案"})["id"]
        officer.must("POST", f"/cases/{self.case}/subjects", {"name": "张某", "kind": "person"})
        record = "现场检查笔录\n\n2026年11月2日09时30分，执法人员出示证件，告知来意，全程录音录像。\n".encode()
        facts = {"title": "现场检查笔录", "kind": "record", "stage": "investigation", "name": "现场检查笔录.txt"}
        filed = officer.file(self.case, facts, record, "text/plain; charset=utf-8")
        self.check(_("a document is filed and sealed like footage"), bool(filed["id"]), filed["original"])
        ids = [recording["id"] for recording in self.recordings]
        for start in range(0, len(ids), 100):
            links = {"recordings": ids[start : start + 100], "stage": "investigation"}
            officer.must("POST", f"/cases/{self.case}/links", links)
        linked = officer.must("GET", f"/cases/{self.case}/recordings")
        self.check(_("the recordings are linked to the case"), len(linked) == len(ids), len(linked))

    def _prepare(self) -> None:
        officer, deadline = self.people["officer"], time.monotonic() + PREPARE_SECONDS
        while True:
            found = officer.must("GET", f"/cases/{self.case}/recordings")
            now = {each["recording"]["id"]: each["recording"] for each in found}
            if all(row["state"] in ("ready", "unplayable") for row in now.values()):
                break
            if time.monotonic() > deadline:
                raise DemoFailed(_("preparing takes too long"))
            time.sleep(1)
        self.recordings = [now[recording["id"]] for recording in self.recordings]
        self.details = {one: officer.must("GET", f"/recordings/{one}") for one in now}
        ready = [row for row in self.recordings if row["state"] == "ready"]
        explained = all(row["state"] == "ready" or row["reason"] for row in self.recordings)
        counts = f"{len(ready)} + {len(self.recordings) - len(ready)}"
        self.check(_("each recording is playable or says why not"), explained and bool(ready), counts)
        moving = [row for row in ready if row["medium"] == "video"] or ready
        self.shown = min(moving, key=lambda row: row["duration_ms"] or 0)["id"]

    def _prove(self) -> None:
        file, seal = self._file_of(self.shown), self.folder / "seal"
        digest, trust = _sha256(file), self.folder / "trust.json"
        self.house.run("admin", "seal", digest, "--data", self.house.data, "--out", seal)
        for data, token in ((file, "original.tsr"), (seal / "manifest.json", "manifest.tsr")):
            ran = _openssl(data, seal / token, seal / "authorities")
            self.check(_("stock openssl accepts {token}").format(token=token), ran.status == 0, ran.output)
        ran = self.house.run("verify", file, "--seal", seal, "--trust", trust)
        self.check(_("tiezheng verify accepts the file with its seal"), ran.status == 0, _last(ran))
        alone = self.house.run("verify", file, "--seal", seal)
        self.check(_("without outside trust it says so, exit 3"), alone.status == 3, f"exit {alone.status}")
        copy = self.folder / f"flipped{file.suffix}"
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        copy.write_bytes(content)
        ran = self.house.run("verify", copy, "--seal", seal, "--trust", trust)
        self.check(_("one flipped bit of a copy is caught"), ran.status == 1, f"exit {ran.status}")
        ran = _openssl(copy, seal / "original.tsr", seal / "authorities")
        self.check(_("stock openssl refuses that copy too"), ran.status != 0, "Verification: FAILED")

    def _delete(self) -> None:
        digest = self.details[self.shown]["originals"][0]["sha256"]
        station = json.loads((self.folder / "station.json").read_text())
        upload = self._upload_of(digest)
        status = _delete_by_tus(self.house.url, upload, station["token"])
        self.check(_("by tus: refused"), status == 403, status)
        answer = self.people["administrator"].ask("DELETE", f"/recordings/{self.shown}")
        self.check(_("by the API, as administrator: refused"), answer.status in (403, 404), answer.code)
        answer = self.people["officer"].ask("DELETE", f"/recordings/{self.shown}")
        self.check(_("by the API, as officer: refused"), answer.status == 403, answer.code)
        ran = self.house.run("admin", "dispose", digest, "--data", self.house.data)
        self.check(_("by the command line: refused"), ran.status != 0, ran.errors)
        self._remove_by_rm(self.house.data / "vault" / digest[:2] / digest[2:4] / digest, digest)

    def _remove_by_rm(self, path: Path, digest: str) -> None:
        """The service's own user on the file system: stopped by the kernel, or found by the audit."""
        kept = self.folder / "kept"
        shutil.copyfile(path, kept)
        ran = run(["rm", "-f", str(path)])
        if path.exists():
            claim = _("by rm, as the service's user: refused by the kernel (immutable)")
            self.check(claim, ran.status != 0 and _sha256(path).startswith(digest), ran.errors)
            return
        audit = self.house.run("audit", "--data", self.house.data, "--json")
        named = [each for each in json.loads(audit.output)["findings"] if digest in each["subject"] + each["detail"]]
        claim = _("by rm, as the service's user: done, and named by tiezheng audit (tamper-evident only)")
        self.check(claim, audit.status == 1 and bool(named), named[0]["code"] if named else audit.output[:200])
        shutil.copyfile(kept, path)
        path.chmod(0o444)

    def _watch(self) -> None:
        supervisor, stranger = self.people["supervisor"], Visitor(self.house.url)
        answer = supervisor.ask("POST", f"/recordings/{self.shown}/views", {"purpose": " "})
        self.check(_("without a purpose: refused"), answer.code == "purpose-missing", answer.code)
        answer = self.people["administrator"].ask("POST", f"/recordings/{self.shown}/views", {"purpose": "看看"})
        self.check(_("an administrator: refused"), answer.status in (403, 404), answer.code)
        answer = stranger.ask("POST", f"/recordings/{self.shown}/views", {"purpose": "看看"})
        self.check(_("a stranger: refused"), answer.status == 401, answer.code)
        view = supervisor.must("POST", f"/recordings/{self.shown}/views", {"purpose": "日常调阅监督"})
        names = [each["name"] for each in supervisor.must("GET", f"/views/{view['id']}/files")]
        name = next(each for each in ("media.mp4", "picture.jpg", "text.txt") if each in names)
        status, content = supervisor.bytes(f"/views/{view['id']}/{name}", {"Range": "bytes=0-65535"})
        self.check(_("for a stated purpose it plays"), status == 206 and bool(content), f"{len(content)} bytes")
        status, _content = self.people["officer"].bytes(f"/views/{view['id']}/{name}")
        self.check(_("another person's session: refused"), status in (403, 404), status)
        entries = self.people["reviewer"].must("GET", "/ledger", params={"subject": self.shown, "action": "view"})
        outcomes = sorted({entry["outcome"] for entry in entries["items"]})
        self.check(
            _("the ledger tells of the view and of each refusal"), outcomes == ["permitted", "refused"], outcomes
        )

    def _export(self) -> None:
        officer = self.people["officer"]
        status, _content = officer.bytes(f"/grants/{'0' * 26}/bundle.zip")
        self.check(_("without an approval: refused"), status == 403, status)
        wanted = {
            "recordings": [self.shown], "action": "release", "recipient": "某某区人民法院", "recipient_kind": "court",
            "legal_basis": "行政诉讼法第三十四条", "purpose": "应诉举证",
        }  # fmt: skip
        request = officer.must("POST", f"/cases/{self.case}/requests", wanted)["id"]
        decision = {"decision": "approved", "reason": "同意对外提供"}
        answer = officer.ask("POST", f"/requests/{request}/decision", decision)
        self.check(_("approved by the requester: refused"), answer.status == 403, answer.code)
        grant = self.people["approver"].must("POST", f"/requests/{request}/decision", decision)["grant"]
        self._wait_for_bundle(grant)
        status, _content = self.people["supervisor"].bytes(f"/grants/{grant}/bundle.zip")
        self.check(_("fetched by another person: refused"), status == 403, status)
        self.bundle = self.folder / "bundle.zip"
        status = officer.download(f"/grants/{grant}/bundle.zip", self.bundle)
        self.check(
            _("approved by another person: released to the requester"), status == 200, self.bundle.stat().st_size
        )
        status, _content = officer.bytes(f"/grants/{grant}/bundle.zip")
        self.check(_("a second time: refused"), status == 403, status)
        ran = self.house.run("verify", self.bundle, "--trust", self.folder / "trust.json")
        self.check(_("tiezheng verify accepts the bundle"), ran.status == 0, _last(ran))

    def _wait_for_bundle(self, grant: str) -> None:
        deadline = time.monotonic() + BUNDLE_SECONDS
        while (facts := self.people["officer"].must("GET", f"/grants/{grant}"))["state"] != "ready":
            if facts["state"] == "failed" or time.monotonic() > deadline:
                raise DemoFailed(_("the bundle was not made: {reason}").format(reason=facts["reason"]))
            time.sleep(0.5)

    def _audit(self) -> None:
        receipts = self.folder / "receipts"
        ran = self.house.run("audit", "--data", self.house.data, "--against", receipts, "--json")
        found = json.loads(ran.output)["findings"] if ran.output else ran.errors
        self.check(_("tiezheng audit finds nothing, against the station's own receipts"), ran.status == 0, found or "")

    # --- small things -------------------------------------------------------------------------------------------------

    def _file_of(self, recording: str) -> Path:
        wanted = self.details[recording]["originals"][0]["sha256"]
        return next(path for path in self.files if _sha256(path) == wanted)

    def _upload_of(self, digest: str) -> str:
        for path in sorted((self.folder / "receipts").rglob("*.json")):
            said = json.loads(path.read_bytes()).get("receipt", {})
            if said.get("sha256") == digest:
                return str(said["upload"])
        raise DemoFailed(_("there is no receipt for {digest}").format(digest=digest))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _openssl(data: Path, token: Path, authorities: Path) -> Ran:
    root = next(authorities.glob("*.pem"))
    return run(["openssl", "ts", "-verify", "-data", str(data), "-in", str(token), "-CAfile", str(root)])


def _delete_by_tus(url: str, upload: str, token: str) -> int:
    import httpx2

    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    return httpx2.delete(f"{url}/files/{upload}", headers=headers, trust_env=False).status_code


def _last(ran: Ran) -> str:
    return next((line for line in ran.output.splitlines() if line.startswith("VERIFIED")), ran.output[-200:])
