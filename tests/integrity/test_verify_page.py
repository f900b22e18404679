"""`verify.html` as a file: the published bytes, one policy, no network, and words for every code it can find."""

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from integrity import verify_page
from integrity.errors import InvalidBundle
from player.language import gettext, speaking
from scripts.verdict_words import FINDINGS, STEPS

SOURCES = Path(verify_page.__file__).parent / "verify_html"
PAGE = verify_page.build_page().decode()
SCRIPT = PAGE.split('<script type="module">')[1].split("</script>")[0]
MODULES = {path.name: path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.js"))}


def test_it_is_the_page_whose_digest_is_published() -> None:
    """After a change of the page: `python -m integrity.verify_page`, and say so in CHANGELOG."""
    assert verify_page.build_page() == verify_page.build_page()
    listed = subprocess.run(["sha256sum"], input=PAGE.encode(), capture_output=True, check=True).stdout.split()[0]
    assert verify_page.published_digest().hex == listed.decode()
    assert verify_page.verify_page() == PAGE.encode()


def test_a_page_that_is_not_the_published_one_is_never_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sources = tmp_path / "verify_html"
    shutil.copytree(SOURCES, sources)
    (sources / "page.css").write_text("body { color: red }")
    monkeypatch.setattr(verify_page, "_SOURCES", sources)
    verify_page.verify_page.cache_clear()
    with pytest.raises(InvalidBundle, match="published"):
        verify_page.verify_page()
    monkeypatch.undo()
    verify_page.verify_page.cache_clear()


def test_publishing_writes_what_sha256sum_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verify_page, "_PUBLISHED", tmp_path / "verify.html.sha256")
    verify_page.publish()
    (tmp_path / "verify.html").write_text(PAGE, encoding="utf-8")
    said = subprocess.run(["sha256sum", "-c", "verify.html.sha256"], cwd=tmp_path, capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "verify.html: OK\n")


def test_its_policy_lets_run_what_is_in_it_and_nothing_else() -> None:
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', PAGE)[0]
    hashed = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{hashed}'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert PAGE.count("<script") == PAGE.count("</script") == PAGE.count("<style") == 1
    assert re.findall(r"https?:|\beval\b|\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon", PAGE) == []
    assert re.findall(r"\bimport\s*[({*.]|^\s*import\b", PAGE, re.MULTILINE) == []


def test_its_modules_fit_into_one() -> None:
    """Joined they share one scope: no name twice, nothing unused by anybody, every import kept."""
    declared = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", SCRIPT, re.MULTILINE)
    assert sorted(set(declared)) == sorted(declared)
    assert set(re.findall(r"^// (\w+\.js)$", SCRIPT, re.MULTILINE)) == set(MODULES)
    for name, text in MODULES.items():
        imported = re.findall(r"^import \{([^}]*)\} from", text, re.MULTILINE)
        names = [each.strip() for group in imported for each in group.split(",") if each.strip()]
        body = re.sub(r"^import [^;]*;", "", text, flags=re.MULTILINE)
        assert [each for each in names if not re.search(rf"\b{each}\b", body)] == [], name
    exported = re.findall(
        r"^export (?:async )?(?:function|class|const) (\w+)", "\n".join(MODULES.values()), re.MULTILINE
    )
    for name in exported:
        assert len(re.findall(rf"\b{name}\b", SCRIPT)) > 1, f"{name} is used by nobody"


def test_it_has_the_words_of_verify_for_each_code_it_can_find() -> None:
    rows = re.findall(r'^  "([a-z0-9-]+)": \["(.+)", "(.+)"\],$', MODULES["findings.js"], re.MULTILINE)
    words = {code: (chinese, english) for code, chinese, english in rows}
    found = {code for name, text in MODULES.items() if name not in ("findings.js", "words.js")
             for code in re.findall(r'"([a-z0-9]+(?:-[a-z]+)+)"', text) if code in FINDINGS}  # fmt: skip
    assert set(words) == found
    for code, (chinese, english) in words.items():
        assert english == FINDINGS[code]
        with speaking("zh_CN"):
            assert chinese == gettext(FINDINGS[code])


def test_it_says_the_same_things_in_both_languages() -> None:
    words = MODULES["words.js"]
    chinese, english = (re.findall(r'^    "?([\w-]+)"?:', half, re.MULTILINE) for half in words.split("\n  en: {"))
    assert chinese == english
    shown = MODULES["page.js"] + (SOURCES / "page.html").read_text(encoding="utf-8")
    verdicts = {"verified", "self-consistent", "incomplete", "copies-only", "refused"}
    assert verdicts | {f"{verdict}Why" for verdict in verdicts} <= set(chinese)
    for name in set(chinese) - verdicts - {f"{verdict}Why" for verdict in verdicts}:
        assert re.search(rf'["(]{name}[")]', shown), f"{name} is shown nowhere"


def test_its_steps_are_those_of_verify() -> None:
    steps = re.findall(r'inquiry\.step\("([^"]+)"', MODULES["bundle.js"])
    assert set(steps) <= set(STEPS)
    assert len(steps) == len(set(steps)) > 10
    for name in steps:
        assert MODULES["words.js"].count(f'"{name}":') == 2, "in both languages"
