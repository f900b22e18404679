"""The custody of a bundle's evidence: ledger entries with their proofs, as lines for machines and a page for people.

An entry withheld from this recipient stands as its commitment alone: that something happened then can be seen and
counted, what it was cannot. The page is derived from the lines and proves nothing. Never reorders what it is given.
"""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from integrity.canonical import canonical, parse_canonical
from integrity.commitment import commit
from integrity.errors import InvalidBundle, InvalidCanonical
from integrity.fields import Fields, reading


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """One ledger entry: 32 bytes of commitment, its proof as a file's bytes, and its opening unless withheld."""

    commitment: bytes
    tlog_proof: bytes
    body: bytes | None = None
    salt: bytes | None = None

    def __post_init__(self) -> None:
        if (self.body is None) != (self.salt is None):
            raise InvalidBundle("a custody entry is withheld or opened, body and salt together")
        if self.body is not None and self.salt is not None and commit(self.salt, self.body) != self.commitment:
            raise InvalidBundle("a custody entry's commitment is not the one of its body")

    def encode(self) -> bytes:
        """Its line, newline included."""
        with reading(InvalidBundle):
            line = canonical(
                {
                    "body": None if self.body is None else self.body.decode(),
                    "salt": None if self.salt is None else self.salt.hex(),
                    "commitment": self.commitment.hex(),
                    "tlog_proof": self.tlog_proof.decode(),
                }
            )
        return line + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """The inverse of `encode`; InvalidBundle for anything else, and for a body that the commitment does not fit."""
        if not line.endswith(b"\n"):
            raise InvalidBundle("a custody line ends in a newline")
        with reading(InvalidBundle):
            fields = Fields(parse_canonical(line[:-1]))
            body, salt = fields.optional_text("body"), fields.optional_digest("salt")
            entry = cls(
                commitment=fields.digest("commitment").raw,
                tlog_proof=fields.text("tlog_proof").encode(),
                body=None if body is None else body.encode(),
                salt=None if salt is None else salt.raw,
            )
            fields.finish()
        return entry


def custody_lines(entries: Sequence[CustodyEntry]) -> bytes:
    """`custody.jsonl`."""
    return b"".join(entry.encode() for entry in entries)


def read_custody(content: bytes) -> list[CustodyEntry]:
    """The inverse of `custody_lines`; InvalidBundle names the line that is wrong."""
    entries = []
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        try:
            entries.append(CustodyEntry.parse(line))
        except InvalidBundle as error:
            raise InvalidBundle(f"custody.jsonl, line {number}: {error}") from error
    return entries


_HEAD = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>流转记录 · Custody</title>
<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid;padding:.3em .6em;\
text-align:left;vertical-align:top}code{font-size:.8em;overflow-wrap:anywhere}</style>
<h1>流转记录 · Custody</h1>
<p>由 custody.jsonl 生成，仅供阅读；以 custody.jsonl 及其证明为准。时间为 UTC。<br>
Derived from custody.jsonl for reading; only custody.jsonl and its proofs count. Times are UTC.</p>
<table><tr><th>#<th>时间 Time<th>人员 Who<th>操作 Action<th>对象 Subject<th>结果 Outcome<th>目的 Purpose<th>详情 Details
"""


def custody_page(entries: Sequence[CustodyEntry]) -> bytes:
    """`custody.html`: a table of the same, every value escaped, no script."""
    rows = [
        "<tr>" + "".join(f"<td>{cell}" for cell in (str(number), *_cells(entry))) + "\n"
        for number, entry in enumerate(entries, 1)
    ]
    return f"{_HEAD}{''.join(rows)}</table>\n</html>\n".encode()


def _cells(entry: CustodyEntry) -> list[str]:
    """What a row shows; a withheld entry shows its commitment."""
    if entry.body is None:
        return [f"<code>{entry.commitment.hex()}</code>", "（不予披露 withheld）", "", "", "", "", ""]
    try:
        body: dict[str, Any] = parse_canonical(entry.body)
    except InvalidCanonical as error:
        raise InvalidBundle(f"a ledger entry that is no canonical JSON: {error}") from error
    actor, subject = _object(body, "actor"), _object(body, "subject")
    details = body.get("details") or ""
    shown = [
        body.get("at"),
        f"{actor.get('name', '')} ({actor.get('kind', '')} {actor.get('id', '')})",
        body.get("action"),
        f"{subject.get('kind', '')} {subject.get('id', '')}",
        body.get("outcome"),
        body.get("purpose"),
        json.dumps(details, ensure_ascii=False, sort_keys=True) if details else "",
    ]
    return [html.escape("" if value is None else str(value)) for value in shown]


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
