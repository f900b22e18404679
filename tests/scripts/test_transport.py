"""The way to an authority: whatever answers, slowly, wrongly or not at all, becomes one error."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integrity.errors import AuthorityUnavailable
from integrity.ocsp import LIMIT as ANSWER_LIMIT
from integrity.revocations import LIMIT
from scripts.transport import HttpTransport, ask_responder, fetch_list

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[Callable[[Answer], str]]:
    """Serve every request by one function; gives the address."""
    servers: list[HTTPServer] = []

    def serve(answer: Answer) -> str:
        class Answering(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answer(self)

            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        server = HTTPServer(("127.0.0.1", 0), Answering)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def _reply(status: int = 200, media_type: str = "application/timestamp-reply", body: bytes = b"reply") -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", media_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def _ask(url: str, seconds: float = 5) -> bytes:
    transport = HttpTransport(url, seconds)
    try:
        return transport(b"query")
    finally:
        transport.close()


def test_an_answer(server: Callable[[Answer], str]) -> None:
    assert _ask(server(_reply())) == b"reply"
    assert _ask(server(_reply(media_type="Application/Timestamp-Reply; x=y"))) == b"reply"


@pytest.mark.parametrize(
    "answer",
    [
        _reply(status=500),
        _reply(status=404),
        _reply(status=302),
        _reply(media_type="text/html"),
        _reply(body=bytes(70_000)),
        lambda request: request.wfile.write(b"garbage\r\n\r\n"),
        lambda request: request.wfile.close(),
        lambda request: request.connection.shutdown(2),
    ],
    ids=["500", "404", "redirect", "a page", "too large", "garbage", "closed", "cut"],
)
def test_what_is_no_answer(server: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(AuthorityUnavailable):
        _ask(server(answer))


def test_an_answer_that_drips(server: Callable[[Answer], str]) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/timestamp-reply")
        request.end_headers()
        while not over.wait(0.02):
            request.wfile.write(b"x")
            request.wfile.flush()

    url = server(drip)
    try:
        with pytest.raises(AuthorityUnavailable, match="too large or too slow"):
            _ask(url, 0.2)
    finally:
        over.set()


def test_silence(server: Callable[[Answer], str]) -> None:
    over = threading.Event()

    def wait(_request: BaseHTTPRequestHandler) -> None:
        over.wait(5)

    url = server(wait)
    try:
        with pytest.raises(AuthorityUnavailable):
            _ask(url, 0.1)
    finally:
        over.set()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://nowhere.invalid/", "nonsense", "ftp://127.0.0.1/", "http://["]
)
def test_nobody_there(url: str) -> None:
    with pytest.raises(AuthorityUnavailable):
        _ask(url)


def test_a_list_of_whatever_media_type(server: Callable[[Answer], str]) -> None:
    assert fetch_list(server(_reply(media_type="application/pkix-crl"))) == b"reply"


@pytest.mark.parametrize("answer", [_reply(status=404), _reply(status=301), _reply(body=bytes(LIMIT + 1))])
def test_what_is_no_list(server: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(AuthorityUnavailable):
        fetch_list(server(answer))


def test_a_responder_is_asked(server: Callable[[Answer], str]) -> None:
    seen: list[tuple[str, str | None, str | None]] = []
    reply = _reply(media_type="application/ocsp-response")

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.command, request.headers["Content-Type"], request.headers["Content-Length"]))
        reply(request)

    assert ask_responder(server(answer), b"asked") == b"reply"
    assert seen == [("POST", "application/ocsp-request", "5")]


@pytest.mark.parametrize("answer", [_reply(status=500), _reply(status=307), _reply(body=bytes(ANSWER_LIMIT + 1))])
def test_what_is_no_answer_of_a_responder(server: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(AuthorityUnavailable):
        ask_responder(server(answer), b"asked")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ldap://127.0.0.1/x", "file:///etc/passwd", "http://["])
def test_no_list_there(url: str) -> None:
    with pytest.raises(AuthorityUnavailable):
        fetch_list(url)
