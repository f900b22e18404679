"""Authorities in order over real HTTP: whatever the first one answers, the second one's token is taken."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.timestamp import Transport
from scripts.assemble import House, open_house
from scripts.authorities import asking
from scripts.settings import load
from tests.fakes import certificates
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import Dated, dated
from tests.servers.answering import answering, send

DIGEST = Digest.of(b"evidence")
MEDIA_TYPE = "application/timestamp-reply"


@dataclass(slots=True)
class Place:
    """Two authorities with roots as files; `answers` is how the first one's server answers."""

    folder: Path
    house: House
    first: Dated
    second: Dated

    def settings(self, *urls: str, **options: object) -> None:
        tables = []
        for url, authority in zip(urls, (self.first, self.second), strict=False):
            root = self.folder / f"{authority.client.name}.pem"
            root.write_bytes(authority.trusted.root_pem)
            table = {"name": authority.client.name, "url": url, "root": str(root), "timeout_s": 0.5}
            tables.append(table | (options if authority is self.first else {}))
        settings = load(environment={"TIEZHENG_AUTHORITIES": json.dumps(tables)})
        self.house = replace(self.house, settings=settings)


@pytest.fixture
def place(installed: Path, tmp_path: Path) -> Iterator[Place]:
    house = open_house(installed, load(environment={}))
    now = house.clock.now().replace(microsecond=0)
    far = now + timedelta(days=3650)
    yield Place(
        tmp_path, house, dated(tmp_path, "first", house.clock, far), dated(tmp_path, "second", house.clock, far)
    )
    house.close()


def served(transport: Transport) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    return lambda request, query: send(request, transport(query), MEDIA_TYPE)


def raw(authority: Dated) -> Transport:
    return authority.client._transport


def _of_other_bytes(place: Place) -> Transport:
    token = place.first.stamp(Digest.of(b"other"))
    return lambda _query: token


def _replayed(place: Place) -> Transport:
    token = place.first.stamp(DIGEST)
    return lambda _query: token


def _strangers(place: Place) -> Transport:
    root = certificates.root("stranger")
    issued = certificates.signer(root)
    return certificates.authority(place.folder / "stranger", root, issued, place.house.clock).respond


def _with_its_time_off(place: Place) -> Transport:
    clock = FakeClock(at=place.house.clock.now() - timedelta(minutes=6))
    return certificates.authority(place.folder / "late", place.first.root, place.first.issued, clock).respond


BAD: dict[str, Callable[[Place], Transport]] = {
    "garbage": lambda _: lambda _query: b"garbage",
    "nothing": lambda _: lambda _query: b"",
    "huge": lambda _: lambda _query: bytes(10_000_000),
    "over other bytes": _of_other_bytes,
    "an answer of before": _replayed,
    "a certificate of another root": _strangers,
    "six minutes off": _with_its_time_off,
    "a rejection": lambda place: lambda _query: raw(place.first)(b"garbage"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_first_answers_is_not_taken(place: Place, name: str) -> None:
    with answering(served(BAD[name](place))) as first, answering(served(raw(place.second))) as second:
        place.settings(first, second)
        with asking(place.house, None) as authorities:
            assert authorities.first.stamp(DIGEST).authority == "second"
            assert [bool(standing.failures) for standing in authorities.standing()] == [True, False]


def test_a_policy_that_was_not_agreed(place: Place) -> None:
    with answering(served(raw(place.first))) as first, answering(served(raw(place.second))) as second:
        place.settings(first, second, policies=["1.2.3.4"])
        with asking(place.house, None) as authorities:
            assert authorities.first.stamp(DIGEST).authority == "second"
            assert "token-policy" in str(authorities.standing()[0].problem)


def test_one_that_keeps_silent_costs_one_wait(place: Place) -> None:
    over = threading.Event()
    asked: list[bytes] = []

    def silent(_request: BaseHTTPRequestHandler, query: bytes) -> None:
        asked.append(query)
        over.wait(5)

    with answering(silent) as first, answering(served(raw(place.second))) as second:
        place.settings(first, second)
        with asking(place.house, None) as authorities:
            tokens = {authorities.first.stamp(Digest.of(bytes([number]))).authority for number in range(3)}
        over.set()
    assert tokens == {"second"}
    assert len(asked) == 1


def test_when_none_answers(place: Place) -> None:
    with answering(served(lambda _: b"")) as first:
        place.settings(first)
        with asking(place.house, None) as authorities:
            with pytest.raises(AuthorityUnavailable):
                authorities.first.stamp(DIGEST)
            assert all(standing.failures for standing in authorities.standing())
            with pytest.raises(AuthorityUnavailable, match="no embedded"):
                authorities.timestamp(b"query")


def test_a_password_is_sent_and_nowhere_shown(place: Place) -> None:
    sent: list[str] = []

    def remembered(request: BaseHTTPRequestHandler, query: bytes) -> None:
        sent.append(str(request.headers.get("Authorization")))
        send(request, raw(place.first)(query), MEDIA_TYPE)

    (place.folder / "password").write_text("geheim\n")
    with answering(remembered) as first:
        place.settings(first, username="us", password_file=str(place.folder / "password"))
        with asking(place.house, None) as authorities:
            assert authorities.first.stamp(DIGEST).authority == "first"
            assert "geheim" not in repr(authorities) + repr(place.house.settings)
    assert sent == ["Basic " + base64.b64encode(b"us:geheim").decode()]
