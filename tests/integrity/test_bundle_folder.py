"""The folder form of a bundle: the same files, the same digest, whole or not there."""

import contextlib
import subprocess
import zipfile
from pathlib import Path

import bagit
import pytest

from integrity.bundle import write_bundle
from integrity.bundle_folder import write_folder
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.verify import verify_bundle
from tests.fakes.evidence import Evidence
from tests.fakes.interruptions import Interrupted, calls_of, failing

NAME = "tiezheng-g1"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return Evidence(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def archive(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    items = [evidence.seal("现场.mp4", b"video" * 300_000), evidence.seal("空.mp4", b"")]
    write_bundle(made, evidence.contents(items), evidence.stamp)
    return made


def test_it_is_the_zip_as_a_folder_and_verifies(archive: Path, evidence: Evidence, tmp_path: Path) -> None:
    files: list[None] = []
    target = tmp_path / "disc" / NAME
    write_folder(archive, target, lambda: files.append(None))
    with zipfile.ZipFile(archive) as entries:
        wanted = {name.partition("/")[2]: entries.read(name) for name in entries.namelist()}
    assert {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()} == wanted
    assert len(files) == len(wanted)
    assert verify_bundle(target, evidence.trust).findings == ()
    bagit.Bag(str(target)).validate()
    subprocess.run(["sha256sum", "-c", "--quiet", "tagmanifest-sha256.txt"], cwd=target, check=True)
    assert [path.name for path in target.parent.iterdir()] == [NAME]


def test_what_is_there_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "mine").write_text("mine")
    with pytest.raises(InvalidBundle, match="there already"):
        write_folder(archive, tmp_path / NAME)
    assert [path.name for path in (tmp_path / NAME).iterdir()] == ["mine"]


def test_a_zip_that_cannot_be_read_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-7])
    with pytest.raises(InvalidBundle):
        write_folder(cut, tmp_path / "disc" / NAME)
    assert list((tmp_path / "disc").iterdir()) == []


def test_a_zip_that_leads_elsewhere_is_not_laid_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as entries:
        entries.writestr("tiezheng-g1/bagit.txt", b"")
        entries.writestr("tiezheng-g1/../../elsewhere", b"planted")
    with pytest.raises(InvalidBundle):
        write_folder(tmp_path / "bad.zip", tmp_path / "disc" / NAME)
    assert not (tmp_path / "elsewhere").exists()
    assert list((tmp_path / "disc").iterdir()) == []


def test_what_a_kill_left_is_removed_by_the_next(archive: Path, tmp_path: Path) -> None:
    left = tmp_path / f".{NAME}.part"
    left.mkdir()
    (left / "half").write_bytes(b"half")
    write_folder(archive, tmp_path / NAME)
    assert not (tmp_path / NAME / "half").exists()
    assert not left.exists()


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_a_failing_call_anywhere_is_a_refusal_and_the_next_is_whole(
    archive: Path, evidence: Evidence, tmp_path: Path, after: bool
) -> None:
    calls = calls_of(lambda: write_folder(archive, tmp_path / "counted"))
    wanted = Digest.of_file(tmp_path / "counted" / "tagmanifest-sha256.txt")
    for number in range(1, calls + 1, 5):
        target = tmp_path / str(number)
        with failing(number, after), contextlib.suppress(InvalidBundle, Interrupted):
            write_folder(archive, target)
        if target.exists():
            assert verify_bundle(target, evidence.trust).findings == (), "it is whole, or has no name"
        else:
            write_folder(archive, target)
        assert Digest.of_file(target / "tagmanifest-sha256.txt") == wanted
