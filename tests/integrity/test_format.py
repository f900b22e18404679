"""FORMAT says what the code writes: every field it names is there, every field there is is named, commands work."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrity.canonical import parse_canonical
from integrity.clock import ClockState
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.receipt import Copy, Receipt, TokenState
from integrity.sm3 import Sm3
from integrity.vault_files import FileVault
from tests.fakes.clocks import START
from tests.integrity.test_custody import OPENED
from tests.integrity.test_declaration import SAID, STATION
from tests.integrity.test_manifest import made
from tests.integrity.test_statement import FILED

TEXT = (Path(__file__).resolve().parents[2] / "integrity" / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(text: str) -> dict[str, str]:
    """First column's names in backticks, each with the second column's text; of tables headed `field`."""
    rows: dict[str, str] = {}
    for block in re.findall(r"\| field[^\n]*\n\|---\|---\|\n((?:\|[^\n]*\n)+)", text):
        for row in block.splitlines():
            names, meaning = row.strip("|").split("|", 1)
            rows.update(dict.fromkeys(re.findall(r"`([a-z_0-9]+)`", names), meaning))
    return rows


RECEIPT = Receipt(
    "01upload", "01agency", "01station", None, made().digest, made().size, START, START, ClockState(True, 5),
    (Copy("files", "readback"),), 1, made().encode(), 0, b"",
    (TokenState("original", None), TokenState("manifest", None)),
)  # fmt: skip

DOCUMENTS: dict[str, dict[str, Any]] = {
    "Statement": parse_canonical(
        replace(FILED, signed=SignedDeclaration.sign(SAID, STATION)).encode()  # both at once: every field there is
    ),
    "Declaration": dict(SAID.json()),
    "Manifest": parse_canonical(replace(made(), sm3=Sm3.of(b"footage")).encode()),
    "Receipt": dict(RECEIPT.json()),
    "Bundle": parse_canonical(OPENED.encode().strip()),
}


@pytest.mark.parametrize("title", DOCUMENTS)
def test_the_fields_are_those_that_are_written(title: str) -> None:
    assert set(table(section(title))) == set(DOCUMENTS[title])


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Statement", "filing"),
        ("Statement", "signed"),
        ("Manifest", "source"),
        ("Manifest", "declared"),
        ("Manifest", "clock"),
    ],
)
def test_the_inner_fields_are_named(title: str, field: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", table(section(title))[field]))
    assert set(DOCUMENTS[title][field]) <= named


@pytest.mark.parametrize("field", ["copies", "tokens"])
def test_the_inner_fields_of_a_receipt_are_named(field: str) -> None:
    named = set(re.findall(r"`([a-z_0-9]+)`", table(section("Receipt"))[field]))
    for item in DOCUMENTS["Receipt"][field]:
        assert set(item) <= named


def test_the_command_for_the_vault_sees_a_change(place: Path) -> None:
    command = next(line for line in section("Vault").splitlines() if line.startswith("cd vault"))

    def run() -> str:
        return subprocess.run(["bash", "-c", command], cwd=place, check=False, capture_output=True, text=True).stdout

    for body in (b"one", b"two"):
        (place / "upload").write_bytes(body)
        FileVault(place / "vault").put_once(place / "upload", Digest.of(body))
    assert run() == "OK\n"
    planted = place / "vault" / "00" / "00" / ("0" * 64)
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"planted")
    assert "FAILED" in run()
    assert "OK\n" not in run()
