"""Uploads under any order of appends, cuts, lies, crashes and restarts, compared with a model that is a byte string."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ingest.errors import (
    ChecksumMismatch,
    DeclaredDigestMismatch,
    IngestError,
    OffsetConflict,
    UploadFinished,
    UploadGone,
    UploadTooLarge,
)
from integrity.digest import Digest
from tests.ingest.house import STATION, House


class UploadMachine(RuleBasedStateMachine):
    """Append, cut, lie about the offset, restart, terminate: offset and bytes are always those of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name))
        self.model: bytes | None = b""
        self.settled = False

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(whole=st.binary(max_size=60), honest=st.booleans(), declared=st.booleans())
    def create(self, whole: bytes, honest: bool, declared: bool) -> None:
        self.target = whole
        digest = hashlib.sha256(whole if honest else whole + b"!").hexdigest()
        self.honest = honest or not declared
        try:
            self.upload = self.house.create(len(whole), **({"sha256": digest} if declared else {}))
            self.settled = not whole
        except DeclaredDigestMismatch:
            assert not whole
            assert not self.honest
            self.upload = self.house.mismatches[0]
            self.model = None

    @property
    def alive(self) -> bool:
        return self.model is not None and not self.settled

    def expect(self, size: int) -> None:
        """The model takes `size` more bytes of the target."""
        assert self.model is not None
        self.model = self.target[: len(self.model) + size]

    def concluded(self) -> None:
        if self.model is not None and len(self.model) == len(self.target):
            self.settled = self.honest
            self.model = self.model if self.honest else None

    @precondition(lambda self: self.alive)
    @rule(size=st.integers(0, 30), pieces=st.integers(1, 3), checksum=st.sampled_from(["none", "right", "wrong"]))
    def append(self, size: int, pieces: int, checksum: str) -> None:
        assert self.model is not None
        chunk = self.target[len(self.model) : len(self.model) + size]
        step = max(1, len(chunk) // pieces)
        chunks = [chunk[start : start + step] for start in range(0, len(chunk), step)]
        digest = None if checksum == "none" else Digest.of(chunk if checksum == "right" else chunk + b"?")
        refused: IngestError | None = None
        try:
            self.house.send(self.upload, len(self.model), *chunks, checksum=digest)
        except (ChecksumMismatch, DeclaredDigestMismatch) as error:
            refused = error
        assert isinstance(refused, ChecksumMismatch) == (checksum == "wrong")
        if checksum != "wrong":
            self.expect(len(chunk))
            assert isinstance(refused, DeclaredDigestMismatch) == (
                len(self.model) == len(self.target) and not self.honest
            )
            self.concluded()

    @precondition(lambda self: self.alive)
    @rule(size=st.integers(0, 30), checksum=st.booleans())
    def cut(self, size: int, checksum: bool) -> None:
        assert self.model is not None
        chunk = self.target[len(self.model) : len(self.model) + size]
        digest = Digest.of(chunk) if checksum else None
        reception = self.house.uploads.begin(STATION, self.upload, len(self.model), None, digest)
        reception.take(chunk)
        reception.interrupt()
        if not checksum:
            self.expect(len(chunk))
            self.concluded()

    @precondition(lambda self: self.alive)
    @rule(offset=st.integers(0, 70))
    def lie(self, offset: int) -> None:
        assert self.model is not None
        if offset != len(self.model):
            with pytest.raises(OffsetConflict):
                self.house.send(self.upload, offset, b"z")

    @precondition(lambda self: self.alive)
    @rule(more=st.integers(1, 5))
    def overshoot(self, more: int) -> None:
        assert self.model is not None
        with pytest.raises(UploadTooLarge):
            self.house.send(self.upload, len(self.model), self.target[len(self.model) :] + b"z" * more)

    @precondition(lambda self: self.alive)
    @rule(size=st.integers(0, 30))
    def crash(self, size: int) -> None:
        """The process dies with bytes written and none of them acknowledged."""
        assert self.model is not None
        with self.house.spool.open(self.upload) as file:
            file.append(b"y" * size)
        self.house.restart()

    @rule()
    def restart(self) -> None:
        self.house.restart()

    @precondition(lambda self: self.model is not None)
    @rule()
    def terminate(self) -> None:
        if self.settled:
            with pytest.raises(UploadFinished):
                self.house.uploads.terminate(STATION, self.upload)
        else:
            self.house.uploads.terminate(STATION, self.upload)
            self.model = None

    @invariant()
    def told_is_true(self) -> None:
        if not hasattr(self, "upload"):
            return
        if self.model is None:
            with pytest.raises(UploadGone):
                self.house.uploads.state(STATION, self.upload)
            return
        state = self.house.uploads.state(STATION, self.upload)
        assert (state.offset, state.settled) == (len(self.model), self.settled)
        assert self.house.content(self.upload)[: state.offset] == self.model
        if self.settled:
            whole = self.house.spool.whole(self.upload)
            assert whole is not None
            assert whole.digest == Digest.of(self.target)


TestUploadMachine = UploadMachine.TestCase
TestUploadMachine.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_model_notices_a_wrong_offset(tmp_path: Path) -> None:
    """The invariant is able to fail: an offset beyond the bytes is not what the model says."""
    machine = UploadMachine()
    machine.create(b"abc", honest=True, declared=True)
    with machine.house.spool.open(machine.upload) as file:
        file.append(b"a")
        file.acknowledge()
    with pytest.raises(AssertionError):
        machine.told_is_true()
    machine.teardown()
