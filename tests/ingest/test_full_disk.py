"""A disk that fills up at every write there is: refused with the reason, nothing half kept, and it goes on after."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.identity import UploadId
from ingest.errors import SpaceExhausted
from ingest.spool import SpoolFile
from integrity import durable
from integrity.digest import Digest
from tests.ingest.house import STATION, House

CONTENT = bytes(range(200))
WRITES = (
    (os, "pwrite"),
    (os, "fdatasync"),
    (os, "fsync"),
    (os, "link"),
    (os, "open"),
    (durable, "make_folder"),
)
"""Whatever can meet a full disk between an announcement and a settled file."""


@contextmanager
def filling(number: int) -> Iterator[list[str]]:
    """The n-th write meets a full disk, and so do all after it; yields the writes so far."""
    made: list[str] = []

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return original(*args, **options)
            made.append(name)
            if 0 < number <= len(made):
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(*args, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for module, name in WRITES:
            patch.setattr(module, name, counted(name, getattr(module, name)))
        yield made


def send(house: House) -> UploadId:
    upload = house.create(len(CONTENT), sha256=Digest.of(CONTENT).hex)
    house.send(upload, 0, CONTENT[:120])
    house.send(upload, 120, CONTENT[120:])
    return upload


def go_on(house: House) -> None:
    """What a station does when there is room again: announce anew, or ask how far it is and send the rest."""
    uploads = list(house.spool.uploads()) or [house.create(len(CONTENT), sha256=Digest.of(CONTENT).hex)]
    for upload in uploads:
        house.uploads.conclude(upload)
        offset = house.offset(upload)
        assert house.content(upload)[:offset] == CONTENT[:offset], "no offset beyond its bytes"
        if offset < len(CONTENT):
            house.send(upload, offset, CONTENT[offset:])
        whole = house.spool.whole(upload)
        assert whole is not None
        assert (whole.digest, whole.size) == (Digest.of(CONTENT), len(CONTENT))
        assert house.content(upload) == CONTENT


@pytest.mark.parametrize("restart", [False, True])
def test_each_write_of_an_upload_meets_a_full_disk(tmp_path: Path, restart: bool) -> None:
    undisturbed = House(tmp_path / "undisturbed")
    with filling(0) as made:
        send(undisturbed)
    assert {"pwrite", "fdatasync", "fsync", "link", "open"} <= set(made)
    for number in range(1, len(made) + 1):
        house = House(tmp_path / str(number))
        with filling(number), pytest.raises(SpaceExhausted):
            send(house)
        if restart:
            house.restart()
        go_on(house)


def test_the_reason_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    upload = house.create(10)
    with filling(1), pytest.raises(SpaceExhausted):
        house.send(upload, 0, b"abc")
    assert house.offset(upload) == 0


def test_a_full_disk_while_an_upload_is_made_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    with filling(0) as made:
        upload = house.create(10)
    house.spool.remove(upload)
    for number in range(1, len(made) + 1):
        with filling(number), pytest.raises(SpaceExhausted):
            house.create(10)
        assert list(house.spool.uploads()) == []
    house.spool.sweep()
    assert list(house.spool.root.iterdir()) == []


def test_what_is_promised_to_one_is_not_given_to_another(tmp_path: Path) -> None:
    house = House(tmp_path)
    free = 10_000

    house.uploads.limits = type(house.uploads.limits)(free, house.uploads.limits.expires_after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.spool.shutil.disk_usage", lambda _path: SimpleNamespace(free=free))
        first, second = house.create(6000), house.create(5000)
        writing = house.uploads.begin(STATION, first, 0, 6000, None)
        with pytest.raises(SpaceExhausted):
            house.uploads.begin(STATION, second, 0, 5000, None)
        with pytest.raises(SpaceExhausted):
            house.create(4001)
        house.create(4000)
        writing.take(bytes(3000))
        free -= 3000
        house.uploads.begin(STATION, second, 0, 4000, None).interrupt()
        writing.interrupt()
        house.uploads.begin(STATION, second, 0, 5000, None).interrupt()


def test_a_promise_ends_with_its_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    upload = house.create(10)
    reception = house.uploads.begin(STATION, upload, 0, 10, None)
    reception.interrupt()
    house.spool.require_space(1)
    assert not house.spool._open
    with house.spool.open(upload) as file:
        assert isinstance(file, SpoolFile)
        assert not file.closed
    assert file.closed
