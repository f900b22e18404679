"""A store that does not do what is asked of it is found out at the start."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import CatalogError, RenditionsUnavailable
from catalog.rendition_trial import TRIAL, try_store
from catalog.renditions_files import FileRenditions
from integrity.opened import OpenedFile


@pytest.fixture
def store(tmp_path: Path) -> FileRenditions:
    return FileRenditions(tmp_path / "renditions", "one")


def refused(*_: object) -> str:
    raise RenditionsUnavailable("no answer")


def test_a_good_one_has_nothing_of_it_afterwards(store: FileRenditions) -> None:
    try_store(store)
    assert not store.holds(TRIAL)


@pytest.mark.parametrize(
    ("method", "does"),
    [("keep", refused), ("open", refused), ("discard", refused), ("places", refused),
     ("discard", lambda *_: None), ("keep", lambda *_: "trial-0123456789abcdef")],
)  # fmt: skip
def test_one_that_refuses_or_does_not_what_it_says(
    store: FileRenditions, monkeypatch: pytest.MonkeyPatch, method: str, does: Callable[..., object]
) -> None:
    monkeypatch.setattr(store, method, does)
    with pytest.raises(CatalogError):
        try_store(store)
    assert store.makers() == set()


def test_one_that_gives_something_else(store: FileRenditions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenedFile, "read_at", lambda *_: b"else")
    with pytest.raises(RenditionsUnavailable, match="something else"):
        try_store(store)
    assert not store.holds(TRIAL)
