"""Sealing: the order, what a retry reuses, what a missing authority or log does, and what it must refuse."""

from dataclasses import replace
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidManifest, LogUnavailable, VaultConflict, VaultError
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.manifest import leaf_of
from integrity.seal import ReceivedFile, Sealer
from integrity.sm3 import Sm3
from integrity.statement import Statement
from integrity.vault_files import FileVault
from tests.fakes.appenders import FakeAppender
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.immutable import clear_one
from tests.faults.seal_scenario import SIGNER

BODY = b"footage" * 1000
STATEMENT = Statement(agency="01agency", station="01station", kind="body-camera", name="询问.mp4", device="DSJ-7")


class House:
    """A sealer with all that it needs, and one upload received."""

    def __init__(self, place: Path) -> None:
        (place / "spool").mkdir()
        (place / "spool" / "bytes").write_bytes(BODY)
        (place / "log").mkdir()
        self.folder = place / "spool"
        self.vault = FileVault(place / "vault")
        self.log = Log.create(place / "log", SIGNER, FileHeads(place / "log" / "head"))
        self.appender = FakeAppender(self.log)
        self.authority = FakeAuthority("first")
        self.second = FakeAuthority("second")
        self.clock = FakeClock()
        self.random = FakeRandom()
        self.received = ReceivedFile("01upload", self.folder / "bytes", Digest.of(BODY), len(BODY))
        self.sealer = Sealer(self.vault, [self.authority, self.second], self.appender, self.clock, self.random)

    def leaves(self) -> list[bytes]:
        return list(self.log.entries(0, self.log.head().size))


@pytest.fixture
def house(place: Path) -> House:
    return House(place)


def test_a_seal_says_what_was_done(house: House) -> None:
    fixed = house.sealer.fix(house.folder, house.received, STATEMENT)
    seal = house.sealer.seal(house.folder, house.received)
    assert seal.manifest == fixed.manifest
    assert seal.digest == Digest.of(BODY)
    assert seal.manifest_digest == Digest.of(fixed.content)
    assert (seal.original.size, seal.manifest_ref.size) == (len(BODY), len(fixed.content))
    assert house.leaves() == [seal.commitment] == [leaf_of(fixed.content)]
    assert seal.leaf_index == 0
    assert not house.received.path.exists(), "the vault has it"


def test_the_manifest_says_who_what_and_when(house: House) -> None:
    house.clock.lose_synchronisation()
    manifest = house.sealer.fix(house.folder, house.received, STATEMENT).manifest
    assert (manifest.digest, manifest.size, manifest.name) == (Digest.of(BODY), len(BODY), "询问.mp4")
    assert (manifest.source.agency, manifest.source.station, manifest.source.person) == ("01agency", "01station", None)
    assert manifest.received_at == START
    assert (manifest.clock.synchronised, manifest.clock.max_error_ms) == (False, None)
    assert manifest.statement == Digest.of(STATEMENT.encode())
    assert (house.folder / "statement.json").read_bytes() == STATEMENT.encode()


def test_tokens_are_over_the_original_and_over_the_manifest(house: House) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    seal = house.sealer.seal(house.folder, house.received)
    assert [(token.over, token.authority) for token in seal.tokens] == [("original", "first"), ("manifest", "first")]
    assert [token.token.digest for token in seal.tokens if token.token] == [seal.digest, seal.manifest_digest]


def test_fixing_again_draws_no_second_salt(house: House) -> None:
    first = house.sealer.fix(house.folder, house.received, STATEMENT)
    house.clock.advance(3600)
    assert house.sealer.fix(house.folder, house.received, STATEMENT) == first
    assert house.random.calls == 1


def test_a_second_digest_where_it_is_asked_for(house: House) -> None:
    sealer = Sealer(house.vault, [house.authority], house.appender, house.clock, house.random, sm3=True)
    fixed = sealer.fix(house.folder, house.received, STATEMENT)
    assert fixed.manifest.sm3 == Sm3.of(BODY)
    assert sealer.seal(house.folder, house.received).manifest.sm3 == Sm3.of(BODY)
    assert house.sealer.fix(house.folder, house.received, STATEMENT) == fixed, "fixed is fixed, whatever is set now"


