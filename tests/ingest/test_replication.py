"""Copies in further vaults: made, noted, tried again; the spool lets go, and a receipt says so, only when they are."""

import os
from pathlib import Path

import pytest

from catalog.entry import SYSTEM
from catalog.tables import agencies
from ingest.replication import Replication
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultUnavailable
from integrity.receipt import Checked, Copy
from integrity.vault import VaultRef
from integrity.vault_check import Claimed
from integrity.vault_copy import copy
from integrity.vault_files import FileVault
from tests.ingest.works import Works


class Replica:
    """A second real vault, which can be away, or refuse some objects."""

    def __init__(self, works: Works, folder: Path) -> None:
        self.works, self.vault = works, FileVault(folder / "replica", "replica")
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.away = False
        self.refused: set[Digest] = set()
        self.replication = Replication(works.recordings, {"replica": self})

    def __call__(self, of: Claimed) -> tuple[str | None, Checked]:
        if self.away:
            raise VaultUnavailable("away")
        if of.digest in self.refused:
            raise VaultConflict("other bytes")
        ref = copy(self.works.vault, VaultRef(of.vault, of.digest, of.size, of.version), self.vault, self.scratch)
        return ref.version, self.vault.checked


@pytest.fixture
def replica(works: Works, tmp_path: Path) -> Replica:
    return Replica(works, tmp_path)


def holds(works: Works, replica: Replica) -> bool:
    """Whether the replica has what the first vault has, and the catalogue says so of each."""
    digests = set(works.vault.digests())
    noted = all(works.recordings.copies(digest) for digest in digests)
    return noted and digests == set(replica.vault.digests()) and not works.recordings.uncopied("replica")


def test_originals_and_manifests_are_copied_once(works: Works, replica: Replica) -> None:
    for body in (b"one", b"two", b"one"):
        works.intake.complete(works.send(body))
    assert works.recordings.uncopied_count("replica") == 4
    replica.replication.run("replica")
    assert holds(works, replica)
    (kept,) = works.recordings.copies(Digest.of(b"one"))
    assert (kept.vault, kept.size, kept.checked) == ("replica", 3, "readback")
    replica.replication.run("replica")
    assert works.recordings.uncopied_count("replica") == 0


def test_an_original_is_told_of_only_when_its_manifest_is_copied(works: Works, replica: Replica) -> None:
    works.intake.complete(works.send(b"one"))
    assert [one.subject for one in works.recordings.uncopied("replica")] == ["manifest", "original"]


def test_a_vault_that_is_away_is_tried_again(works: Works, replica: Replica) -> None:
    works.intake.complete(works.send(b"one"))
    replica.away = True
    with pytest.raises(VaultUnavailable):
        replica.replication.run("replica")
    assert works.recordings.copies(Digest.of(b"one")) == []
    replica.replication.wake(works.jobs)
    assert works.jobs.active("copy") == {"replica"}
    replica.away = False
    replica.replication.run("replica")
    assert holds(works, replica)
    works.jobs.woken.clear()
    replica.replication.wake(works.jobs)
    assert works.jobs.active("copy") == set(), "nothing is left to do"


def test_one_objects_trouble_holds_up_no_other(works: Works, replica: Replica) -> None:
    for body in (b"one", b"two"):
        works.intake.complete(works.send(body))
    replica.refused = {Digest.of(b"one")}
    replica.replication.run("replica")
    assert [one.digest for one in works.recordings.uncopied("replica")] == [Digest.of(b"one")]
    replica.refused = set()
    replica.replication.run("replica")
    assert holds(works, replica)


def test_a_copy_done_and_not_noted_is_noted_by_the_next_run(
    works: Works, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.intake.complete(works.send(b"one"))
    with monkeypatch.context() as patch:
        patch.setattr(works.recordings, "copied", lambda *_: (_ for _ in ()).throw(VaultError("killed here")))
        replica.replication.run("replica")
    assert list(replica.vault.digests()), "the copy is there"
    assert not works.recordings.copies(Digest.of(b"one")), "and nobody knows"
    replica.replication.run("replica")
    assert holds(works, replica)


def test_a_receipt_lists_the_copies_there_are_and_advises_by_them(works: Works, replica: Replica) -> None:
    assert works.database is not None
    with works.database.write() as connection:
        connection.execute(agencies.update().values(copies_wanted=2))
    upload = works.send(b"footage")
    works.intake.complete(upload)
    first = works.receipt(upload)
    assert (first.wipe, first.copies) == ("wait", (Copy("files", "readback"),))
    assert works.recordings.receipts_due() == []
    replica.replication.run("replica")
    assert works.recordings.receipts_due() == [upload]
    works.reconciler.look()
    second = works.receipt(upload)
    assert second.wipe == "allowed"
    assert second.copies == (Copy("files", "readback"), Copy("replica", "readback"))
    assert works.recordings.receipts_due() == []


def test_a_copy_made_for_another_agency_is_no_copy_of_ours(works: Works, replica: Replica) -> None:
    """A first receipt that tells of it, or a spool that lets go at once, would tell that others have the bytes."""
    assert works.database is not None
    other = works.agencies.add(SYSTEM, "other", "某县公安局").id
    theirs, _ = works.stations.enrol(SYSTEM, other, "dock 2")
    with works.database.write() as connection:
        connection.execute(agencies.update().values(copies_wanted=2))
    works.intake._held = lambda digest: not replica.replication.everywhere(digest)
    works.intake.complete(works.send(b"footage"))
    replica.replication.run("replica")
    works.finish()
    works.clock.advance(60)
    works.station = theirs
    upload, unlike = works.send(b"footage"), works.send(b"nobody has this")
    for one in (upload, unlike):
        works.intake.complete(one)
        receipt = works.receipt(one)
        assert (receipt.wipe, receipt.copies) == ("wait", (Copy("files", "readback"),))
        assert works.spool.folder(one).is_dir()
    assert works.recordings.receipts_due() == []
    works.clock.advance(60)
    replica.replication.run("replica")
    assert not works.recordings.uncopied_count("replica")
    works.finish()
    for one in (upload, unlike):
        assert works.receipt(one).copies == (Copy("files", "readback"), Copy("replica", "readback"))
        assert not works.spool.folder(one).exists()


def test_a_clock_that_went_back_makes_no_endless_run(works: Works, replica: Replica) -> None:
    works.intake.complete(works.send(b"one"))
    works.clock.advance(-60)
    replica.replication.run("replica")
    assert works.recordings.copies(Digest.of(b"one"))
    assert works.recordings.uncopied_count("replica") == 2
    works.clock.advance(120)
    replica.replication.run("replica")
    assert holds(works, replica)


def test_the_spool_keeps_what_is_not_copied_yet(works: Works, replica: Replica) -> None:
    works.intake._held = lambda digest: not replica.replication.everywhere(digest)
    body = os.urandom(1000)
    upload = works.send(body)
    works.intake.complete(upload)
    assert works.spool.folder(upload).is_dir()
    woken = len(works.jobs.woken)
    works.intake.complete(upload)
    assert len(works.jobs.woken) == woken, "what waits for its copy is not prepared again and again"
    replica.replication.run("replica")
    works.reconciler.look()
    works.finish()
    assert not works.spool.folder(upload).exists()
