"""A station's memory of the log notices rollbacks, forks and missing tiles, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from integrity import checkpoint
from integrity.checkpoint import Checkpoint, claimed
from integrity.commitment import commit
from integrity.cosignature import Cosigner, cosigned
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import Signature, Signer
from integrity.trust import Trust
from scripts.dock_log import LogInconsistent, LogMemory
from scripts.dock_state import DockState
from tests.fakes.clocks import START
from tests.fakes.signers import KEY, OTHER, SECOND_WITNESS, SIGNER, WITNESS
from tests.ingest.works import TRUST


class Server:
    """A log as its server shows it; `shown` can be another one than the true one."""

    def __init__(self, folder: Path, signer: Signer = SIGNER) -> None:
        self.log = Log.create(folder, signer, FileHeads(folder / "head"))
        self.asked: list[str] = []
        self.hidden: set[str] = set()
        self.cosigned: bytes | None = None

    def grow(self, count: int, kind: str = "a") -> bytes:
        """Append, and the new checkpoint."""
        size = self.log.head().size
        with self.log.exclusive():
            self.log.append([commit(bytes(32), f"{kind}{size + n}".encode()) for n in range(count)])
        return self.log.head().note

    def fetch(self, path: str) -> bytes | None:
        self.asked.append(path)
        if path == "checkpoint.cosigned":
            return self.cosigned
        return None if path in self.hidden else self.log.public_file(path)


@pytest.fixture
def state(tmp_path: Path) -> DockState:
    return DockState(tmp_path / "dock.json")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "log")


def memory(state: DockState, fetch: Callable[[str], bytes | None]) -> LogMemory:
    return LogMemory(state, TRUST, fetch)


@pytest.mark.parametrize("steps", [[1, 1, 1], [3, 250, 10], [255, 1, 1], [256, 256, 1], [700, 1, 300], [1, 1000]])
def test_a_log_that_grows_is_fine(state: DockState, server: Server, steps: list[int]) -> None:
    one = memory(state, server.fetch)
    for count in steps:
        note = server.grow(count)
        one.check(note)
        memory(state, server.fetch).check(note)
        assert state.checkpoint() == note


def test_an_older_receipt_is_fine_too(state: DockState, server: Server) -> None:
    old = server.grow(5)
    new = server.grow(300)
    one = memory(state, server.fetch)
    one.check(new)
    one.check(old)
    memory(state, server.fetch).check(old)
    assert state.checkpoint() == new


def test_what_is_known_is_not_asked_for_again(state: DockState, server: Server) -> None:
    note = server.grow(300)
    one = memory(state, server.fetch)
    one.check(note)
    server.asked.clear()
    one.check(note)
    assert server.asked == []


def test_a_rolled_back_log(state: DockState, server: Server, tmp_path: Path) -> None:
    memory(state, server.fetch).check(server.grow(10))
    young = Server(tmp_path / "young")
    note = young.grow(9)
    with pytest.raises(LogInconsistent, match="had 10 leaves and has 9"):
        memory(state, young.fetch).check(note)


@pytest.mark.parametrize("size", [10, 11, 300])
def test_a_forked_log(state: DockState, server: Server, tmp_path: Path, size: int) -> None:
    memory(state, server.fetch).check(server.grow(10))
    other = Server(tmp_path / "other")
    note = other.grow(size, "b")
    with pytest.raises(LogInconsistent):
        memory(state, other.fetch).check(note)


def test_a_receipt_from_a_fork(state: DockState, server: Server, tmp_path: Path) -> None:
    server.grow(10)
    note = Server(tmp_path / "other").grow(7, "b")
    with pytest.raises(LogInconsistent):
        memory(state, server.fetch).check(note)


def test_a_checkpoint_of_another_key(state: DockState, server: Server) -> None:
    head = server.log.head().checkpoint
    forged = checkpoint.sign(Checkpoint(head.origin, head.size, head.root), [OTHER]).note
    with pytest.raises(LogInconsistent, match="not signed"):
        memory(state, server.fetch).check(forged)


def test_a_server_without_a_log(state: DockState, server: Server) -> None:
    note = server.grow(1)
    with pytest.raises(LogInconsistent, match="no log"):
        memory(state, lambda _: None).check(note)


def test_missing_tiles(state: DockState, server: Server) -> None:
    memory(state, server.fetch).check(server.grow(10))
    note = server.grow(10)
    server.hidden = {"tile/0/000.p/20", "tile/0/000"}
    with pytest.raises(LogInconsistent, match="missing"):
        memory(state, server.fetch).check(note)


def test_publishing_that_lags_is_waited_for(state: DockState, server: Server) -> None:
    old = server.grow(10)
    new = server.grow(5)
    behind = [True]

    def fetch(path: str) -> bytes | None:
        return old if behind and path == "checkpoint" else server.fetch(path)

    one = memory(state, fetch)
    one.check(new)
    assert state.checkpoint() == new, "what a receipt says is remembered although it is not published yet"
    one.check(old)
    behind.clear()
    newest = server.grow(1)
    one.check(newest)
    assert state.checkpoint() == newest


def test_a_receipt_above_what_is_published_and_never_published(
    state: DockState, server: Server, tmp_path: Path
) -> None:
    server.grow(10)
    forked = Server(tmp_path / "other").grow(12, "b")
    one = memory(state, server.fetch)
    one.check(forked)
    with pytest.raises(LogInconsistent):
        one.check(server.grow(2))
    with pytest.raises(LogInconsistent):
        memory(state, server.fetch).check(server.grow(5))


def test_two_unpublished_heads_of_one_size(state: DockState, server: Server, tmp_path: Path) -> None:
    server.grow(1)
    one = memory(state, server.fetch)
    one.check(Server(tmp_path / "x").grow(5, "b"))
    with pytest.raises(LogInconsistent, match="one size"):
        one.check(Server(tmp_path / "y").grow(5, "c"))


NEXT = Signer("log.example/2", KEY)


def succeeded(tmp_path: Path, *, told: bool) -> tuple[Trust, Server]:
    """A successor of the station's log, and what the station's trust.json says of it."""
    young = Server(tmp_path / "next", NEXT)
    successions = ((NEXT.name, SIGNER.name),) if told else ()
    return replace(TRUST, logs=(*TRUST.logs, NEXT.verifier), successions=successions), young


def test_a_successor_that_trust_json_names(state: DockState, server: Server, tmp_path: Path) -> None:
    old = server.grow(10)
    memory(state, server.fetch).check(old)
    trust, young = succeeded(tmp_path, told=True)
    note = young.grow(3)
    one = LogMemory(state, trust, young.fetch)
    one.check(old)
    assert one.ended(old)
    one.check(note)
    assert not one.ended(note)
    assert state.checkpoint() == note
    assert LogMemory(state, trust, young.fetch).newest() == note
    with pytest.raises(LogInconsistent, match="succeeds none"):
        LogMemory(state, trust, server.fetch).check(server.grow(1))


def test_a_successor_that_only_the_server_names(state: DockState, server: Server, tmp_path: Path) -> None:
    memory(state, server.fetch).check(server.grow(10))
    trust, young = succeeded(tmp_path, told=False)
    with pytest.raises(LogInconsistent, match="succeeds none"):
        LogMemory(state, trust, young.fetch).check(young.grow(300))


class TestWitnesses:
    """A station whose trust.json asks for two of two witnesses."""

    def memory(self, state: DockState, fetch: Callable[[str], bytes | None]) -> LogMemory:
        trust = replace(TRUST, witnesses=(WITNESS.key, SECOND_WITNESS.key), quorum=2)
        return LogMemory(state, trust, fetch)

    def cosigned(self, note: bytes, *cosigners: Cosigner) -> bytes:
        return cosigned(note, [one.cosign(claimed(note).text(), START) for one in cosigners])

    def test_what_they_signed_covers_what_came_before(self, state: DockState, server: Server) -> None:
        old, new = server.grow(5), server.grow(300)
        server.cosigned = self.cosigned(new, WITNESS, SECOND_WITNESS)
        server.grow(1)
        one = self.memory(state, server.fetch)
        one.check(old)
        assert one.witnessed(old)
        assert one.witnessed(new)

    def test_a_receipts_own_checkpoint_may_carry_them(self, state: DockState, server: Server) -> None:
        signed = self.cosigned(server.grow(5), WITNESS, SECOND_WITNESS)
        assert self.memory(state, lambda _: None).witnessed(signed)

    def test_not_yet(self, state: DockState, server: Server) -> None:
        old = server.grow(5)
        both = self.cosigned(old, WITNESS, SECOND_WITNESS)
        new = server.grow(5)
        one = self.memory(state, server.fetch)
        one.check(new)
        false = Signature(SECOND_WITNESS.key.name, SECOND_WITNESS.key.key_id, bytes(72)).line().encode()
        for shown in (None, new, self.cosigned(new, WITNESS), self.cosigned(new, WITNESS, WITNESS), both,
                      self.cosigned(new, WITNESS) + false):  # fmt: skip
            server.cosigned = shown
            assert not one.witnessed(new)

    def test_they_signed_another_log(self, state: DockState, server: Server, tmp_path: Path) -> None:
        note = server.grow(10)
        other = Server(tmp_path / "other")
        server.cosigned = self.cosigned(other.grow(10, "b"), WITNESS, SECOND_WITNESS)
        one = self.memory(state, server.fetch)
        one.check(note)
        with pytest.raises(LogInconsistent):
            one.witnessed(note)

    def test_what_is_not_published_yet_is_not_proved_yet(self, state: DockState, server: Server) -> None:
        old = server.grow(5)
        behind = server.log.published()
        server.cosigned = self.cosigned(server.grow(5), WITNESS, SECOND_WITNESS)

        def fetch(path: str) -> bytes | None:
            return behind if path == "checkpoint" else server.fetch(path)

        one = self.memory(state, fetch)
        one.check(old)
        assert not one.witnessed(old)

    def test_nobody_is_asked_for(self, state: DockState, server: Server) -> None:
        assert memory(state, lambda _: None).witnessed(server.grow(1))
