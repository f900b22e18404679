"""Sidecars: what a recorder says about a file in a small JSON or CSV file beside it, read strictly.

`shift.mp4` is described by `shift.mp4.json`, `shift.json`, `shift.mp4.csv` or `shift.csv`: a JSON object, or a CSV of a
line of names and one line of values. Names are those of Upload-Metadata but `filename` and `filetype`; `sha256` is the
recorder's own digest, and a file with another one is not sent. A value that is empty counts as not given. Everything in
a sidecar is declared, never believed, and a name nobody knows is refused rather than dropped.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.identity import AgencyId, StationId
from ingest.errors import InvalidMetadata
from ingest.metadata import KEYS, read_statement, write_header

SUFFIXES = (".json", ".csv")
LIMIT = 64 * 1024
"""Bytes of a sidecar."""
NAMES = frozenset(KEYS) - {"filename", "filetype"}


class InvalidSidecar(Exception):
    """A sidecar that cannot be used; the text says why."""

    code = "sidecar-invalid"


def names_of_sidecars(path: Path) -> Iterator[Path]:
    """Where this file's sidecar may lie, full names before those without the ending."""
    for suffix in SUFFIXES:
        yield path.with_name(path.name + suffix)
        if path.suffix:
            yield path.with_suffix(suffix)


def read_sidecar(path: Path) -> dict[str, str]:
    """What it declares, as Upload-Metadata keys and texts; InvalidSidecar."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise InvalidSidecar(f"{path.name}: {error.strerror}") from error
    if len(content) > LIMIT:
        raise InvalidSidecar(f"{path.name} is longer than {LIMIT} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidSidecar(f"{path.name} is not UTF-8") from error
    given = _json(path, text) if path.suffix.lower() == ".json" else _csv(path, text)
    values = {name: value for name, value in given.items() if value != ""}
    _check(path, values)
    return values


def _json(path: Path, text: str) -> dict[str, str]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise InvalidSidecar(f"{path.name} gives a name twice")
        return fields

    try:
        fields = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidSidecar(f"{path.name} is no JSON") from error
    if not isinstance(fields, dict):
        raise InvalidSidecar(f"{path.name} is no JSON object")
    values = {name: value for name, value in fields.items() if value is not None}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidSidecar(f"{path.name}: {name[:40]!a} is neither text nor a whole number")
    return {name: str(value) for name, value in values.items()}


def _csv(path: Path, text: str) -> dict[str, str]:
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise InvalidSidecar(f"{path.name} is no CSV: {error}") from error
    if len(lines) != 2 or len(lines[0]) != len(lines[1]):
        raise InvalidSidecar(f"{path.name} is not one line of names and one of values")
    names = [name.strip() for name in lines[0]]
    if len(set(names)) != len(names):
        raise InvalidSidecar(f"{path.name} gives a name twice")
    return dict(zip(names, (value.strip() for value in lines[1]), strict=True))


def _check(path: Path, values: Mapping[str, str]) -> None:
    """What the server would refuse is refused here, where the file can still be mended."""
    for name in values:
        if name not in NAMES:
            raise InvalidSidecar(f"{path.name}: {name[:40]!a} is none of {', '.join(sorted(NAMES))}")
    try:
        read_statement(write_header(values), AgencyId(""), StationId(""))
    except (InvalidMetadata, UnicodeEncodeError) as error:
        raise InvalidSidecar(f"{path.name}: {error}") from error