def test_a_second_digest_is_never_of_other_bytes(house: House) -> None:
    sealer = Sealer(house.vault, [house.authority], house.appender, house.clock, house.random, sm3=True)
    house.received.path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(InvalidManifest, match="not what was received"):
        sealer.fix(house.folder, house.received, STATEMENT)
    assert not (house.folder / "manifest.json").exists()


def test_sealing_again_asks_nobody_again(house: House) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    first = house.sealer.seal(house.folder, house.received)
    assert house.sealer.seal(house.folder, house.received) == first
    assert len(house.authority.asked) == 2
    assert len(house.leaves()) == 1


def test_another_statement_for_the_same_upload_is_refused(house: House) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    with pytest.raises(InvalidManifest):
        house.sealer.fix(house.folder, house.received, replace(STATEMENT, device="DSJ-8"))


@pytest.mark.parametrize(
    "change", [{"upload": "01other"}, {"digest": Digest.of(b"other")}, {"size": 1}], ids=["upload", "digest", "size"]
)
def test_a_manifest_of_something_else_is_refused(house: House, change: dict[str, object]) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    other = replace(house.received, **change)  # type: ignore[arg-type] # one field each, of its own type
    with pytest.raises(InvalidManifest):
        house.sealer.fix(house.folder, other, STATEMENT)
    with pytest.raises(InvalidManifest):
        house.sealer.seal(house.folder, other)


def test_nothing_is_sealed_before_it_is_fixed(house: House) -> None:
    with pytest.raises(InvalidManifest):
        house.sealer.seal(house.folder, house.received)
    assert list(house.vault.digests()) == []


def test_bytes_that_are_not_what_was_received_are_not_sealed(house: House) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    house.received.path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(VaultError):
        house.sealer.seal(house.folder, house.received)
    assert list(house.vault.digests()) == []
    assert house.leaves() == []


def test_a_size_that_is_not_the_files_is_refused(house: House) -> None:
    received = replace(house.received, size=len(BODY) - 1)
    house.sealer.fix(house.folder, received, STATEMENT)
    with pytest.raises(InvalidManifest):
        house.sealer.seal(house.folder, received)
    assert house.leaves() == []


def test_a_damaged_object_in_the_vault_stops_the_seal(house: House, place: Path) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    house.appender.lost = True
    with pytest.raises(LogUnavailable):
        house.sealer.seal(house.folder, house.received)
    (house.folder / "vault.json").unlink()
    path = next(place.rglob(Digest.of(BODY).hex))
    clear_one(path)
    path.chmod(0o600)
    path.write_bytes(BODY[:-1])
    house.appender.lost = False
    with pytest.raises(VaultConflict):
        house.sealer.seal(house.folder, house.received)
    assert house.leaves() == []


@pytest.mark.parametrize("fault", [FakeAuthority.go_away, FakeAuthority.answer_wrongly], ids=["away", "wrong"])
def test_authorities_are_tried_in_order(house: House, fault: object) -> None:
    assert callable(fault)
    fault(house.authority)
    house.sealer.fix(house.folder, house.received, STATEMENT)
    seal = house.sealer.seal(house.folder, house.received)
    assert [token.authority for token in seal.tokens] == ["second", "second"]


def test_without_any_authority_the_token_is_pending_and_the_seal_stands(house: House) -> None:
    house.authority.go_away()
    house.second.go_away()
    house.sealer.fix(house.folder, house.received, STATEMENT)
    seal = house.sealer.seal(house.folder, house.received)
    assert [token.pending for token in seal.tokens] == [True, True]
    assert [token.authority for token in seal.tokens] == ["first", "first"]
    assert len(house.leaves()) == 1
    house.second.come_back()
    late = house.sealer.stamp("original", seal.digest)
    assert not late.pending
    assert late.authority == "second"


