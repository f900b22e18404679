"""Every string has its words in both languages, and each reader gets the language asked for."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from player import language
from player.language import Language, current, gettext, ngettext, preferred, speaking, tag, use_terminal_language

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {**DEFAULT_KEYWORDS, "marked": None}
Msgid = str | tuple[str, ...]


def extracted() -> dict[Msgid, str]:
    """Every msgid in templates and Python sources, with one place where it stands."""
    found: dict[Msgid, str] = {}
    for folder, method in (("player", "python"), ("scripts", "python"), ("player/templates", "jinja2")):
        pattern = "**.html" if method == "jinja2" else "**.py"
        rows = extract_from_dir(str(ROOT / folder), [(pattern, method)], {pattern: {"silent": "false"}}, KEYWORDS)
        for name, line, message, _, _ in rows:
            found[message] = f"{folder}/{name}:{line}"
    return found


@pytest.mark.parametrize("name", language.LANGUAGES)
def test_every_msgid_has_an_entry(name: Language) -> None:
    with (language.LOCALES / name / "messages.po").open("rb") as source:
        catalog = read_po(source, locale=name, abort_invalid=True)
    missing = []
    for msgid, place in extracted().items():
        entry = catalog.get(msgid[0] if isinstance(msgid, tuple) else msgid)
        words = [] if entry is None or entry.fuzzy else entry.string
        if not words or not all([words] if isinstance(words, str) else words):
            missing.append(f"{place}: {msgid!r}")
    assert missing == []


def test_an_unknown_msgid_would_be_missed() -> None:
    assert "Sign in" in extracted()
    with (language.LOCALES / "zh_CN" / "messages.po").open("rb") as source:
        assert read_po(source).get("no such sentence") is None


@pytest.mark.parametrize("name", language.LANGUAGES)
def test_entries_keep_their_placeholders(name: Language) -> None:
    with (language.LOCALES / name / "messages.po").open("rb") as source:
        for entry in read_po(source, locale=name):
            if not entry.id:
                continue
            ids = [entry.id] if isinstance(entry.id, str) else list(entry.id)
            words = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
            for word in words:
                assert _holes(word) == _holes(ids[-1]), entry.id


def _holes(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_no_entry_is_left_over() -> None:
    used = {msgid[0] if isinstance(msgid, tuple) else msgid for msgid in extracted()}
    for name in language.LANGUAGES:
        with (language.LOCALES / name / "messages.po").open("rb") as source:
            ids = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in read_po(source) if entry.id}
        assert ids - used == set(), name


@pytest.mark.parametrize(
    ("cookie", "accept", "expected"),
    [
        (None, None, "zh_CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "en;q=0.2, zh-TW;q=0.7", "zh_CN"),
        (None, "fr, en;q=0.5", "en"),
        (None, "fr", "zh_CN"),
        (None, "en;q=0", "zh_CN"),
        (None, "en;q=many", "zh_CN"),
        ("en", "zh-CN", "en"),
        ("zh-CN", "en", "zh_CN"),
        ("klingon", "en", "en"),
    ],
)
def test_a_page_speaks_what_was_chosen_then_what_is_accepted(
    cookie: str | None, accept: str | None, expected: Language
) -> None:
    assert preferred(cookie, accept) == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("zh_CN.UTF-8", "zh_CN"), ("en_US.UTF-8", "en"), ("C", "en"), ("C.UTF-8", "en"), (None, "en"), ("de_DE", "en")],
)
def test_the_terminal_is_answered_in_its_language(locale: str | None, expected: Language) -> None:
    def ask() -> Language:
        use_terminal_language(locale)
        return current()

    assert copy_context().run(ask) == expected


def test_one_reader_does_not_change_anothers_language() -> None:
    def read(name: Language) -> str:
        with speaking(name):
            return gettext("Sign in")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, ["zh_CN", "en"])) == ["登录", "Sign in"]


def test_a_message_without_an_entry_is_shown_as_it_is() -> None:
    sentence = "no such sentence"
    assert gettext(sentence) == sentence
    assert ngettext(sentence, "none", 1) == sentence


def test_html_wants_a_tag() -> None:
    assert tag("zh_CN") == "zh-CN"
