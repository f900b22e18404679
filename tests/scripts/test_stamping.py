"""The published checkpoint gets its token: once, when it is due, and whatever happens to the authority meanwhile."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrity.authority import make_authority
from integrity.certificates import read_certificates
from integrity.checkpoint import claimed, own_note
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.note import Signer
from integrity.timestamp import HttpAuthority
from integrity.token import Token
from scripts import founding
from scripts.application import log_file
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.metrics import StateCollector
from scripts.settings import load
from scripts.stamping import Stamping
from scripts.status import status_of
from tests.fakes.signers import KEY
from tests.scripts.installation import dba

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture
def house(tampered: Path) -> Iterator[House]:
    opened = open_house(tampered, load(environment={}))
    yield opened
    opened.close()


def authority(house: House) -> HttpAuthority:
    """The installation's own, asked without HTTP."""
    embedded = make_authority(house.data / "authority", house.clock, house.random)
    roots = read_certificates(embedded.root_pem)
    return HttpAuthority(founding.AUTHORITY, embedded.respond, roots, house.clock, house.random)


def stamping(house: House) -> Stamping:
    return Stamping(house.logs, house.checkpoints, authority(house).stamp, 60)


def test_what_is_published_is_stamped_once(house: House) -> None:
    assert stamping(house).once()
    assert not stamping(house).once()
    while house.sequencer.drain():
        pass
    assert not stamping(house).once(), "the entry that tells of the token is no reason for another"
    report = run(house.data)
    assert report.findings == ()
    assert report.looked_at["checkpoint_tokens"] == 1


def test_the_newest_token_is_public_with_what_it_is_over(house: House) -> None:
    assert log_file(house, "checkpoint.tsr") is None
    assert log_file(house, "checkpoint.stamped") is None
    published = house.log.published()
    assert stamping(house).once()
    assert published is not None
    assert log_file(house, "checkpoint.stamped") == own_note(published)
    assert log_file(house, "checkpoint") == published
    newest = house.checkpoints.newest(house.log.origin)
    assert newest is not None
    assert log_file(house, "checkpoint.tsr") == newest.token


def test_cosignatures_are_kept_and_not_stamped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a witness added to the published note stays with it; the token is over what the log signed."""
    published = house.log.published() or b""
    cosigned = published + Signer("witness.example", KEY).sign(b"x").line().encode()
    monkeypatch.setattr(house.log, "published", lambda: cosigned)
    asked: list[Digest] = []

    def stamp(digest: Digest) -> Token:
        asked.append(digest)
        return authority(house).stamp(digest)

    assert Stamping(house.logs, house.checkpoints, stamp, 60).once()
    newest = house.checkpoints.newest(house.log.origin)
    assert newest is not None
    assert newest.note == cosigned
    assert asked == [Digest.of(published)]


def test_a_cosigned_checkpoint_is_stamped_rather_than_a_newer_one(house: House) -> None:
    """While it has no token; afterwards, or where the witnesses are away, the published one is stamped."""
    older = house.log.published()
    cosigned = [older]
    stamping = Stamping(house.logs, house.checkpoints, authority(house).stamp, 60, lambda: cosigned[0])
    house.sequencer.append(bytes(32))

    def newest() -> bytes:
        found = house.checkpoints.newest(house.log.origin)
        assert found is not None
        return found.note

    assert stamping.once()
    assert newest() == older
    assert stamping.once()
    assert newest() == house.log.published() != older
    cosigned[0] = None
    assert not stamping.once()


def test_an_authority_that_is_away_is_asked_again_and_stops_nothing(house: House) -> None:
    def away(_digest: Digest) -> Token:
        raise AuthorityUnavailable("away")

    with pytest.raises(AuthorityUnavailable):
        Stamping(house.logs, house.checkpoints, away, 60).once()
    assert house.log.head().size
    house.sequencer.append(bytes(32))
    assert stamping(house).once()


def test_the_thread_goes_on_after_a_failure_and_ends_when_asked(house: House) -> None:
    """Whatever fails: nothing else would ask again."""
    outcomes = iter([AuthorityUnavailable("away"), ZeroDivisionError()])

    def stamp(digest: Digest) -> Token:
        for error in outcomes:
            raise error
        kept.set()
        return authority(house).stamp(digest)

    kept = threading.Event()
    quick = Stamping(house.logs, house.checkpoints, stamp, 60)
    quick._seconds = 0  # at every look; `start` would take it for never
    quick._thread.start()
    assert kept.wait(60)
    quick.stop()
    assert house.checkpoints.newest(house.log.origin) is not None


def test_zero_means_never(house: House) -> None:
    never = Stamping(house.logs, house.checkpoints, authority(house).stamp, 0)
    never.start()
    never.stop()
    assert house.checkpoints.newest(house.log.origin) is None


def test_status_and_metrics_tell_how_far_the_newest_token_reaches(house: House) -> None:
    assert status_of(house).log["token"] is None
    assert metric(house, "tiezheng_log_token_size") == -1
    size = claimed(house.log.published() or b"").size
    assert stamping(house).once()
    token = json.loads(json.dumps(status_of(house).json()))["log"]["token"]
    assert (token["size"], token["authority"], token["due"]) == (size, "embedded", False)
    assert token["age_seconds"] < 3600
    assert metric(house, "tiezheng_log_token_size") == size
    assert metric(house, "tiezheng_log_token_due") == 0
    house.sequencer.append(bytes(32))
    assert status_of(house).log["token"]["due"]
    assert metric(house, "tiezheng_log_token_due") == 1


def metric(house: House, name: str) -> float:
    [found] = [one for one in StateCollector(lambda: status_of(house)).collect() if one.name == name]
    return float(found.samples[0].value)


def test_the_audit_names_a_swapped_token(house: House) -> None:
    assert stamping(house).once()
    dba(house.data, "UPDATE checkpoint_tokens SET token = note")
    while house.sequencer.drain():
        pass
    found = {finding.code for finding in run(house.data).findings}
    assert found == {"checkpoint-token-differs", "token-malformed"}
