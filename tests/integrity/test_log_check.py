"""`Log.check`: a flipped byte in any file of a log is named, with the file it is in; nothing else ever is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrity import checkpoint, merkle, tiles
from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.log import FileHeads, Log
from integrity.staging import Staging
from integrity.tiles import ENTRIES, Tile
from tests.fakes.signers import SIGNER
from tests.integrity.test_log import append, entry, made


def findings(log: Log) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in log.check()]


def files(folder: Path) -> list[Path]:
    """Every file of the log that holds something."""
    return sorted(path for path in (folder / "log").rglob("*") if path.is_file() and path.stat().st_size)


def flip(path: Path, position: int) -> Callable[[], None]:
    """Flip one bit of a byte where it is, and give back how to undo it."""
    old = path.read_bytes()
    new = bytearray(old)
    new[position] ^= 1 << position % 8
    path.write_bytes(new)

    def undo() -> None:
        path.write_bytes(old)

    return undo


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Path, Log]]:
    """Three leaves in two steps: every kind of file, with a narrower tile beside the wider one."""
    log = made(tmp_path)
    append(log, 0)
    append(log, 1, 2)
    yield tmp_path, log


def test_every_byte_of_a_small_log(small: tuple[Path, Log]) -> None:
    folder, log = small
    assert findings(log) == []
    for path in files(folder):
        name = path.relative_to(folder / "log").as_posix()
        for position in range(path.stat().st_size):
            undo = flip(path, position)
            assert name in [subject for _, subject in findings(log)], (name, position)
            undo()
    assert findings(log) == []


def test_bytes_all_over_a_larger_log_are_laid_to_their_file_alone(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(200))
    append(log, *range(200, 700))
    append(log, *range(700, 720))
    names = set()
    for path in files(tmp_path):
        name = path.relative_to(tmp_path / "log").as_posix()
        names.add(name)
        size = path.stat().st_size
        for position in range(0, size, max(size // 12, 1)):
            undo = flip(path, position)
            found = {subject for _, subject in findings(log)}
            assert found == {name}, (name, position)
            undo()
    assert {"head", "checkpoint", "tile/0/001", "tile/entries/002.p/208", "tile/1/000.p/2"} < names


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("head", "log-head-signature"),
        ("checkpoint", "log-checkpoint-signature"),
        ("tile/0/000", "log-tile-differs"),
        ("tile/0/001.p/44", "log-tile-differs"),
        ("tile/1/000.p/1", "log-tile-differs"),
    ],
)
def test_the_codes_of_a_flipped_byte(tmp_path: Path, path: str, code: str) -> None:
    log = made(tmp_path)
    append(log, *range(300))
    flip(tmp_path / "log" / path, 20)
    assert findings(log) == [(code, path)]


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/001.p/44"])
def test_an_entry_and_its_length(tmp_path: Path, path: str) -> None:
    log = made(tmp_path)
    append(log, *range(300))
    undo = flip(tmp_path / "log" / path, 2)
    assert findings(log) == [("log-entry-differs", path)]
    undo()
    flip(tmp_path / "log" / path, 1)
    assert findings(log) == [("log-entry-unreadable", path)]


def test_several_wrong_files_are_all_named(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(800))
    wrong = ["tile/0/000", "tile/entries/001", "tile/0/003.p/32", "tile/entries/002"]
    for path in wrong:
        flip(tmp_path / "log" / path, 40)
    assert sorted(subject for _, subject in findings(log)) == sorted(wrong)


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000", "tile/entries/001.p/44", "tile/1/000.p/1"])
def test_a_missing_file(tmp_path: Path, path: str) -> None:
    log = made(tmp_path)
    append(log, *range(300))
    (tmp_path / "log" / path).unlink()
    assert findings(log) == [("log-tile-missing", path)]


def test_a_place_of_which_nothing_is_left(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(300))
    for path in ("tile/0/000", "tile/entries/000"):
        (tmp_path / "log" / path).unlink()
    assert findings(log) == [("log-tile-missing", "tile/entries/000"), ("log-tile-missing", "tile/0/000")]
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):
        (tmp_path / "log" / path).unlink()
    assert ("log-root-differs", "head") in findings(log)


def test_a_file_that_cannot_be_read(small: tuple[Path, Log]) -> None:
    folder, log = small
    (folder / "log" / "tile/0/000.p/3").unlink()
    (folder / "log" / "tile/0/000.p/3").mkdir()
    assert findings(log) == [("log-tile-unreadable", "tile/0/000.p/3")]


@pytest.mark.parametrize("path", ["head", "checkpoint"])
def test_a_missing_note(small: tuple[Path, Log], path: str) -> None:
    folder, log = small
    (folder / "log" / path).unlink()
    assert findings(log) == [(f"log-{path}-missing", path)]


def test_files_that_no_tree_has(small: tuple[Path, Log]) -> None:
    folder, log = small
    for path in ("tile/0/001", "tile/0/000.p/4", "tile/notes.txt", "tile/1/000.p/1"):
        (folder / "log" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "log" / path).write_bytes(b"?")
    assert {code for code, _ in findings(log)} == {"log-tile-unexpected"}
    assert len(findings(log)) == 4


def test_a_leaf_that_was_put_in_place_of_another_everywhere(small: tuple[Path, Log]) -> None:
    """Entries and tile agree, so only the signed root tells."""
    folder, log = small
    entries, leaves = [entry(0), entry(1), entry(9)], [merkle.leaf_hash(entry(number)) for number in (0, 1, 9)]
    (folder / "log" / Tile(ENTRIES, 0, 3).path).write_bytes(tiles.encode_entries(entries))
    (folder / "log" / Tile(0, 0, 3).path).write_bytes(b"".join(leaves))
    assert findings(log) == [("log-root-differs", "head")]


def signed(size: int, *numbers: int) -> SignedCheckpoint:
    leaves = [merkle.leaf_hash(entry(number)) for number in numbers]
    root = merkle.root(len(leaves), merkle.reader(leaves))
    return checkpoint.sign(Checkpoint(SIGNER.name, size, root), [SIGNER])


@pytest.mark.parametrize(
    ("published", "codes"),
    [
        (signed(0), ["log-checkpoint-behind"]),
        (signed(1, 0), ["log-checkpoint-behind"]),
        (signed(2, 0, 1), ["log-checkpoint-behind"]),
        (signed(2, 0, 7), ["log-checkpoint-behind", "log-checkpoint-differs"]),
        (signed(3, 0, 1, 7), ["log-checkpoint-differs"]),
        (signed(4, 0, 1, 2, 3), ["log-checkpoint-ahead"]),
    ],
)
def test_published_checkpoints_that_are_not_the_head(
    small: tuple[Path, Log], published: SignedCheckpoint, codes: list[str]
) -> None:
    folder, log = small
    (folder / "log" / "checkpoint").write_bytes(published.note)
    assert [code for code, _ in findings(log)] == codes


@pytest.mark.parametrize(
    ("head", "known", "codes"),
    [
        (signed(1, 0), 3, []),
        (signed(1, 0), 7, []),
        (signed(0), 3, []),
        (signed(1, 0), 2, ["log-tile-unexpected"] * 2 + ["log-checkpoint-ahead"]),
        (signed(1, 7), 3, ["log-checkpoint-differs"]),
    ],
)
def test_what_was_lost_of_a_log_that_ended_is_read_and_contains_its_head(
    small: tuple[Path, Log], head: SignedCheckpoint, known: int, codes: list[str]
) -> None:
    """Head set back, tiles and checkpoint of three leaves left: no finding as far as others remember them."""
    folder, log = small
    (folder / "log" / "head").write_bytes(head.note)
    assert [finding.code for finding in log.check(known=known)] == codes
    (folder / "log" / "tile" / "0" / "000.p" / "3").write_bytes(bytes(96))
    assert "tile/0/000.p/3" in [finding.subject for finding in log.check(known=known)]


def test_an_ended_log_that_published_too_little_is_behind_all_the_same(small: tuple[Path, Log]) -> None:
    folder, log = small
    (folder / "log" / "checkpoint").write_bytes(signed(2, 0, 1).note)
    assert [finding.code for finding in log.check(known=9)] == ["log-checkpoint-behind"]


def test_a_batch_that_is_signed_and_not_written_out_yet(small: tuple[Path, Log]) -> None:
    """As after a crash: the checkpoint is behind, the tiles are staged, and nothing else is wrong."""
    folder, log = small
    with log.exclusive():
        state = log._state
    assert state is not None
    edge, batch = state.edge.grow([entry(3)])
    head = checkpoint.sign(Checkpoint(SIGNER.name, 4, edge.root()), [SIGNER])
    Staging(folder / "log" / "staging").write(head, batch)
    FileHeads(folder / "log" / "head").swap(log.head().note, head.note)
    assert findings(log) == [("log-checkpoint-behind", "checkpoint")]
    [path] = (folder / "log" / "staging").iterdir()
    undo = flip(path, 30)
    assert findings(log)[0] == ("log-staging-damaged", "staging")
    undo()
    with Log.open(folder / "log", SIGNER, FileHeads(folder / "log" / "head")).exclusive():
        assert findings_inside(folder) == []


def findings_inside(folder: Path) -> list[str]:
    """What is left to do once the next writer has entered: nothing."""
    return [path.name for path in (folder / "log" / "staging").iterdir()]


def test_a_log_of_several_levels(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(65_536 + 300))
    assert findings(log) == []
    seen: list[tuple[int, int]] = []
    assert list(log.check(lambda done, total: seen.append((done, total)))) == []
    assert (seen[0], seen[-1]) == ((256, 65_836), (65_836, 65_836))
    for path in ("tile/0/255", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/x000/000"):
        if (tmp_path / "log" / path).exists():
            undo = flip(tmp_path / "log" / path, 30)
            assert {subject for _, subject in findings(log)} == {path}
            undo()
