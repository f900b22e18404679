"""What stands between us and a real S3: a front that loses requests or answers, is away, or drops what it is told.

Every request goes on to the real server; nothing here invents an answer. `failing` makes request `number` (from 1) end
without an answer: lost before the server saw it, or done there and the answer lost. `delaying` keeps it back instead,
and `carry_out` does it then, whatever has happened meanwhile. `gone` closes every connection, as a store that is away
does. `cut` breaks every body off in its middle; `deaf` leaves the checksum out of every answer, as stores do that know
nothing of checksums. `drop_multipart_lock` takes the lock out of CreateMultipartUpload and signs the rest anew: some
stores ignore those headers just as silently.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from tests.servers.seaweed import REGION, Seaweed, secret_of

_LOCK = "x-amz-object-lock-"


@dataclass
class Front:
    """The front, listening; its knobs may be turned at any time."""

    server: Seaweed
    port: int = 0
    access_key: str = "ingest"
    gone: bool = False
    drop_multipart_lock: bool = False
    cut: bool = False
    deaf: bool = False
    made: list[str] = field(default_factory=list)
    kept: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    _fails: tuple[int, bool] = (0, False)
    _delays: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def failing(self, number: int, after: bool) -> Iterator[list[str]]:
        """Within the block request `number` gets no answer; yields the requests so far, as method and operation."""
        self.made, self._fails = [], (number, after)
        try:
            yield self.made
        finally:
            self._fails = (0, False)

    @contextmanager
    def delaying(self, number: int) -> Iterator[list[str]]:
        """Within the block request `number` gets no answer, and is kept back."""
        self.made, self.kept, self._delays = [], [], number
        try:
            yield self.made
        finally:
            self._delays = 0

    def carry_out(self) -> None:
        """Do now what was kept back, as a network does that delivers late."""
        for method, path, headers, body in self.kept:
            _send(self.server.port, method, path, body, headers)

    def fate_of(self, request: str) -> str:
        """What becomes of the next request: `pass`, `lost`, or `unanswered`."""
        with self._guard:
            self.made.append(request)
            if len(self.made) == self._delays:
                return "kept"
            number, after = self._fails
            if self.gone or (len(self.made) == number and not after):
                return "lost"
            return "unanswered" if len(self.made) == number else "pass"


@contextmanager
def standing_before(server: Seaweed) -> Iterator[Front]:
    """A front on a free loopback port until the block ends."""
    front = Front(server)

    class Handler(_Relay):
        pass

    Handler.front = front
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        front.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield front
        finally:
            listener.shutdown()
            thread.join()


class _Relay(BaseHTTPRequestHandler):
    """One connection of a client."""

    front: Front
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fate = self.front.fate_of(f"{self.command} {_operation(self.path)}")
        self.close_connection = fate != "pass"
        if fate == "kept":
            self.front.kept.append((self.command, self.path, self._headers(body), body))
        if fate in ("lost", "kept"):
            return
        status, headers, content = self._ask(body)
        if fate == "unanswered":
            return
        self.send_response_only(status)
        dropped = ("transfer-encoding", "connection", *(("x-amz-checksum-sha256",) if self.front.deaf else ()))
        for name, value in headers:
            if name.lower() not in dropped:
                self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _value in headers):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.close_connection = self.close_connection or self.front.cut
        self.wfile.write(content[: len(content) // 2] if self.front.cut else content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests say what matters."""

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        return _send(self.front.server.port, self.command, self.path, body, self._headers(body))

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        if self.front.drop_multipart_lock and self.command == "POST" and _operation(self.path) == "uploads":
            headers = self._signed_anew({name: value for name, value in headers.items()
                                         if not name.lower().startswith(_LOCK)}, body)  # fmt: skip
        return headers

    def _signed_anew(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "x-amz-date")}
        request = AWSRequest(self.command, f"http://{self.headers['Host']}{self.path}", kept, body)
        keys = Keys(self.front.access_key, secret_of(self.front.access_key))
        S3SigV4Auth(keys, "s3", REGION).add_auth(request)
        return dict(request.headers.items())


def _operation(path: str) -> str:
    """What a request is about: the first name of its query, or `object`."""
    return urlsplit(path).query.partition("&")[0].partition("=")[0] or "object"


def _send(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, list[tuple[str, str]], bytes]:
    """One request to the real server: status, headers and body of its answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
