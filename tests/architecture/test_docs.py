"""The pages keep pace with the code: settings, commands, files and error codes they name are the ones there are."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.cli import COMMANDS
from scripts.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ERRORS = ("integrity.errors", "catalog.errors", "ingest.errors")


def test_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| (\S+) \| (.+) \|$", README, re.MULTILINE)
    expected = [
        (name.upper(), "–" if field.default is None else f"`{field.default}`", field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert rows == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_names_every_command(command: str) -> None:
    assert f"tiezheng {command}" in README


def test_architecture_names_files_that_exist() -> None:
    named = set(re.findall(r"`((?:integrity|catalog|ingest|player|scripts)/\w+\.py)`", ARCHITECTURE))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("module", ERRORS)
def test_each_error_stands_in_the_tree_with_its_code(module: str) -> None:
    loaded = importlib.import_module(module)
    tree = inspect.getdoc(loaded) or ""
    found: list[Any] = [value for value in vars(loaded).values() if inspect.isclass(value)]
    errors = [value for value in found if issubclass(value, Exception) and value.__module__ == module]
    assert errors
    for error in errors:
        if error.__mro__[1] is not Exception:
            assert re.search(rf"── {error.__name__}\s+{re.escape(error.code)}\b", tree), error.__name__
    codes = [error.code for error in errors]
    assert len(codes) == len(set(codes)), "a code names one error"


def test_pins_carry_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert "resolved" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
