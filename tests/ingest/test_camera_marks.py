"""What cameras mark: GoPro's button in both its ways, chapters in both theirs; never more, never out of bounds."""

import struct
from pathlib import Path

import pytest

from ingest.boxes import read_movie
from ingest.camera_marks import LATEST_MS, MARKS, CameraMark, camera_marks
from tests import MEDIA
from tests.ingest import telling
from tests.ingest.making import H264, PICTURE, make


def marks(tmp_path: Path, content: bytes) -> list[CameraMark]:
    path = tmp_path / "original"
    path.write_bytes(content)
    with path.open("rb") as file:
        return camera_marks(read_movie(file), file)


def test_the_button_by_its_list_of_old(tmp_path: Path) -> None:
    found = marks(tmp_path, telling.marked_movie(hmmt=(9_000, 1_500)))
    assert found == [CameraMark(1_500, "highlight", ""), CameraMark(9_000, "highlight", "")]


def test_the_button_in_gpmf_comes_first_and_what_the_camera_chose_is_no_mark(tmp_path: Path) -> None:
    pressed = telling.highlights((1_500, b"MANL"), (4_000, b"AUTO"), (9_000, b"MANL"))
    found = marks(tmp_path, telling.marked_movie(gpmf=pressed, hmmt=(7,)))
    assert [mark.at_ms for mark in found] == [1_500, 9_000]
    other = telling.marked_movie(gpmf=pressed.replace(b"LLLllfFff", b"LLLllfFfL"))
    assert marks(tmp_path, other) == [], "of another shape nobody knows what is where"


def test_chapters_of_a_track(tmp_path: Path) -> None:
    titles = (telling.title("亮证"), telling.title("\ufeffNotice", "utf-16-be"), telling.title("bad\x01title"), b"\0")
    found = marks(tmp_path, telling.marked_movie(titles=titles, chpl=((500, "other"),)))
    assert found == [CameraMark(0, "chapter", "亮证"), CameraMark(1_000, "chapter", "Notice"),
                     CameraMark(2_000, "chapter", ""), CameraMark(3_000, "chapter", "")]  # fmt: skip


def test_a_track_of_text_that_nobody_names_holds_subtitles(tmp_path: Path) -> None:
    assert marks(tmp_path, telling.marked_movie(titles=(telling.title("x"),), named=(7,))) == []


def test_chapters_of_a_list(tmp_path: Path) -> None:
    found = marks(tmp_path, telling.marked_movie(chpl=((0, "开始"), (61_000, ""))))
    assert found == [CameraMark(0, "chapter", "开始"), CameraMark(61_000, "chapter", "")]


def test_as_many_and_as_late_as_is_allowed(tmp_path: Path) -> None:
    found = marks(tmp_path, telling.marked_movie(hmmt=tuple(range(MARKS + 5))))
    assert [mark.at_ms for mark in found] == list(range(MARKS))
    assert marks(tmp_path, telling.marked_movie(hmmt=(LATEST_MS + 1,))) == []
    assert len(marks(tmp_path, telling.marked_movie(titles=(telling.title("x" * 300),)))[0].title) == 128


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_chapters_that_ffmpeg_wrote(tmp_path: Path, suffix: str) -> None:
    """Another's writer, which knows both ways: a track of text and a list."""
    described = [";FFMETADATA1"]
    for start, end, name in ((0, 1500, "开始"), (1500, 2000, "告知")):
        described += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={name}"]
    (tmp_path / "chapters.txt").write_text("\n".join([*described, ""]), encoding="utf-8")
    inputs = (*PICTURE, "-i", str(tmp_path / "chapters.txt"))
    path = make(tmp_path / f"a.{suffix}", *H264, "-map_chapters", "1", inputs=inputs)
    with path.open("rb") as file:
        movie = read_movie(file)
        found = camera_marks(movie, file)
    assert found == [CameraMark(0, "chapter", "开始"), CameraMark(1_500, "chapter", "告知")]
    assert any(track.chapters for track in movie.tracks)
    assert [at_ms for at_ms, _ in movie.chapters] == [0, 1_500], "and the list alone says the same"


@pytest.mark.parametrize("cut", [b"HMMT", b"chpl", b"GPMF", b"stts", b"mdhd"])
def test_boxes_that_are_cut_short(tmp_path: Path, cut: bytes) -> None:
    whole = telling.marked_movie(
        titles=(telling.title("x"),), chpl=((0, "x"),), hmmt=(5,), gpmf=telling.highlights((5, b"MANL"))
    )
    at = whole.index(cut)
    shorter = struct.pack(">I", 9)
    marks(tmp_path, whole[: at - 4] + shorter + whole[at:])
    marks(tmp_path, whole[: at + 5])


@pytest.mark.skipif(not MEDIA.is_dir(), reason=f"the real recordings are not at {MEDIA}")
def test_a_real_camera_on_which_nobody_pressed_the_button() -> None:
    with (MEDIA / "gopro" / "karma.mp4").open("rb") as file:
        movie = read_movie(file)
        assert movie.of_format(b"gpmd") and camera_marks(movie, file) == []
