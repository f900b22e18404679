"""Playable copies: files against rows, rows against the ledger."""

import os
from functools import partial

import pytest
from sqlalchemy import Connection

from catalog.audit_renditions import rendition_findings, shown_now
from catalog.errors import NotFound, RenditionsUnavailable
from catalog.identity import RecordingId
from integrity.finding import Finding
from integrity.opened import OpenedFile
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change


@pytest.fixture
def audited(house: House) -> Audited:
    made = Audited(house)
    made.prepared()
    return made


class Store(dict[str, bytes]):
    """Files by name, each with a descriptor of its own as in the real store."""

    away = False
    asked = ""

    def open(self, recording: RecordingId, place: str, name: str) -> OpenedFile:
        self.asked = place
        if self.away:
            raise RenditionsUnavailable("no answer")
        if name not in self:
            raise NotFound("no such file")
        fd = os.memfd_create(name)
        os.write(fd, self[name])
        return OpenedFile(fd, len(self[name]))


def codes(audited: Audited, store: Store, chosen: bool = True) -> set[str]:
    shown = partial(shown_now, audited.house.database)

    def check(connection: Connection) -> list[Finding]:
        return list(rendition_findings(connection, store.open, shown, lambda _: chosen))

    return audited.codes(check)


GOOD = Store({"media.mp4": b"copy", "index.m3u8": b"#EXTM3U"})


def test_what_nobody_touched_is_clean(audited: Audited) -> None:
    assert codes(audited, GOOD) == set()


def test_an_exchanged_or_missing_file(audited: Audited) -> None:
    assert codes(audited, Store(GOOD | {"media.mp4": b"Copy"})) == {"rendition-differs"}
    assert codes(audited, Store()) == {"rendition-missing"}
    assert codes(audited, Store(), chosen=False) == set(), "not among the sample"


def test_a_store_that_is_away_has_lost_nothing(audited: Audited) -> None:
    store = Store(GOOD)
    store.away = True
    assert codes(audited, store) == {"rendition-unreadable"}


def test_what_is_looked_at_lies_where_its_row_says(audited: Audited) -> None:
    store = Store(GOOD)
    assert codes(audited, store) == set()
    assert store.asked == "v1", "before there were places the recipe named it"
    change(audited.house.database, "UPDATE renditions SET place = 'v1-0123456789abcdef'")
    assert codes(audited, store) == set()
    assert store.asked == "v1-0123456789abcdef"


def test_what_was_made_anew_while_the_audit_ran_is_no_finding(audited: Audited) -> None:
    """Its rows are of the audit's moment and its files of ours."""

    def check(connection: Connection) -> list[Finding]:
        return list(
            rendition_findings(connection, Store().open, lambda _recording, place: place != "v1", lambda _: True)
        )

    assert audited.codes(check) == set()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM renditions", {"rendition-not-recorded"}),
        ("UPDATE renditions SET sha256 = (SELECT max(sha256) FROM originals)",
         {"rendition-not-recorded", "rendition-differs", "rendition-not-signed"}),
        ("UPDATE renditions SET signature = NULL", {"rendition-not-signed"}),
        ("UPDATE renditions SET signed_by = 'x'", {"rendition-not-signed"}),
        ("UPDATE rendition_keys SET entry_id = 999999", {"rendition-not-signed"}),
        ("UPDATE renditions SET size = 5", {"rendition-not-signed"}),
        ("UPDATE renditions SET recipe = 'v2'", {"rendition-not-signed"}),
        ("UPDATE recordings SET recipe = 'v2'", {"rendition-not-recorded"}),
        ("UPDATE originals SET sha256 = manifest_sha256", {"rendition-of-another"}),
        ("UPDATE quality_findings SET end_ms = end_ms + 1 WHERE position = 1", {"quality-not-signed"}),
        ("DELETE FROM quality_findings", {"quality-not-signed"}),
        ("UPDATE ledger SET action = 'other' WHERE action = 'prepare'", {"rendition-not-recorded"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, statement: str, expected: set[str]) -> None:
    change(audited.house.database, statement)
    assert codes(audited, GOOD) == expected
