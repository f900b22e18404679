"""Folders that are being verified: nothing outside is reached, nothing special opened, every odd name a finding."""

import os
import socket
from pathlib import Path

import pytest

from integrity import container
from integrity.container import Folder, Names, content_of, digest_of, printable, unsafe
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.finding import Finding


def codes(folder: Folder) -> list[tuple[str, str]]:
    return sorted((finding.code, finding.subject) for finding in folder.defects)


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "询问.mp4").write_bytes(b"video" * 50_000)
    (tmp_path / "empty").write_bytes(b"")
    folder = Folder(tmp_path)
    assert folder.sizes == {"data/询问.mp4": 250_000, "empty": 0}
    assert digest_of(folder, "data/询问.mp4") == Digest.of(b"video" * 50_000)
    assert digest_of(folder, "empty") == Digest.of(b"")
    assert content_of(folder, "empty", 0) == b""
    assert folder.defects == []
    folder.close()


def test_a_file_larger_than_it_may_be_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    folder = Folder(tmp_path)
    assert content_of(folder, "file", 5) == b"12345"
    with pytest.raises(InvalidBundle, match="larger than 4"):
        content_of(folder, "file", 4)
    (tmp_path / "file").unlink()
    with pytest.raises(InvalidBundle, match="larger than 4"):
        content_of(folder, "file", 4)  # not even opened
    (tmp_path / "file").write_bytes(b"12345")
    folder.sizes["file"] = 1
    with pytest.raises(InvalidBundle, match="larger than 4"):
        content_of(folder, "file", 4)


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    assert codes(Folder(tmp_path / "absent")) == [("file-unreadable", "")]


def test_a_file_that_grew_since_it_was_listed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    folder = Folder(tmp_path)
    (tmp_path / "file").write_bytes(b"123456")
    with pytest.raises(InvalidBundle, match="6 bytes where its entry says 5"):
        digest_of(folder, "file")


def test_links_pipes_and_sockets_are_never_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    (tmp_path / "bag" / "data").mkdir(parents=True)
    (tmp_path / "bag" / "link").symlink_to(outside)
    (tmp_path / "bag" / "folder").symlink_to(tmp_path)
    (tmp_path / "bag" / "loop").symlink_to("loop")
    (tmp_path / "bag" / "data" / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "bag" / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fsencode(tmp_path / "bag" / "sock"))
        folder = Folder(tmp_path / "bag")
    assert codes(folder) == [
        ("not-a-file", name) for name in ("data/gone", "folder", "link", "loop", "pipe", "sock")
    ]  # fmt: skip
    assert folder.sizes == {}


def test_a_file_that_became_a_link_since_it_was_listed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"12345")
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "file").write_bytes(b"12345")
    folder = Folder(tmp_path / "bag")
    (tmp_path / "bag" / "file").unlink()
    (tmp_path / "bag" / "file").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidBundle, match="cannot be read"):
        digest_of(folder, "file")
    (tmp_path / "bag" / "file").unlink()
    os.mkfifo(tmp_path / "bag" / "file")
    with pytest.raises(InvalidBundle, match="no regular file any more"):
        digest_of(folder, "file")


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    for name in ("A.mp4", "a.mp4", "\u00e9.mp4", "e\u0301.mp4", "ﬁ", "fi", "Straße", "STRASSE"):
        (tmp_path / name).write_bytes(b"")
    assert [code for code, _ in codes(Folder(tmp_path))] == ["name-repeated"] * 4


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"\xff.mp4", "not in UTF-8"),
        (b"a\nb", "means something else"),
        (b"a\x1b[2Jb", "means something else"),
        ("a\u202eb".encode(), "means something else"),
        (b"a\\b", "means something else"),
        (b"C:x", "means something else"),
    ],
)
def test_names_that_could_do_harm(tmp_path: Path, name: bytes, reason: str) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    folder = Folder(tmp_path)
    (finding,) = folder.defects
    assert finding.code == "name-unsafe"
    assert reason in finding.detail
    assert finding.subject.isprintable()
    finding.subject.encode()
    assert folder.sizes == {}


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.", "./a", "a/", "a\0b", "a/" * 9 + "b"]
)
def test_paths_that_lead_elsewhere(path: str) -> None:
    assert unsafe(path) is not None


@pytest.mark.parametrize("path", ["a", "data/originals/询问 01.mp4", "a/b/c.d", "...", "a b", "a" * 255])
def test_paths_that_do_not(path: str) -> None:
    assert unsafe(path) is None


def test_a_file_where_a_folder_is() -> None:
    defects: list[Finding] = []
    names = Names(defects)
    assert names.file("a/b")
    assert not names.file("A")
    assert names.file("c")
    assert not names.file("C/d")
    assert [finding.code for finding in defects] == ["name-repeated", "name-repeated"]


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "FILES", 3)
    for number in range(3):
        (tmp_path / str(number)).write_bytes(b"")
    assert len(Folder(tmp_path).sizes) == 3
    (tmp_path / "further").write_bytes(b"")
    with pytest.raises(InvalidBundle, match="more than 3"):
        Folder(tmp_path)


def test_what_is_shown_of_a_hostile_name() -> None:
    assert printable("询问 01.mp4") == "询问 01.mp4"
    assert printable("a\x1b[31m\n\udcff\u202e") == "a\\x1b[31m\\n\\udcff\\u202e"
    assert len(printable("x" * 100_000)) == container.PATH_LENGTH
