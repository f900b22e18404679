"""The gate: nothing is opened before it is on record, and nothing without a right, a purpose and a view."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog.entry import SYSTEM
from catalog.errors import (
    InvalidInput,
    LedgerUnavailable,
    NotFound,
    NotPermitted,
    NotReady,
    PurposeMissing,
    ViewEnded,
)
from catalog.gate import OpenFile
from catalog.identity import RecordingId, ViewId
from catalog.permissions import Role
from catalog.tables import ledger_leaves, renditions, views
from integrity.commitment import commit
from integrity.manifest import Manifest
from integrity.opened import as_file
from integrity.verify import verify_file
from tests.catalog.proven import FILES, Proven
from tests.fakes.immutable import clear_immutable

VIEWERS = (Role.OFFICER, Role.SUPERVISOR, Role.REVIEWER)


def content(file: OpenFile) -> bytes:
    with as_file(file.source) as opened:
        found = opened.read()
    assert len(found) == file.size
    return found


def rows(house: Proven) -> int:
    with house.database.read() as connection:
        return len(connection.execute(select(views)).all())


class TestOpening:
    @pytest.mark.parametrize("role", VIEWERS)
    def test_a_view_is_on_record_under_a_durable_head(self, proven: Proven, role: Role) -> None:
        person, recording = proven.person("person", role), proven.footage()
        view = proven.gate.open_view(person, recording, " 案卷评查 ")
        (entry,) = proven.entries("view")
        assert (entry["outcome"], entry["purpose"]) == ("permitted", "案卷评查")
        assert entry["subject"] == {"kind": "recording", "id": recording}
        assert (entry["actor"]["id"], entry["agency"]) == (person.person_id, proven.agency.id)
        assert entry["details"] == {"view": view.id}
        with proven.database.read() as connection:
            leaf = connection.scalar(
                select(ledger_leaves.c.leaf_index).where(ledger_leaves.c.entry_id == view.entry_id)
            )
        assert leaf is not None
        assert leaf < proven.reader.head().size

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER])
    def test_others_are_refused_and_recorded(self, proven: Proven, role: Role) -> None:
        person, recording = proven.person("person", role), proven.footage()
        with pytest.raises(NotPermitted):
            proven.gate.open_view(person, recording, "好奇")
        (entry,) = proven.entries("view")
        assert (entry["outcome"], entry["purpose"], entry["details"]) == ("refused", "好奇", {"code": "not-permitted"})
        assert rows(proven) == 0

    @pytest.mark.parametrize("purpose", ["", "   ", "\n", "。。。", "-"])
    def test_no_purpose_no_view(self, proven: Proven, purpose: str) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        with pytest.raises(PurposeMissing):
            proven.gate.open_view(person, recording, purpose)
        (entry,) = proven.entries("view")
        assert (entry["outcome"], entry["details"]) == ("refused", {"code": "purpose-missing"})
        assert rows(proven) == 0

    def test_another_agency_is_told_nothing_and_recorded_with_the_owner(self, proven: Proven) -> None:
        other = proven.agencies.add(SYSTEM, "other", "外局")
        stranger, recording = proven.person("stranger", Role.OFFICER, agency=other.id), proven.footage()
        for missing in (recording, RecordingId("0" * 26), RecordingId("\x00\ud800" + "x" * 900)):
            with pytest.raises(NotFound) as refused:
                proven.gate.open_view(stranger, missing, "案卷评查\x00")
            assert str(refused.value) == "no such thing, or none that you may know of"
        entries = proven.entries("view", "refused")
        assert [entry["agency"] for entry in entries] == [proven.agency.id, other.id, other.id]
        assert len(entries[2]["subject"]["id"]) == 64

    def test_what_is_not_ready_is_not_shown(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage(ready=False)
        with pytest.raises(NotReady):
            proven.gate.open_view(person, recording, "案卷评查")
        assert not proven.entries("view")

    def test_what_somebody_waits_for_who_may_view_it_is_prepared_first(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage(ready=False)
        with pytest.raises(PurposeMissing):
            proven.gate.open_view(person, recording, "")
        with pytest.raises(NotPermitted):
            proven.gate.want(proven.person("approver", Role.APPROVER), recording)
        assert proven.wanted == []
        with pytest.raises(NotReady):
            proven.gate.open_view(person, recording, "案卷评查")
        proven.gate.want(person, recording)
        assert proven.wanted == [recording, recording]

    def test_a_purpose_is_text_of_some_length(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        for purpose in ("x" * 501, "a\x00b"):
            with pytest.raises(InvalidInput):
                proven.gate.open_view(person, recording, purpose)

    def test_without_the_log_nothing_is_permitted(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        proven.log.down = True
        with pytest.raises(LedgerUnavailable):
            proven.gate.open_view(person, recording, "案卷评查")
        with proven.database.read() as connection:
            (row,) = connection.execute(select(views)).all()
        with pytest.raises(ViewEnded):  # its entry may exist, and permits nothing without its leaf
            proven.gate.rendition(person, row.id, "media.mp4")
        proven.log.down = False
        assert proven.gate.open_view(person, recording, "案卷评查").recording_id == recording

    def test_a_one_time_password_opens_nothing(self, proven: Proven) -> None:
        _, once = proven.people.add(SYSTEM, "new", "New", proven.agency.id, [Role.OFFICER])
        newcomer, recording = proven.signin.sign_in("new", once).principal, proven.footage()
        with pytest.raises(NotPermitted):
            proven.gate.open_view(newcomer, recording, "案卷评查")


class TestInside:
    def test_every_file_of_the_viewing_copy_and_no_other(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        view = proven.gate.open_view(person, recording, "案卷评查")
        assert {file.name for file in proven.gate.view_files(person, view.id)} == set(FILES)
        for name, expected in FILES.items():
            file = proven.gate.rendition(person, view.id, name)
            assert content(file) == expected
        assert file.content_type == "image/jpeg"
        for name in ("text.txt", "../media.mp4", "media.mp4\x00", "", "."):
            with pytest.raises(NotFound):
                proven.gate.rendition(person, view.id, name)
        assert proven.gate.view(person, view.id) == view

    def test_a_view_belongs_to_one_session(self, proven: Proven) -> None:
        person, colleague = proven.person("person", Role.OFFICER), proven.person("colleague", Role.OFFICER)
        view = proven.gate.open_view(person, proven.footage(), "案卷评查")
        elsewhere = proven.signin.sign_in("person", "correct horse battery staple").principal
        for stranger in (colleague, elsewhere):
            for attempt in (proven.gate.view, proven.gate.view_files, proven.gate.document):
                with pytest.raises(ViewEnded):
                    attempt(stranger, view.id)
            with pytest.raises(ViewEnded):
                proven.gate.rendition(stranger, view.id, "poster.jpg")
        assert len(proven.entries("view", "refused")) == 8
        with pytest.raises(ViewEnded):
            proven.gate.view(person, ViewId("0" * 26))

    def test_a_view_ends(self, proven: Proven) -> None:
        person = proven.person("person", Role.OFFICER)
        view = proven.gate.open_view(person, proven.footage(), "案卷评查")
        proven.clock.advance(timedelta(hours=4).total_seconds() - 1)
        proven.gate.rendition(person, view.id, "poster.jpg").source.close()
        proven.clock.advance(1)
        with pytest.raises(ViewEnded):
            proven.gate.rendition(person, view.id, "poster.jpg")

    def test_never_later_than_its_session(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        proven.clock.advance(timedelta(hours=9).total_seconds())
        assert proven.gate.open_view(person, recording, "案卷评查").expires_at == person.expires_at

    def test_a_role_taken_back_closes_the_picture(self, proven: Proven) -> None:
        person, admin = proven.person("person", Role.OFFICER), proven.person("admin", Role.ADMINISTRATOR)
        view = proven.gate.open_view(person, proven.footage(), "案卷评查")
        (held,) = [each.roles for each in proven.people.list(admin) if each.login == "person"]
        proven.people.end_role(admin, held[0].id)
        with pytest.raises(NotPermitted):
            proven.gate.rendition(proven.again(person), view.id, "poster.jpg")

    def test_a_copy_of_another_length_is_not_shown(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        view = proven.gate.open_view(person, recording, "案卷评查")
        [place] = (proven.folder / "renditions" / recording).glob("r1-*/media.mp4")
        place.chmod(0o600)
        place.write_bytes(b"longer than what was recorded")
        with pytest.raises(NotReady):
            proven.gate.rendition(person, view.id, "media.mp4")

    def test_a_file_without_a_row_is_not_shown(self, proven: Proven) -> None:
        person, recording = proven.person("person", Role.OFFICER), proven.footage()
        view = proven.gate.open_view(person, recording, "案卷评查")
        with proven.database.write() as connection:
            connection.execute(renditions.delete().where(renditions.c.name == "poster.jpg"))
        with pytest.raises(NotFound):
            proven.gate.rendition(person, view.id, "poster.jpg")


class TestDocuments:
    def test_a_document_is_viewed_by_the_same_rule(self, proven: Proven) -> None:
        person = proven.person("person", Role.OFFICER)
        document = proven.filed(proven.cases.open(person, "1", "一"), person, b"%PDF record")
        with pytest.raises(PurposeMissing):
            proven.gate.open_document_view(person, document, "")
        view = proven.gate.open_document_view(person, document, "核对笔录")
        file = proven.gate.document(person, view.id)
        assert (content(file), file.content_type) == (b"%PDF record", "application/pdf")
        assert [entry["outcome"] for entry in proven.entries("view")] == ["refused", "permitted"]
        assert proven.entries("view")[1]["subject"] == {"kind": "document", "id": document}

    def test_one_kind_of_view_does_not_open_the_other(self, proven: Proven) -> None:
        person = proven.person("person", Role.OFFICER)
        document = proven.filed(proven.cases.open(person, "1", "一"), person)
        of_document = proven.gate.open_document_view(person, document, "核对笔录")
        of_recording = proven.gate.open_view(person, proven.footage(), "核对录像")
        with pytest.raises(NotFound):
            proven.gate.rendition(person, of_document.id, "media.mp4")
        with pytest.raises(NotFound):
            proven.gate.document(person, of_recording.id)
        assert proven.gate.view_files(person, of_document.id) == []

    def test_administrators_read_no_documents(self, proven: Proven) -> None:
        officer, admin = proven.person("officer", Role.OFFICER), proven.person("admin", Role.ADMINISTRATOR)
        document = proven.filed(proven.cases.open(officer, "1", "一"), officer)
        with pytest.raises(NotPermitted):
            proven.gate.open_document_view(admin, document, "好奇")


class TestSeals:
    def test_a_seal_verifies_offline_and_with_openssl(self, proven: Proven, tmp_path: Path) -> None:
        reviewer = proven.person("reviewer", Role.REVIEWER)
        files = proven.gate.seal_files(reviewer, proven.footage(b"evidence"))
        for name, body in files.items():
            (tmp_path / "seal" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "seal" / name).write_bytes(body)
        (tmp_path / "video.mp4").write_bytes(b"evidence")
        verdict = verify_file(tmp_path / "video.mp4", tmp_path / "seal", proven.trust, clock=proven.clock)
        assert verdict.findings == ()
        (tmp_path / "video.mp4").write_bytes(b"evidencf")
        assert not verify_file(tmp_path / "video.mp4", tmp_path / "seal", proven.trust, clock=proven.clock).ok
        (tmp_path / "video.mp4").write_bytes(b"evidence")
        at = str(int(proven.clock.now().timestamp()))
        said = subprocess.run(
            ["openssl", "ts", "-verify", "-data", tmp_path / "video.mp4", "-in", tmp_path / "seal/original.tsr",
             "-CAfile", tmp_path / "seal/authorities/embedded.pem", "-attime", at],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Verification: OK" in said.stdout + said.stderr
        (entry,) = proven.entries("download-seal")
        assert entry["outcome"] == "permitted"

    def test_the_leaf_is_the_manifests(self, proven: Proven) -> None:
        reviewer = proven.person("reviewer", Role.REVIEWER)
        manifest = proven.gate.seal_files(reviewer, proven.footage())["manifest.json"]
        salt = Manifest.parse(manifest).salt
        kept = list(proven.reader.entries(0, proven.reader.head().size))
        assert kept.count(commit(salt, manifest)) == 1

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR])
    def test_only_who_checks_downloads_seals(self, proven: Proven, role: Role) -> None:
        person, recording = proven.person("person", role), proven.footage()
        with pytest.raises(NotPermitted):
            proven.gate.seal_files(person, recording)
        assert proven.entries("download-seal", "refused")

    def test_parts_that_are_not_there(self, proven: Proven) -> None:
        reviewer, recording = proven.person("reviewer", Role.REVIEWER), proven.footage()
        for position in (1, -1):
            with pytest.raises(NotFound):
                proven.gate.seal_files(reviewer, recording, position)

    def test_a_documents_seal(self, proven: Proven) -> None:
        officer, reviewer = proven.person("officer", Role.OFFICER), proven.person("reviewer", Role.REVIEWER)
        document = proven.filed(proven.cases.open(officer, "1", "一"), officer)
        assert set(proven.gate.document_seal_files(reviewer, document)) == {
            "manifest.json", "original.tsr", "manifest.tsr", "tlog-proof", "checkpoint", "authorities/embedded.pem",
        }  # fmt: skip
        with pytest.raises(NotPermitted):
            proven.gate.document_seal_files(officer, document)

    def test_bytes_that_are_gone_are_no_view(self, proven: Proven) -> None:
        from integrity.errors import VaultMissing

        person = proven.person("person", Role.OFFICER)
        document = proven.filed(proven.cases.open(person, "1", "一"), person)
        view = proven.gate.open_document_view(person, document, "核对笔录")
        clear_immutable(proven.folder)
        for path in (proven.folder / "vault").rglob("*"):
            if path.is_file():
                path.unlink()
        with pytest.raises(VaultMissing):
            proven.gate.document(person, view.id)
