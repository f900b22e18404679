"""Real sockets into a real server, for both ways of a body: cables pulled, heads split, silence, and successors."""

import base64
import contextlib
import errno
import hashlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.handover import Connection
from ingest.spool import SpoolFile
from ingest.writers import Writers
from tests.ingest.house import House
from tests.ingest.served import STREAM, TUS, Eager, Served, until

Serve = Callable[..., contextlib.AbstractContextManager[Served]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(params=["plain", "direct"])
def serve(house: House, request: pytest.FixtureRequest) -> Serve:
    """Starts a server that takes bodies one way, on the event loop that the service has."""

    @contextlib.contextmanager
    def start(**options: object) -> Iterator[Served]:
        direct = request.param == "direct"
        with ThreadPoolExecutor(6) as threads, Served(house, threads, direct=direct, **options) as server:  # type: ignore[arg-type]
            yield server

    return start


@pytest.fixture
def served(serve: Serve) -> Iterator[Served]:
    with serve() as server:
        yield server


def test_a_file_over_a_real_connection(served: Served) -> None:
    url = served.create(1000)
    assert served.patch(url, 0, bytes(1000)).status_code == 204
    assert served.offset(url) == 1000


def test_a_pulled_cable_keeps_what_came(served: Served, house: House) -> None:
    url = served.create(600)
    connection = served.half_sent(url, 600, b"x" * 300)
    until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
    connection.close()
    until(lambda: served.offset(url) == 300)
    assert served.patch(url, 300, b"y" * 300).status_code == 204
    assert served.offset(url) == 600


def test_a_dead_connection_does_not_block_its_successor(house: House, serve: Serve) -> None:
    """The old connection still looks open from here: it is ended, and its bytes count."""
    watch = 0.0
    house.uploads.writers = Writers(monotonic=lambda: watch, patience=2)
    with serve() as served:
        url = served.create(600)

        def ended() -> bool:
            nonlocal watch
            watch += 3  # once is not enough: the first bytes may be read, and heard, after the clock went on
            return served.offset(url) == 300

        with contextlib.closing(served.half_sent(url, 600, b"x" * 300)):
            until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
            refused = served.patch(url, 0, b"z" * 600)
            assert refused.status_code == 423, "a connection that may be alive is left alone"
            until(ended)
            assert served.patch(url, 300, b"y" * 300).status_code == 204
        assert served.offset(url) == 600


def test_a_silent_connection_is_answered_and_closed(serve: Serve) -> None:
    with serve(idle_seconds=0.05) as served:
        url = served.create(600)
        with contextlib.closing(served.half_sent(url, 600, b"x" * 300)) as connection:
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert served.offset(url) == 300


def test_a_connection_serves_many_requests(served: Served) -> None:
    url = served.create(300)
    for offset in range(0, 300, 100):
        assert served.patch(url, offset, bytes(100)).status_code == 204
    assert served.offset(url) == 300


def request(url: str, offset: int, body: bytes, method: str = "PATCH", **more: str) -> bytes:
    head = {**TUS, **STREAM, "Upload-Offset": str(offset), "Content-Length": str(len(body)), "Host": "tus", **more}
    return f"{method} {url} HTTP/1.1\r\n".encode() + _lines(head) + body


def _lines(head: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\n"


def answers(connection: socket.socket, count: int) -> list[int]:
    """The status of so many answers on one connection; none of them has a body."""
    came = b""
    while came.count(b"\r\n\r\n") < count:
        piece = connection.recv(65536)
        assert piece, came
        came += piece
    return [int(answer.split(b" ", 2)[1]) for answer in came.split(b"\r\n\r\n")[:count]]


def test_a_head_that_is_split_at_every_byte(served: Served, house: House) -> None:
    """Two requests on one connection for every place where the first packet can end: head, edge and body."""
    body, cuts = b"0123456789", range(1, 250, 1 if served.direct else 9)
    house.uploads.limits = type(house.uploads.limits)(100_000, house.uploads.limits.expires_after)
    url, offset = served.create(100_000), 0
    assert len(request(url, offset, body)) < cuts.stop
    for cut in cuts:
        sent = request(url, offset, body)
        with contextlib.closing(served.connect()) as connection:
            connection.sendall(sent[:cut])
            served.offset(url)  # a whole request of another connection: the first packet has been read by then
            connection.sendall(sent[cut:] + request(url, offset + len(body), body))
            assert answers(connection, 2) == [204, 204], cut
        offset += 2 * len(body)
    assert house.content(next(house.spool.uploads())) == body * 2 * len(cuts)


def test_requests_that_are_sent_before_the_last_was_answered(served: Served, house: House) -> None:
    url = served.create(300)
    with contextlib.closing(served.connect()) as connection:
        connection.sendall(b"".join(request(url, offset, bytes([offset // 100]) * 100) for offset in (0, 100, 200)))
        assert answers(connection, 3) == [204, 204, 204]
    assert house.content(house.received[0]) == b"\0" * 100 + b"\1" * 100 + b"\2" * 100


def test_a_client_that_waits_to_be_told_to_continue(served: Served, house: House) -> None:
    url, body = served.create(10), b"0123456789"
    sent = request(url, 0, body, Expect="100-continue")
    with contextlib.closing(served.connect()) as connection:
        connection.sendall(sent[: -len(body)])
        assert answers(connection, 1) == [100]
        connection.sendall(body)
        assert answers(connection, 1) == [204]
    assert house.content(house.received[0]) == body


def test_a_chunked_body(served: Served, house: House) -> None:
    url = served.create(10)
    head = {**TUS, **STREAM, "Upload-Offset": "0", "Transfer-Encoding": "chunked", "Host": "tus"}
    with contextlib.closing(served.connect()) as connection:
        connection.sendall(
            f"PATCH {url} HTTP/1.1\r\n".encode() + _lines(head) + b"4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n"
        )
        assert answers(connection, 1) == [204]
    assert house.content(house.received[0]) == b"0123456789"


def test_a_checksum_over_the_whole_body(served: Served, house: House) -> None:
    url, body = served.create(10), b"0123456789"
    wrong = "sha256 " + base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    right = "sha256 " + base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert served.patch(url, 0, body, **{"Upload-Checksum": wrong}).status_code == 460
    assert served.offset(url) == 0
    assert served.patch(url, 0, body, **{"Upload-Checksum": right}).status_code == 204


def test_a_connection_that_ends_within_a_checked_body_leaves_nothing(served: Served, house: House) -> None:
    url = served.create(600)
    checksum = "sha256 " + base64.b64encode(hashlib.sha256(b"x" * 600).digest()).decode()
    connection = served.half_sent(url, 600, b"x" * 300, **{"Upload-Checksum": checksum})
    until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
    connection.close()
    until(lambda: not any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
    assert served.offset(url) == 0


def test_a_stranger_gets_401_before_a_byte_of_the_body_is_taken(served: Served) -> None:
    url = served.create(600)
    with contextlib.closing(served.half_sent(url, 600, b"x" * 300, Authorization="Bearer bad")) as connection:
        assert answers(connection, 1) == [401]
    assert served.offset(url) == 0


LARGE = 16 * 1024 * 1024
"""More than what lies between two sockets: who sends it finds out when the other end is closed."""


@pytest.mark.parametrize("refused", ["stranger", "too-large", "elsewhere", "no-room", "disk-full"])
def test_a_refused_sender_gets_its_answer_to_read(
    served: Served, house: House, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends all of the body before it looks, as most clients do; a reset would take the answer from it."""

    def full(_file: SpoolFile, _chunk: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    if refused == "disk-full":  # in the middle of the body
        monkeypatch.setattr(SpoolFile, "append", full)
    house.uploads.limits = type(house.uploads.limits)(LARGE, house.uploads.limits.expires_after)
    url = served.create(1000 if refused == "too-large" else LARGE)
    house.spool._reserve = 10**18 if refused == "no-room" else 0
    headers = {"stranger": {"Authorization": "Bearer bad"}, "elsewhere": {"Upload-Offset": "5"}}.get(refused, {})
    with contextlib.closing(served.half_sent(url, LARGE, b"", **headers)) as connection:
        connection.sendall(bytes(LARGE))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    status = {"stranger": b"401", "too-large": b"413", "elsewhere": b"409"}.get(refused, b"507")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in answer.lower()
    house.spool._reserve = 0
    assert served.offset(url) == 0


@pytest.mark.parametrize("most", ["time", "silence"])
def test_a_refused_sender_is_not_listened_to_for_ever(serve: Serve, most: str) -> None:
    class Hasty(Eager):
        linger_seconds = 0.1 if most == "time" else 3600
        linger_idle_seconds = 0.1 if most == "silence" else 3600

    with serve(connection=Hasty) as served:
        url = served.create(600)
        with contextlib.closing(served.half_sent(url, LARGE, b"", Authorization="Bearer bad")) as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
            if most == "silence":
                until(lambda: len(served.server.server_state.connections) <= 1)  # the one that made the upload
            with pytest.raises(OSError):
                while True:
                    connection.sendall(bytes(65536))


class Strict(Eager):
    """Refuses early, and by nothing but the length."""

    head_seconds = 600
    linger_seconds = 0.5


class Patient(Eager):
    """Listens for longer than a test waits."""

    linger_idle_seconds = 600
    linger_seconds = 600


def test_a_service_that_ends_does_not_wait_for_a_refused_sender(serve: Serve) -> None:
    with serve(connection=Patient) as served:
        connection = served.half_sent(served.create(600), LARGE, b"", Authorization="Bearer bad")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    connection.close()


def test_nor_for_one_that_it_lets_go(serve: Serve, house: House) -> None:
    house.uploads.limits = type(house.uploads.limits)(LARGE, house.uploads.limits.expires_after)
    with serve(connection=Patient) as served:
        url = served.create(LARGE)
        with contextlib.closing(served.half_sent(url, LARGE, b"x" * 300)) as connection:
            until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
            served.server.should_exit = True
            until(lambda: not any(server.is_serving() for server in served.server.servers))
            house.uploads.writers.end()
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
            until(lambda: not served.server.server_state.connections)
    house.restart()
    assert house.offset(next(house.spool.uploads())) in (0, 300), "nothing, or all that had been read by then"


def test_a_dripping_connection_is_ended_and_what_it_brought_counts(serve: Serve) -> None:
    with serve(idle_seconds=0.2, floor=10_000_000) as served:
        url = served.create(900)
        with contextlib.closing(served.half_sent(url, 900, b"")) as connection, contextlib.suppress(OSError):
            for _ in range(800):  # a byte at a time, each within the time a connection may be silent
                connection.sendall(b"x")
                connection.settimeout(0.01)
                with contextlib.suppress(TimeoutError):
                    answer = connection.recv(65536)
                    break
            assert answer.startswith(b"HTTP/1.1 408 ")
        assert 0 < served.offset(url) < 800


def test_a_head_that_does_not_come_is_not_waited_for(serve: Serve) -> None:
    class Hasty(Connection):
        head_seconds = 0.05

    with serve(connection=Hasty) as served:
        for beginning in (b"", b"PATCH /files/x HTTP/1.1\r\nHo"):
            with contextlib.closing(served.connect()) as connection:
                connection.sendall(beginning)
                assert connection.recv(100) == b""


@pytest.mark.parametrize("beginning", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n\r\nGET /"])
def test_a_head_that_does_not_end_is_read_so_far_and_no_further(serve: Serve, beginning: bytes) -> None:
    """It would be kept whole, whoever sends it: a stranger could take all of the memory."""
    with serve(connection=Strict) as served, contextlib.closing(served.connect()) as connection:
        connection.sendall(beginning)
        for _ in range(40):
            connection.sendall(bytes([65]) * 65536)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        assert b"HTTP/1.1 431 " in answer
        assert b"connection: close" in answer.lower()


def test_what_trails_a_body_has_an_end_too(serve: Serve, house: House) -> None:
    """Who goes on and on behind the last byte is let go; the upload is free, and stands where it stood."""
    with serve(connection=Strict) as served:
        url = served.create(100)
        head = {**TUS, **STREAM, "Upload-Offset": "0", "Transfer-Encoding": "chunked", "Host": "tus"}
        with contextlib.closing(served.connect()) as connection:
            connection.sendall(f"PATCH {url} HTTP/1.1\r\n".encode() + _lines(head) + b"4\r\n0123\r\n0\r\nX: ")
            with pytest.raises(OSError):
                while True:
                    connection.sendall(bytes([65]) * 65536)
        until(lambda: not any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
        assert served.offset(url) in (0, 4), "nothing, or all that had been read by then"


def test_a_long_head_within_the_limit_and_one_after_a_long_body(served: Served, house: House) -> None:
    house.uploads.limits = type(house.uploads.limits)(900_000, house.uploads.limits.expires_after)
    url = served.create(900_000)
    for offset in (0, 300_000, 600_000):
        assert served.patch(url, offset, bytes(300_000), **{"X-More": "x" * 40_000}).status_code == 204


def test_a_service_that_ends_lets_a_body_go_and_keeps_what_came(serve: Serve, house: House) -> None:
    with serve() as served:
        url = served.create(600)
        with contextlib.closing(served.half_sent(url, 600, b"x" * 300)):
            until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
            served.end()
    house.restart()
    assert house.offset(next(house.spool.uploads())) in (0, 300), "nothing, or all that had been read by then"


def test_without_a_free_thread_the_plain_way_does_it(served: Served) -> None:
    silent = [served.half_sent(served.create(600), 600, b"x" * 300) for _ in range(4)]
    try:
        until(lambda: sum(map(served.house.uploads.writers.busy, served.house.spool.uploads())) == 4)
        url = served.create(1000)
        assert served.patch(url, 0, bytes(1000)).status_code == 204
    finally:
        for connection in silent:
            connection.close()


def test_more_than_a_buffer_in_odd_pieces(served: Served, house: House) -> None:
    body = hashlib.shake_128(b"seed").digest(5_000_001)
    house.uploads.limits = type(house.uploads.limits)(len(body), house.uploads.limits.expires_after)
    url, offset = served.create(len(body)), 0
    for size in (1, 4095, 1, 4096, 2_100_000, 77, len(body)):
        assert served.patch(url, offset, body[offset : offset + size]).status_code == 204
        offset = min(len(body), offset + size)
        assert served.offset(url) == offset
    assert house.content(house.received[0]) == body
    whole = house.spool.whole(house.received[0])
    assert whole is not None
    assert whole.digest.hex == hashlib.sha256(body).hexdigest()
