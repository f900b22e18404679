"""The first start: what it makes, that it can be cut short anywhere, and that nothing is ever made a second time."""

import contextlib
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.database import Database
from catalog.errors import CatalogError
from integrity.authority import make_authority
from integrity.clock import SystemClock, system_random
from integrity.errors import IntegrityError, InvalidTrust, LogError
from integrity.trust import TrustedAuthority, read_trust
from scripts import founding
from scripts.assemble_tiles import LogPlaces
from scripts.founding import DataInUse, NotFounded
from scripts.keys import KeyUnusable
from scripts.logs import open_log
from scripts.settings import Settings, WrongSettings
from tests.fakes import certificates
from tests.fakes.interruptions import failing
from tests.fakes.signers import SECOND_WITNESS, WITNESS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_authority(tmp_path_factory.mktemp("authority"), SystemClock(), system_random).root_pem


def _found(data: Path, root: bytes, settings: Settings | None = None) -> None:
    founding.found(data, settings or Settings(), system_random)
    settings = settings or Settings()
    witnesses = [witness.key for witness in settings.witness_addresses]
    founding.trust(data, root, witnesses=witnesses, quorum=settings.witness_quorum)


def size(data: Path) -> int:
    """Of the log, as every command opens it."""
    database = Database.open(Settings().database_url(data))
    try:
        return open_log(LogPlaces(data), database).head().size
    finally:
        database.close()


def test_everything_is_there_and_private(tmp_path: Path, root: bytes) -> None:
    _found(tmp_path, root)
    assert read_trust(tmp_path / "trust.json").logs[0].name == founding.origin(tmp_path)
    assert size(tmp_path) == 0
    for name in ("keys/log.key", "keys/receipt.key", "catalog.sqlite3"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


def test_a_second_start_changes_nothing(tmp_path: Path, root: bytes) -> None:
    _found(tmp_path, root)
    before = {
        name: (tmp_path / name).read_bytes() for name in ("keys/log.key", "keys/origin", "trust.json", "log/head")
    }
    _found(tmp_path, root)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_first_start_cut_short_anywhere_is_finished_by_the_next(tmp_path: Path, root: bytes, after: bool) -> None:
    for number in range(1, 500):
        data = tmp_path / str(number)
        data.mkdir()
        with contextlib.suppress(OSError, IntegrityError, CatalogError), failing(number, after) as calls:
            _found(data, root)
        _found(data, root)
        assert size(data) == 0
        if len(calls) < number:
            break
    assert 20 < number < 499


@pytest.mark.parametrize("lost", ["keys/log.key", "keys/receipt.key", "log/head"])
def test_what_is_lost_later_is_never_made_anew(tmp_path: Path, root: bytes, lost: str) -> None:
    _found(tmp_path, root)
    (tmp_path / lost).unlink()
    with pytest.raises((KeyUnusable, LogError)):
        _found(tmp_path, root)
        size(tmp_path)
        founding.receipt_signer(tmp_path)
    assert not (tmp_path / lost).exists()


def test_another_authority_is_not_taken_for_the_one_that_was_told(
    tmp_path: Path, root: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _found(tmp_path, root)
    other = make_authority(tmp_path_factory.mktemp("other"), SystemClock(), system_random).root_pem
    with pytest.raises(InvalidTrust):
        founding.trust(tmp_path, other)


def test_what_others_are_told_follows_the_witnesses_and_nothing_else(tmp_path: Path, root: bytes) -> None:
    _found(tmp_path, root)
    before = read_trust(tmp_path / "trust.json")
    witnesses = f"http://w1 {WITNESS.key.vkey} http://w2 {SECOND_WITNESS.key.vkey}"
    _found(tmp_path, root, Settings(witnesses=witnesses, witness_quorum=2))
    told = read_trust(tmp_path / "trust.json")
    assert (told.witnesses, told.quorum) == ((WITNESS.key, SECOND_WITNESS.key), 2)
    assert replace(told, witnesses=(), quorum=0) == before
    _found(tmp_path, root, Settings(witnesses=f"http://w2 {SECOND_WITNESS.key.vkey}"))
    assert read_trust(tmp_path / "trust.json").witnesses == (SECOND_WITNESS.key,)
    _found(tmp_path, root)
    assert read_trust(tmp_path / "trust.json") == before


def test_a_first_start_tells_the_witnesses(tmp_path: Path, root: bytes) -> None:
    _found(tmp_path, root, Settings(witnesses=f"http://w1 {WITNESS.key.vkey}", witness_quorum=1))
    assert read_trust(tmp_path / "trust.json").quorum == 1


def test_an_origin_never_changes(tmp_path: Path, root: bytes) -> None:
    _found(tmp_path, root, Settings(log_origin="log.example/a"))
    assert founding.origin(tmp_path) == "log.example/a"
    _found(tmp_path, root, Settings(log_origin="log.example/a"))
    with pytest.raises(WrongSettings, match="log_origin"):
        _found(tmp_path, root, Settings(log_origin="log.example/b"))


def test_one_folder_has_one_server(tmp_path: Path) -> None:
    with founding.sole_server(tmp_path), pytest.raises(DataInUse), founding.sole_server(tmp_path):
        pass
    with founding.sole_server(tmp_path):
        pass


def test_a_folder_without_an_installation_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFounded):
        founding.origin(tmp_path)


def _authority(name: str, qualified: bool = False) -> TrustedAuthority:
    return TrustedAuthority(name, certificates.root(f"root of {name}").pem, qualified)


class TestExternalAuthorities:
    def test_they_are_told_from_the_first_start_on(self, tmp_path: Path, root: bytes) -> None:
        founding.found(tmp_path, Settings(), system_random)
        told = founding.trust(tmp_path, root, [_authority("far", qualified=True)])
        assert [(one.name, one.qualified) for one in told.authorities] == [("far", True), ("embedded", False)]

    def test_later_ones_are_added_and_none_is_ever_taken_away(self, tmp_path: Path, root: bytes) -> None:
        _found(tmp_path, root)
        founding.trust(tmp_path, root, [_authority("far")])
        told = founding.trust(tmp_path, None, [_authority("near")])
        assert [one.name for one in told.authorities] == ["embedded", "far", "near"]
        assert read_trust(tmp_path / "trust.json") == told
        assert told.logs == founding.own_trust(tmp_path).logs

    def test_one_under_the_name_of_another_is_refused(self, tmp_path: Path, root: bytes) -> None:
        _found(tmp_path, root)
        founding.trust(tmp_path, root, [_authority("far")])
        for other in (TrustedAuthority("far", _authority("near").root_pem, False), _authority("far", qualified=True)):
            with pytest.raises(InvalidTrust, match="far has another root or rank"):
                founding.trust(tmp_path, root, [other])
        assert read_trust(tmp_path / "trust.json").authorities[1] == _authority("far")

    def test_without_the_embedded_one(self, tmp_path: Path) -> None:
        founding.found(tmp_path, Settings(), system_random)
        assert [one.name for one in founding.trust(tmp_path, None, [_authority("far")]).authorities] == ["far"]
        assert founding.own_trust(tmp_path).authorities == ()
