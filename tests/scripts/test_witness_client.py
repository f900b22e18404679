"""Witnesses over HTTP: the real one, and servers that answer too much, too slowly, or something else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integrity.cosigning import Standing, cosigning
from integrity.errors import WitnessUnavailable
from scripts.witness_address import WitnessAddress
from scripts.witness_client import ANSWER_LIMIT, HttpWitness, known_outside
from tests.fakes.signers import OTHER, SIGNER, WITNESS
from tests.fakes.trees import tree
from tests.servers.witness import witnessing


@contextmanager
def answering(status: int, body: bytes, pieces: int = 1) -> Iterator[str]:
    """A server that gives every request this answer; further pieces never come to an end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            if pieces == 1:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for _ in range(pieces):
                if ended.is_set():
                    return
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_real_one(tmp_path: Path) -> None:
    with witnessing(tmp_path / "data", "--log", SIGNER.vkey) as process, HttpWitness(process.url + "/") as transport:
        assert transport.newest(SIGNER.name) is None
        for size in (5, 9):
            shown = tree(size)
            said = cosigning(transport, process.key, shown.signed(), 0, shown.growth)
            assert said.standing is Standing.COSIGNED
        address = WitnessAddress(process.url, process.key)
        outside = known_outside([address], SIGNER.name, [SIGNER.verifier])
        assert outside.newest is not None
        assert (outside.newest.size, outside.silent) == (9, ())
        process.stop()
        outside = known_outside([address], SIGNER.name, [SIGNER.verifier])
        assert (outside.newest, len(outside.silent)) == (None, 1)


def test_the_newest_of_several_counts_and_the_silent_are_named(tmp_path: Path) -> None:
    with (
        answering(200, tree(5).signed().note) as five,
        answering(200, tree(9).signed().note) as nine,
        answering(200, tree(12).signed().note.replace(b"12", b"13")) as false,
        answering(404, b"") as none,
    ):
        addresses = [WitnessAddress(url, WITNESS.key) for url in (five, nine, false, none)]
        outside = known_outside(addresses, SIGNER.name, [OTHER.verifier, SIGNER.verifier])
    assert outside.newest is not None
    assert (outside.newest.size, len(outside.silent)) == (9, 1)
    assert WITNESS.key.name in outside.silent[0]


@pytest.mark.parametrize(("status", "body"), [(302, b""), (500, b""), (200, b"x" * (ANSWER_LIMIT + 1))])
def test_what_is_no_answer(status: int, body: bytes) -> None:
    with answering(status, body) as url, HttpWitness(url) as transport, pytest.raises(WitnessUnavailable):
        transport.newest(SIGNER.name)


def test_an_answer_without_end_is_given_up() -> None:
    with (
        answering(200, b"x", pieces=10**9) as url,
        HttpWitness(url, 0.2) as transport,
        pytest.raises(WitnessUnavailable, match="too large or too slow"),
    ):
        transport.submit(b"")


def test_nobody_listens() -> None:
    with answering(200, b"") as url:
        pass
    with HttpWitness(url) as transport, pytest.raises(WitnessUnavailable):
        transport.submit(b"")
