"""Names that others chose, on a terminal: readable, on one line, and without power over it."""

import pytest

from scripts.printable import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("执法 🎥 1.mp4", "执法 🎥 1.mp4"),
        ("a\nsafe to wipe: b.mp4", "a<000a>safe to wipe: b.mp4"),
        ("\x1b[2J\x07", "<001b>[2J<0007>"),
        ("b\u202e4pm", "b<202e>4pm"),
        ("a\u2028b\u0085c", "a<2028>b<0085>c"),
        ("\udcff.mp4", "<dcff>.mp4"),
        ("[/red]", "[/red]"),
        ("", ""),
    ],
)
def test_what_is_not_shown_as_it_is_stored_is_told_by_its_number(name: str, shown: str) -> None:
    assert printable(name) == shown
