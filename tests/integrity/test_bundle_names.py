"""Names in a bundle: kept where they are harmless, made harmless where not, never two alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.bundle_names import LENGTH, copy_name, possible_names, safe_names


@pytest.mark.parametrize(
    "name", ["询问 01.mp4", "a.b.c", "Ångström.txt", "证据（一）.jpg", "no extension", "+ - = , ; ' !.x"]
)
def test_a_harmless_name_is_kept(name: str) -> None:
    assert safe_names([name]) == [name]


@pytest.mark.parametrize(
    ("declared", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\a\\b.mp4", "C__a_b.mp4"),
        ("a\nb\x00.mp4", "a_b_.mp4"),
        ("video\u202e4pm.exe", "video_4pm.exe"),
        ("zero\u200bwidth", "zero_width"),
        ("line\u2028separator", "line_separator"),
        ("100%0A.mp4", "100_0A.mp4"),
        ('<>:"|?*', "_______"),
        ("..", "_"),
        ("", "_"),
        (" .hidden. ", "hidden"),
        ("CON", "_CON"),
        ("com1.mp4", "_com1.mp4"),
        ("console.mp4", "console.mp4"),
        ("A\u030angstro\u0308m.txt", "Ångström.txt"),
        ("x" * 300 + ".mp4", "x" * (LENGTH - 4) + ".mp4"),
        ("证" * 100 + ".mp4", "证" * 65 + ".mp4"),
        ("a." + "x" * 300, "a." + "x" * (LENGTH - 2)),
    ],
)  # fmt: skip
def test_a_harmful_name_is_made_harmless(declared: str, safe: str) -> None:
    assert safe_names([declared]) == [safe]


def test_names_that_differ_in_case_or_form_only_are_numbered() -> None:
    assert safe_names(["a.mp4", "A.MP4", "ａ.mp4", "a.mp4", "a (2).mp4"]) == [
        "a.mp4",
        "A (2).MP4",
        "ａ (3).mp4",
        "a (4).mp4",
        "a (2) (2).mp4",
    ]


@given(st.lists(st.text(max_size=20) | st.sampled_from(["a", "A", "a (2)", "..", "con", "ß", "SS"]), max_size=8))
def test_any_names(declared: list[str]) -> None:
    names = safe_names(declared)
    assert len(names) == len(declared)
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(names)
    for name in names:
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\\n\r\0%<>:"|?*')
        assert len(name.encode()) <= LENGTH + 10
        assert name == name.strip(" .")


@pytest.mark.parametrize(("declared", "output", "named"), [
    ("现场.mp4", "media.mp4", "derived-现场.mp4"),
    ("现场.MP4", "media-2.mp4", "derived-现场.MP4"),
    ("现场.mov", "media.mp4", "derived-现场.mov.mp4"),
    ("照片.jpeg", "picture.jpg", "derived-照片.jpeg.jpg"),
    ("", "text.txt", "derived-.txt"),
    ("x" * 300 + ".avi", "media.mp4", "derived-" + "x" * 188 + ".mp4"),
    ("../a/b.mp4", "media.mp4", "derived-.._a_b.mp4"),
])  # fmt: skip
def test_a_copy_is_labelled_whatever_its_original_is_called(declared: str, output: str, named: str) -> None:
    assert safe_names([copy_name(declared, output)]) == [named]


def test_a_number_may_have_been_put_behind_a_name() -> None:
    assert possible_names("a (2).mp4") == ("a (2).mp4", "a.mp4")
    assert possible_names("a (2)") == ("a (2)", "a")
    assert possible_names("a.mp4") == ("a.mp4", "a.mp4")
