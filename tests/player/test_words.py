"""Every code that the catalogue knows has a name on pages."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from catalog import quarantine, shapes
from catalog.permissions import Right, Role
from player import words
from player.language import speaking

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.STAGES, shapes.STAGES),
        (words.SUBJECT_KINDS, shapes.SUBJECT_KINDS),
        (words.COPY_ACTIONS, shapes.COPY_ACTIONS),
        (words.RECIPIENT_KINDS, shapes.RECIPIENT_KINDS),
        (words.DOCUMENT_KINDS, shapes.DOCUMENT_KINDS),
        (words.QUARANTINE_DECISIONS, quarantine.DECISIONS),
        (words.ROLES, list(Role)),
        (words.ROLE_NOTES, list(Role)),
    ],
)
def test_tables_have_exactly_the_codes(table: Mapping[str, str], codes: Collection[str]) -> None:
    assert list(table) == list(codes)


def test_every_right_that_can_be_refused_has_a_name() -> None:
    known_as_actions = {
        Right.OPEN_CASE,
        Right.WORK_ON_CASE,
        Right.SET_RETENTION,
        Right.RELEASE_HOLD,
    }  # refused tries stand under what was tried
    assert {right.value for right in Right} - known_as_actions <= set(words.ACTIONS)


def test_every_action_of_the_ledger_has_a_name() -> None:
    """Read from the sources: whatever is written as an entry, or tried and refused."""
    written = set()
    for package in ("catalog", "ingest", "scripts"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            written |= set(re.findall(r'\bEntry\(\s*"([a-z-]+)"', text))
            written |= set(re.findall(r'ttempts(?:\([a-z.]+\))?\.of\(\s*[a-z]+, "([a-z-]+)"', text))
    assert len(written) > 30
    assert written - set(words.ACTIONS) == set()


def test_a_word_is_in_the_readers_language() -> None:
    with speaking("zh_CN"):
        assert words.word(words.STAGES, "investigation") == "调查取证"
    with speaking("en"):
        assert words.word(words.STAGES, "investigation") == "Investigation and evidence"


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert words.word(words.STAGES, "appeal") == "appeal"
    assert words.word(words.STAGES, None) == "—"
