"""How far an audit is, as somebody at a terminal sees it: in their language, in bytes where bytes are read."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console

from catalog.audit import Progress
from player.language import Language, speaking
from scripts.audit_bars import bars


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True) -> Iterator[tuple[Progress, io.StringIO]]:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=80, legacy_windows=False)
    monkeypatch.setattr("scripts.audit_bars.Console", lambda **_: console)
    with bars(quiet=False) as show:
        yield show, screen


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", ("保管库字节 files", "原件及其固化凭证")),
        ("en", ("bytes in vault files", "originals and their seals")),
    ],
)
def test_rows_in_the_reader_s_language(
    monkeypatch: pytest.MonkeyPatch, language: Language, words: tuple[str, str]
) -> None:
    with speaking(language), watched(monkeypatch) as (show, screen):
        show("vault files", 0, 0)
        show("originals", 3, 4000)
        show("vault files", 1_500_000, 3_000_000_000)
    for said in (*words, "3 / 4,000", "1.5 MB / 3.0 GB"):
        assert said in screen.getvalue()


def test_what_cannot_say_how_far_it_is_has_a_row_only_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("en"), watched(monkeypatch) as (show, screen):
        show("rights", 0, 0)
        show("rights", 0, 0)
        show("log", 5, 5)
        screen.truncate(0)
        show("log", 5, 5)
    last = screen.getvalue()
    assert "log" in last and "roles and rights" not in last


def test_what_came_from_outside_is_called_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("zh_CN"), watched(monkeypatch) as (show, screen):
        show("https://witness.example (tiezheng.example/log)", 0, 0)
    assert "https://witness.example (tiezheng.example/log)" in screen.getvalue().replace("\n", "")


def test_nothing_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch, terminal=False) as (show, screen):
        show("log", 1, 2)
    assert screen.getvalue() == ""
