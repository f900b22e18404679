"""Every code that the audit can give has words, in each language, and one finding is one finding."""

import ast
import re
from pathlib import Path

import pytest

from catalog.audit import COUNTED
from integrity.finding import Finding
from player.language import Language, gettext, speaking
from scripts import verdict_words
from scripts.audit import _print
from scripts.audit_run import Report
from scripts.audit_words import CHECKS, COUNTS, FINDINGS, meaning

ROOT = Path(__file__).resolve().parents[2]


def given() -> set[str]:
    """The codes of findings that stand in the sources."""
    found: set[str] = set()
    for path in (path for package in ("catalog", "integrity", "scripts") for path in (ROOT / package).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding" and node.args:
                code = node.args[0]
                found |= {str(code.value)} if isinstance(code, ast.Constant) else set()
    return found


def test_every_code_has_words() -> None:
    assert len(given()) > 70
    assert given() - set(FINDINGS) - set(verdict_words.FINDINGS) == set()


def test_every_word_belongs_to_a_code_that_stands_somewhere() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for package in ("catalog", "integrity", "scripts")
                     for path in (ROOT / package).glob("*.py") if path.name != "audit_words.py")  # fmt: skip
    assert [code for code in FINDINGS if f'"{code}"' not in text] == []
    assert set(FINDINGS) & set(verdict_words.FINDINGS) == set()


def test_every_check_and_everything_counted_has_words() -> None:
    """Each by the first word of its name; those of outside memories are called as they were given."""
    audit = (ROOT / "catalog" / "audit.py").read_text(encoding="utf-8")
    run = (ROOT / "scripts" / "audit_run.py").read_text(encoding="utf-8")
    named = set(re.findall(r'^    yield "([a-z]+)", ', audit, re.MULTILINE))
    named |= set(re.findall(r'(?:_collect|_step|progress)\(f?"([a-z]+)[" ]', run))
    assert named | {"vault"} == set(CHECKS)
    assert {table.name for table in COUNTED} | {"leaves", "objects", "objects_read"} == set(COUNTS)


def test_they_are_in_the_readers_language() -> None:
    for words in (*FINDINGS.values(), *CHECKS.values(), *COUNTS.values()):
        if words == "trust.json":
            continue  # a file's name
        with speaking("zh_CN"):
            assert re.search("[\u4e00-\u9fff]", gettext(words)), words


@pytest.mark.parametrize("code", ["mark-not-recorded", "hold-missing", "case-differs"])
def test_codes_that_name_a_table_have_words_by_their_ending(code: str) -> None:
    assert meaning(Finding(code, "x", "y"))


def test_a_code_without_words_is_still_told() -> None:
    assert meaning(Finding("of-a-newer-version", "x", "y")) == ""


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [("en", 0, "no findings"), ("en", 1, "1 finding"), ("en", 2, "2 findings"), ("zh_CN", 1, "发现 1 个问题")],
)
def test_how_many(capsys: pytest.CaptureFixture[str], language: Language, count: int, said: str) -> None:
    finding = Finding("vault-object-missing", "vault 00", "no such file")
    with speaking(language):
        _print(Report((finding,) * count, (), {"objects": 1}))
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == said
    if count:
        with speaking(language):
            assert told[:2] == ["vault-object-missing  vault 00: no such file", f"    {meaning(finding)}"]
