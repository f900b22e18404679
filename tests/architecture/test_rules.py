"""What import-linter cannot see: calls that only one module may make, names outside the glossary, docs that drift."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("integrity", "catalog", "ingest", "player", "scripts")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _names(path: Path) -> Iterator[str]:
    """Dotted names that a file uses, such as `os.fsync`, imports included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _users(*names: str) -> set[str]:
    """Files that use one of the names."""
    return {str(path.relative_to(ROOT)) for path in SOURCES if set(names) & set(_names(path))}


def test_durable_calls_live_in_one_place() -> None:
    users = _users("os.fsync", "os.fdatasync", "os.rename", "os.replace", "os.link")
    assert users <= {"integrity/durable.py", "ingest/spool.py"}
    assert "integrity/durable.py" in users


def test_the_environment_is_read_in_settings_only() -> None:
    assert _users("os.environ", "os.getenv", "os.putenv") == {"scripts/settings.py"}


def test_processes_are_started_where_they_are_confined_or_at_the_doors() -> None:
    users = _users("subprocess", "subprocess.run", "subprocess.Popen", "os.fork", "multiprocessing")
    # The trial tries to start one inside the confinement, and must fail.
    allowed = {"ingest/child.py", "ingest/confine.py", "ingest/trial.py"}
    assert {user for user in users if not user.startswith("scripts/")} <= allowed


READERS = {
    "ingest.boxes", "ingest.camera_marks", "ingest.exif", "ingest.gpmf", "ingest.heif", "ingest.heif_picture",
    "ingest.measure", "ingest.novatek", "ingest.picture", "ingest.probe", "ingest.quality_picture",
    "ingest.quality_sound", "ingest.quicktime_keys", "ingest.telemetry", "ingest.text", "ingest.thumbnails",
    "ingest.track_table", "ingest.waveform",
}  # fmt: skip
"""What reads an upload's bytes; `ingest.task` names its tasks as text, so the service imports none of it."""


def test_what_reads_an_uploads_bytes_runs_in_confined_children_only() -> None:
    modules = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES}
    assert set(modules.values()) >= READERS
    for path, module in modules.items():
        read = {name for name in _names(path) if name in READERS or name.rpartition(".")[0] in READERS}
        assert not read or module in READERS, f"{module} uses {sorted(read)}"


def _calls(path: Path) -> Iterator[str]:
    """Last names of what a file calls, such as `Column`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_columns_are_named_in_tables_only() -> None:
    named = _users("sqlalchemy.Column", "sqlalchemy.Table")
    makers = {maker for maker in named if {"Column", "Table"} & set(_calls(ROOT / maker))}
    makers = {maker for maker in makers if "migrations" not in maker}
    assert len(makers) > 1
    assert {str(Path(maker).parent) for maker in makers} == {"catalog/tables"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_keep_to_the_house_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not re.search(r"(manager|helper|utils?|common|misc|handler|processor)", path.stem)
    if "migrations" in path.parts:
        return  # written by a tool, one statement a table, and never changed once released
    assert text.count("\n") <= 400, "read any file in one sitting"
    assert ast.get_docstring(tree), "a module says what it is, why, and what it must never do"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, f"{node.name} is too long"


def test_nothing_names_a_registry_or_a_machine() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted.", "registry" + ".npm", "deb" + ".debian.")
    for path in [ROOT / "requirements.lock", ROOT / "package-lock.json", *ROOT.glob("*.md"), *SOURCES]:
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], path