def test_a_token_is_stored_before_the_leaf_is_asked_for(house: House) -> None:
    house.appender.lost = True
    house.sealer.fix(house.folder, house.received, STATEMENT)
    with pytest.raises(LogUnavailable):
        house.sealer.seal(house.folder, house.received)
    house.appender.lost = False
    seal = house.sealer.seal(house.folder, house.received)
    assert len(house.authority.asked) == 2, "the stored ones were used"
    assert seal.leaf_index == 0


def test_an_answer_lost_on_the_way_is_not_a_second_leaf(house: House) -> None:
    house.appender.unknown = True
    house.sealer.fix(house.folder, house.received, STATEMENT)
    with pytest.raises(LogUnavailable):
        house.sealer.seal(house.folder, house.received)
    house.appender.unknown = False
    assert house.sealer.seal(house.folder, house.received).leaf_index == 0
    assert len(house.leaves()) == 1


def test_equal_bytes_of_another_upload_share_the_object_but_not_the_manifest(house: House, place: Path) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    first = house.sealer.seal(house.folder, house.received)
    (place / "other").mkdir()
    (place / "other" / "bytes").write_bytes(BODY)
    received = replace(house.received, upload="02upload", path=place / "other" / "bytes")
    house.sealer.fix(place / "other", received, replace(STATEMENT, agency="02agency"))
    second = house.sealer.seal(place / "other", received)
    assert second.original == first.original
    assert second.manifest_ref != first.manifest_ref
    assert second.leaf_index == 1


@pytest.mark.parametrize("name", ["vault.json", "original.token.json", "leaf.json"])
@pytest.mark.parametrize("bad", [b"", b"{}", b'{"index":0} ', b'{"index":"0"}'], ids=["empty", "bare", "space", "text"])
def test_a_damaged_step_is_refused_not_guessed(house: House, name: str, bad: bytes) -> None:
    house.sealer.fix(house.folder, house.received, STATEMENT)
    house.sealer.seal(house.folder, house.received)
    (house.folder / name).write_bytes(bad)
    with pytest.raises(InvalidCanonical):
        house.sealer.seal(house.folder, house.received)


def test_a_sealer_has_an_authority(house: House) -> None:
    with pytest.raises(ValueError, match="authority"):
        Sealer(house.vault, [], house.appender, house.clock, house.random)


class TestTwoAtOnce:
    """By setting, tokens of two different authorities over each digest."""

    @pytest.fixture
    def twice(self, house: House) -> House:
        house.sealer = Sealer(
            house.vault, [house.authority, house.second], house.appender, house.clock, house.random, tokens_wanted=2
        )
        house.sealer.fix(house.folder, house.received, STATEMENT)
        return house

    def test_each_digest_has_one_of_each(self, twice: House) -> None:
        seal = twice.sealer.seal(twice.folder, twice.received)
        assert [(token.over, token.authority, token.pending) for token in seal.tokens] == [
            (over, authority, False) for over in ("original", "manifest") for authority in ("first", "second")
        ]

    def test_one_that_is_away_leaves_its_token_pending(self, twice: House) -> None:
        twice.authority.go_away()
        seal = twice.sealer.seal(twice.folder, twice.received)
        assert [(token.authority, token.pending) for token in seal.tokens] == [("second", False), ("first", True)] * 2

    def test_what_comes_later_is_never_the_same_authoritys_again(self, twice: House) -> None:
        twice.authority.go_away()
        first = twice.sealer.seal(twice.folder, twice.received)
        twice.authority.come_back()
        second = twice.sealer.seal(twice.folder, twice.received)
        assert [token.authority for token in second.tokens] == ["second", "first"] * 2
        assert [token.token for token in second.tokens[::2]] == [token.token for token in first.tokens[::2]]
        assert len(twice.second.asked) == 2

    def test_more_tokens_than_authorities(self, house: House) -> None:
        with pytest.raises(ValueError, match="authority"):
            Sealer(house.vault, [house.authority], house.appender, house.clock, house.random, tokens_wanted=2)
