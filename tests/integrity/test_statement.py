"""Statements: what is written is read back, and nothing else is read."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.digest import Digest
from integrity.errors import InvalidManifest
from integrity.statement import LIMIT, Filing, Statement
from tests.fakes.clocks import START

WORN = Statement(
    agency="01agency", station="01station", kind="body-camera", name="询问 01.mp4", filetype="video/mp4",
    sha256=Digest.of(b"footage"), device="DSJ-7", operator="0042", session="s1", channel="1", case="案〔2026〕7号",
    started_at=START, ended_at=START + timedelta(minutes=3), clock_offset_ms=-1500, clock_uncertainty_ms=200,
)  # fmt: skip
FILED = Statement(
    agency="01agency", person="01person", kind="document", name="笔录.txt",
    filing=Filing("01case", "询问笔录", "interview", "investigation", "text/plain"),
)  # fmt: skip


@pytest.mark.parametrize("statement", [WORN, FILED], ids=["footage", "document"])
def test_what_is_written_is_read_back(statement: Statement) -> None:
    assert Statement.parse(statement.encode()) == statement


def test_times_are_written_in_utc() -> None:
    local = datetime(2026, 3, 2, 16, 30, tzinfo=timezone(timedelta(hours=8)))
    assert replace(WORN, started_at=local).encode() == WORN.encode()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidManifest):
        replace(WORN, started_at=START.replace(tzinfo=None)).encode()


def test_it_is_made_by_a_station_or_a_person() -> None:
    with pytest.raises(InvalidManifest):
        replace(WORN, person="01person")
    with pytest.raises(InvalidManifest):
        replace(WORN, station=None)


def test_only_a_document_is_filed() -> None:
    with pytest.raises(InvalidManifest):
        replace(WORN, filing=FILED.filing)
    with pytest.raises(InvalidManifest):
        replace(FILED, filing=None)


def test_one_that_is_too_long_is_not_written() -> None:
    with pytest.raises(InvalidManifest):
        replace(WORN, name="x" * LIMIT).encode()


def test_one_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(InvalidManifest):
        replace(WORN, name="\ud800").encode()


@pytest.mark.parametrize("name", parse_canonical(FILED.encode()))
def test_every_field_is_needed_and_no_other_is_known(name: str) -> None:
    fields = parse_canonical(FILED.encode())
    del fields[name]
    with pytest.raises(InvalidManifest):
        Statement.parse(canonical(fields))
    with pytest.raises(InvalidManifest):
        Statement.parse(canonical({**fields, name: [], "further": 1}))


def test_another_version_is_refused() -> None:
    with pytest.raises(InvalidManifest):
        Statement.parse(WORN.encode().replace(b"statement-v1", b"statement-v2"))
