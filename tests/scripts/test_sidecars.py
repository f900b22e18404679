"""What a recorder says beside a file: read whole and strictly, or refused with the reason."""

import json
from pathlib import Path

import pytest

from scripts.sidecars import LIMIT, InvalidSidecar, names_of_sidecars, read_sidecar

FIELDS = {"device": "询问室3", "operator": "王五", "case": "〔2026〕1号", "started_at": "2026-03-01T09:30:00+08:00"}


def test_where_a_sidecar_may_lie() -> None:
    assert [path.name for path in names_of_sidecars(Path("a/shift.mp4"))] == [
        *("shift.mp4.json", "shift.json", "shift.mp4.csv", "shift.csv")
    ]
    assert [path.name for path in names_of_sidecars(Path("a/shift"))] == ["shift.json", "shift.csv"]


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**FIELDS, "clock_offset_ms": -1500, "channel": None, "session": ""}), encoding="utf-8")
    assert read_sidecar(path) == {**FIELDS, "clock_offset_ms": "-1500"}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.CSV"
    lines = f'{mark}device,operator,case,started_at,channel\r\n询问室3, 王五,"〔2026〕1号",{FIELDS["started_at"]},\r\n'
    path.write_text(lines, encoding="utf-8", newline="")
    assert read_sidecar(path) == FIELDS


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"", "no JSON"),
        ("a.json", b"[]", "no JSON object"),
        ("a.json", b'{"device": "1", "device": "2"}', "twice"),
        ("a.json", b'{"device": true}', "neither text nor"),
        ("a.json", b'{"device": ["1"]}', "neither text nor"),
        ("a.json", b'{"clock_offset_ms": 1.5}', "neither text nor"),
        ("a.json", b'{"Device": "1"}', "none of"),
        ("a.json", b'{"filename": "other.mp4"}', "none of"),
        ("a.json", b'{"device": "\\ud800"}', "surrogates"),
        ("a.json", b'{"device": "a\\u0000b"}', "0000"),
        ("a.json", b'{"started_at": "2026-03-01 09:30"}', "started_at"),
        ("a.json", b'{"sha256": "12"}', "sha256"),
        ("a.json", b'{"kind": "film"}', "kind"),
        ("a.json", b'{"device": "' + b"1" * 200 + b'"}', "longer than 128"),
        ("a.json", b"[" * 10_000, "no JSON"),
        ("a.json", "{'device': '询问室'}".encode("gb18030"), "not UTF-8"),
        ("a.json", b" " * (LIMIT + 1), "longer than"),
        ("a.csv", b"", "not one line of names"),
        ("a.csv", b"device\n", "not one line of names"),
        ("a.csv", b"device\n1\n2\n", "not one line of names"),
        ("a.csv", b"device,case\n1\n", "not one line of names"),
        ("a.csv", b"device,device\n1,2\n", "twice"),
        ("a.csv", b'device\n"1\n', "no CSV"),
        ("a.csv", b"a\0b\n1\n", "a"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidSidecar, match=words):
        read_sidecar(path)


def test_one_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InvalidSidecar, match="No such file"):
        read_sidecar(tmp_path / "a.json")
