"""What is under way: a fixed manifest with this digest, or one that cannot be read; and the intake's side of it."""

from pathlib import Path

import pytest

from ingest.errors import IntakePending
from ingest.underway import under_way
from integrity.digest import Digest
from integrity.seal_steps import MANIFEST
from tests.ingest.works import Works

BODY = b"footage"


def test_one_that_cannot_be_read_keeps_everything(tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / MANIFEST).write_bytes(b"x")
    assert under_way(tmp_path, Digest.of(BODY))


def test_the_intake_waits_while_the_same_bytes_are_going(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its manifest is fixed by then, so whoever removes them sees it; nothing is in the vault yet."""
    upload = works.send(BODY)
    spool = works.spool.folder(upload).parent
    assert not under_way(spool, Digest.of(BODY)), "received, and not begun"
    with monkeypatch.context() as patched, pytest.raises(IntakePending):
        patched.setattr(works.recordings, "going", lambda digest: True)
        works.intake.complete(upload)
    assert under_way(spool, Digest.of(BODY))
    assert not under_way(spool, Digest.of(b"other"))
    done = works.intake.complete(upload)
    assert done is not None and not done.repeated
    assert not under_way(spool, Digest.of(BODY)), "in the catalogue by now"
