"""What a field takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import InvalidInput
from catalog.shapes import one_of, optional_text, text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf")), min_size=1, max_size=20))
def test_text_is_kept_but_for_its_ends(value: str) -> None:
    if value.strip():
        assert text("field", value, 20) == value.strip()
    else:
        with pytest.raises(InvalidInput, match="field: must not be empty"):
            text("field", value, 20)


@pytest.mark.parametrize("value", ["", " \n\t ", "x" * 6, "a\x00", "a\x1bb", "\ud83d", "a\x7fb", "a\u202eb", "\u2066a"])
def test_what_is_no_text(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        text("field", value, 5)
    assert refused.value.field == "field"


def test_lines_stay_lines() -> None:
    assert text("reason", " 一\n二\t三 ", 10) == "一\n二\t三"


def test_optional_text() -> None:
    assert optional_text("note", None, 5) is None
    assert optional_text("note", "  ", 5) is None
    assert optional_text("note", " 注 ", 5) == "注"


def test_one_of_the_codes() -> None:
    assert one_of("stage", "start", ("start", "end")) == "start"
    with pytest.raises(InvalidInput, match="stage: is one of start, end"):
        one_of("stage", "Start", ("start", "end"))
