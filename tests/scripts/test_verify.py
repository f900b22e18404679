"""`tiezheng verify` as people and programs run it: exit status, words in two languages, and one JSON object."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integrity import copy_check
from integrity.digest import Digest
from integrity.finding import Assurance
from integrity.verify_page import verify_page
from player.language import speaking
from scripts import verdict_words
from scripts.verify import command
from tests.integrity.zoo.specimen import VIDEO_PATH, Specimen, flipped, write_folder, write_zip
from tests.servers.service import tiezheng

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "approval_check",
    "bag",
    "bag_sm3",
    "bundle_check",
    "container",
    "container_zip",
    "copy_check",
    "files",
    "inquiry",
    "judge",
    "release_check",
    "renewal_check",
    "seal_check",
    "statement_check",
    "token",
    "token_check",
    "verify",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good bundle and seal, and the same broken, with the trust.json that judges them."""
    place = tmp_path_factory.mktemp("place")
    specimen = Specimen.make(place / "specimen")
    (place / "trust.json").write_bytes(specimen.evidence.trust.encode())
    write_zip(place / "good.zip", specimen.bundle)
    write_zip(place / "broken.zip", specimen.bundle | {VIDEO_PATH: flipped(specimen.bundle[VIDEO_PATH])})
    write_folder(place / "seal", specimen.seal)
    (place / "video.mp4").write_bytes(specimen.video.body)
    (place / "other.mp4").write_bytes(flipped(specimen.video.body))
    return place


def run(*arguments: str | Path) -> Result:
    with speaking("en"):
        return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "status", "codes"),
    [
        (("good.zip", "--trust", "trust.json"), 0, set()),
        (("good.zip",), 3, {"trust-not-supplied"}),
        (("broken.zip", "--trust", "trust.json"), 1, {"file-changed"}),
        (("broken.zip",), 1, {"file-changed", "trust-not-supplied"}),
        (("video.mp4", "--seal", "seal", "--trust", "trust.json"), 0, set()),
        (("video.mp4", "--seal", "seal"), 3, {"trust-not-supplied"}),
        (("other.mp4", "--seal", "seal", "--trust", "trust.json"), 1, {"file-differs", "token-imprint-differs"}),
        (("video.mp4", "--trust", "trust.json"), 1, {"bundle-unreadable"}),
    ],
)
def test_exit_status_and_json(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, codes: set[str]
) -> None:
    monkeypatch.chdir(place)
    told = run(*arguments, "--json")
    assert told.exit_code == status
    verdict = json.loads(told.stdout)
    assert set(verdict) == {"ok", "findings", "steps", "assurance"}
    assert verdict["ok"] is (status == 0)
    assert {finding["code"] for finding in verdict["findings"]} == codes
    assert all(set(finding) == {"code", "subject", "detail"} for finding in verdict["findings"])
    assert verdict["assurance"] == "self-asserted"
    assert [step["number"] for step in verdict["steps"]] == list(range(1, len(verdict["steps"]) + 1))
    assert run(*arguments).exit_code == status


def test_what_people_read(place: Path) -> None:
    good = run(place / "good.zip", "--trust", place / "trust.json").stdout
    assert "VERIFIED: no findings" in good
    assert " 10 ✓ " in good
    assert "not a qualified authority" in good
    assert "the hash starts at the dock" in good
    broken = run(place / "broken.zip", "--trust", place / "trust.json").stdout
    assert "NOT VERIFIED" in broken
    assert "file-changed  a file was changed" in broken
    assert VIDEO_PATH in broken
    assert "SELF-CONSISTENT ONLY" in run(place / "good.zip").stdout


def test_it_speaks_chinese(place: Path) -> None:
    with speaking("zh_CN"):
        told = CliRunner().invoke(command, [str(place / "broken.zip")], catch_exceptions=False).stdout
    assert "核验未通过" in told
    assert "文件已被改动" in told


def test_a_hostile_name_does_not_reach_the_terminal(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    folder.mkdir()
    (folder / "\x1b]0;owned\x07[bold]x").write_bytes(b"")
    told = run(folder, "--trust", place / "trust.json")
    assert told.exit_code == 1
    assert "\x1b" not in told.stdout
    assert "[bold]x" in told.stdout
    assert json.loads(run(folder, "--json").stdout)["ok"] is False


def test_as_a_process(place: Path) -> None:
    told = tiezheng("verify", place / "video.mp4", "--seal", place / "seal", "--trust", place / "trust.json")
    assert told.returncode == 0, told.stderr
    assert "VERIFIED" in told.stdout
    told = tiezheng("verify", place / "good.zip", "--trust", place / "good.zip")
    assert told.returncode == 1
    assert told.stderr.startswith("error: trust-invalid: ")
    assert tiezheng("verify", place / "absent.zip").returncode == 2


def test_it_loads_nothing_of_the_service() -> None:
    program = "import sys, scripts.verify; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"fastapi", "sqlalchemy", "dbos", "av", "cv2", "rfc3161ng", "requests", "httpx2", "uvicorn"}
    assert heavy & {name.partition(".")[0] for name in loaded} == set()


def raised() -> set[str]:
    """Every finding's code that stands in the verifier's sources."""
    calls = {"find", "Finding", "InvalidToken", "_Refused", "_read"}
    found: set[str] = set()
    for name in SOURCES:
        for node in ast.walk(ast.parse((ROOT / "integrity" / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in calls:
                words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                found |= {str(word) for word in words if re.fullmatch(r"[a-z][a-z0-9]+(-[a-z]+)+", str(word))}
    return found


def test_every_code_has_words_and_a_place_in_the_format() -> None:
    asked_for_only = {"token-nonce-differs", "token-policy"}  # when a token is fetched, never when evidence is verified
    codes = raised() - asked_for_only | {"trust-not-supplied", "original-absent"}
    assert set(verdict_words.FINDINGS) == codes
    text = (ROOT / "integrity" / "README.md").read_text(encoding="utf-8")
    verdict = text[text.index("| code | meaning |") :]
    assert set(re.findall(r"^\| `([a-z0-9-]+)`", verdict, re.MULTILINE)) == codes


def test_every_step_has_words(place: Path) -> None:
    steps: set[str] = set()
    for arguments in ((place / "good.zip",), (place / "video.mp4", "--seal", place / "seal")):
        steps |= {step["name"] for step in json.loads(run(*arguments, "--json").stdout)["steps"]}
    optional = {"the receipt is about this file", "this copy was released"}
    optional |= {"an authority stamped the log's checkpoint", "the time stamps were renewed"}
    optional |= {"the station signed what it declared", copy_check.STEP, copy_check.ABSENT}
    assert steps | optional == set(verdict_words.STEPS)


def test_every_assurance_has_words() -> None:
    assert set(verdict_words.ASSURANCE) == set(Assurance)


def test_the_digest_of_the_page_is_to_be_published() -> None:
    said = run("--print-page-digest")
    assert (said.exit_code, said.stdout) == (0, f"{Digest.of(verify_page())}  verify.html\n")
    assert run().exit_code == 2, "without it, a path is wanted"
