"""Custody lines: opened and withheld entries, and a page that cannot be made to run anything."""

import json

import pytest

from integrity.canonical import canonical
from integrity.commitment import commit
from integrity.custody import CustodyEntry, custody_lines, custody_page, read_custody
from integrity.errors import InvalidBundle

SALT = bytes(range(32))
BODY = canonical(
    {
        "at": "2026-03-02T08:30:00.000000Z",
        "actor": {"kind": "person", "id": "01person", "name": "<script>alert(1)</script>"},
        "action": "view",
        "subject": {"kind": "recording", "id": '"><img src=x onerror=alert(1)>'},
        "outcome": "permitted",
        "purpose": "案卷评查 & 复核",
        "details": {"<b>": "</table>"},
    }
)
OPENED = CustodyEntry(commit(SALT, BODY), b"proof\n", BODY, SALT)
WITHHELD = CustodyEntry(bytes(32), b"proof\n")


def test_what_is_written_is_read_back() -> None:
    content = custody_lines([OPENED, WITHHELD])
    assert read_custody(content) == [OPENED, WITHHELD]
    assert read_custody(b"") == []


def test_a_line_has_the_fields_of_the_format() -> None:
    line = json.loads(OPENED.encode())
    assert set(line) == {"body", "salt", "commitment", "tlog_proof"}
    assert line["body"].encode() == BODY
    assert json.loads(WITHHELD.encode())["body"] is None


def test_a_body_that_does_not_open_the_commitment_is_refused() -> None:
    with pytest.raises(InvalidBundle):
        CustodyEntry(bytes(32), b"", BODY, SALT)
    with pytest.raises(InvalidBundle):
        CustodyEntry(OPENED.commitment, b"", BODY)


def test_every_flipped_byte_of_an_opened_line_is_refused_or_seen() -> None:
    content = OPENED.encode()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1
        try:
            read = read_custody(bytes(flipped))
        except InvalidBundle:
            continue
        assert [entry.body for entry in read] == [BODY]
        assert [entry.tlog_proof for entry in read] != [OPENED.tlog_proof], (
            "only the proof is left for the log to judge"
        )


@pytest.mark.parametrize("bad", [b"{}\n", b"\n", OPENED.encode()[:-1], b" " + OPENED.encode(), b"\xff\n"])
def test_a_bad_line_is_named(bad: bytes) -> None:
    with pytest.raises(InvalidBundle, match="line 2"):
        read_custody(WITHHELD.encode() + bad)


def test_the_page_shows_everything_and_runs_nothing() -> None:
    page = custody_page([OPENED, WITHHELD]).decode()
    assert "案卷评查 &amp; 复核" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for tag in ("<script", "<img", "<b>"):
        assert tag not in page
    assert page.count("</table>") == 1
    assert "00" * 32 in page, "a withheld entry shows its commitment"


@pytest.mark.parametrize("body", [b"not json", canonical({"actor": "nobody", "subject": [], "details": 1})])
def test_a_page_of_strange_bodies(body: bytes) -> None:
    entry = CustodyEntry(commit(SALT, body), b"", body, SALT)
    if body == b"not json":
        with pytest.raises(InvalidBundle):
            custody_page([entry])
    else:
        assert b"<tr>" in custody_page([entry])
