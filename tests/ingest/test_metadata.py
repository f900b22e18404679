"""Upload-Metadata is read strictly: each way of being wrong is refused with the key's name."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identity import AgencyId, StationId
from ingest.errors import InvalidMetadata
from ingest.metadata import KEYS, KINDS, MAX_HEADER, UNNAMED, read_statement, write_header
from integrity.digest import Digest
from integrity.statement import Statement

AGENCY, STATION = AgencyId("a" * 26), StationId("s" * 26)


def read(header: str | None) -> Statement:
    return read_statement(header, AGENCY, STATION)


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_every_key_arrives() -> None:
    digest = Digest.of(b"x")
    statement = read(
        write_header(
            {
                "filename": "询问室 01 🎥.mp4", "filetype": "video/mp4", "sha256": digest.hex, "kind": "interview-room",
                "device": "DSJ-7", "operator": "王五", "case": "京执〔2026〕1号", "session": "3", "channel": "全景",
                "started_at": "2026-03-01T09:30:00+08:00", "ended_at": "2026-03-01T02:00:00.5Z",
                "clock_offset_ms": "-1500",
            }
        )
    )  # fmt: skip
    assert statement == Statement(
        agency=AGENCY, station=STATION, name="询问室 01 🎥.mp4", filetype="video/mp4", sha256=digest,
        kind="interview-room", device="DSJ-7", operator="王五", case="京执〔2026〕1号", session="3", channel="全景",
        started_at=datetime(2026, 3, 1, 1, 30, tzinfo=UTC),
        ended_at=datetime(2026, 3, 1, 2, 0, 0, 500_000, tzinfo=UTC), clock_offset_ms=-1500,
    )  # fmt: skip
    assert statement == Statement.parse(statement.encode())


@pytest.mark.parametrize("header", [None, "", "  "])
def test_nothing_declared_is_nothing_invented(header: str | None) -> None:
    statement = read(header)
    assert (statement.name, statement.kind, statement.sha256, statement.started_at) == (UNNAMED, "other", None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str) -> None:
    assert read(write_header({"kind": kind})).kind == kind


REFUSED_TEXTS = {
    "filename": [
        "", " ", "a ", " a", "a/b", "../a", "..", ".", "/etc/passwd", "a\\b", "C:\\a", "a\0b", "a\nb", "a\x7fb",
        "a\u2028b", "gpj\u202e.mp4", "a" * 256, "案" * 86,
    ],
    "filetype": ["", "video", "video/", "/mp4", "video/mp4\r\nX: y", "视频/mp4", "a/b/c"],
    "sha256": ["", "ab", "A" * 64, "g" * 64, "0" * 63, "0" * 65, " " + "0" * 64],
    "kind": ["", "Photo", "drone", "document"],
    "device": ["", " ", "a\tb", "x" * 129, "a\x85b"],
    "case": ["", "1\n2"],
    "operator": ["\u2067x"], "session": [""], "channel": ["x" * 129],
    "started_at": [
        "", "yesterday", "2026-03-01", "2026-03-01T09:30:00", "2026-13-01T09:30:00Z", "2026-02-30T09:30:00Z",
        "2026-03-01T09:30:00+25:00", "20260301T093000Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+08:00",
        "2026-03-01T09:30:00z", "２026-03-01T09:30:00Z",
    ],
    "ended_at": ["now"],
    "clock_offset_ms": ["", "1.5", "+3", "--1", "0x10", "1e3", "９", "9" * 13, "-"],
    "clock_uncertainty_ms": ["", "1.5", "+3", "-1", "-0", "0x10", "９", "9" * 13],
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in REFUSED_TEXTS.items() for value in values])
def test_a_wrong_value_is_refused_by_its_key(key: str, value: str) -> None:
    with pytest.raises(InvalidMetadata) as refused:
        read(write_header({key: value}))
    assert refused.value.field == key


def test_every_text_has_a_refusal() -> None:
    assert set(REFUSED_TEXTS) == set(KEYS)


@pytest.mark.parametrize(
    "header",
    [
        "filename", "filename ", "filename  YQ==", "filename YQ", "filename YQ=", "filename Y Q=", "filename YQ==x",
        "filename YQ-_", "filename YQ==\n", "filename 案", "filename " + encoded(b"\xff\xfe"),
        "filename " + encoded(b"\xed\xa0\x80"), "filename " + encoded(b"\xc0\xaf"),
    ],
)  # fmt: skip
def test_what_is_no_text_in_base64_is_refused(header: str) -> None:
    with pytest.raises(InvalidMetadata, match="filename"):
        read(header)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("filename YQ==,filename Yg==", "filename"), ("Filename YQ==", "Filename"), ("name YQ==", "name"),
        ("filename YQ==,", "Upload-Metadata"), (",", "Upload-Metadata"), ("\x00 YQ==", "x00"), ("案 YQ==", "u6848"),
    ],
)  # fmt: skip
def test_keys_are_known_and_unique(header: str, named: str) -> None:
    with pytest.raises(InvalidMetadata, match=named):
        read(header)


def test_the_header_has_a_limit() -> None:
    with pytest.raises(InvalidMetadata, match="longer than"):
        read("filename " + "A" * MAX_HEADER)


def test_an_end_before_the_start_is_refused() -> None:
    header = write_header({"started_at": "2026-03-01T09:30:00+08:00", "ended_at": "2026-03-01T01:29:59Z"})
    with pytest.raises(InvalidMetadata, match="ended_at"):
        read(header)


def test_longest_names_fit() -> None:
    assert read(write_header({"filename": "案" * 85})).name == "案" * 85
    assert read(write_header({"filename": "a" * 255})).name == "a" * 255


@given(st.text(max_size=300))
def test_any_text_is_taken_as_it_is_or_refused(name: str) -> None:
    try:
        header = write_header({"filename": name})
    except UnicodeEncodeError:
        return  # a lone surrogate cannot be sent
    try:
        assert read(header).name == name
    except InvalidMetadata as refused:
        assert refused.field == "filename"


@given(st.text(max_size=200))
def test_any_header_is_read_or_refused(header: str) -> None:
    try:
        read(header)
    except InvalidMetadata as refused:
        assert str(refused).isprintable()
