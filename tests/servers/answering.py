"""A loopback HTTP server that answers every request by one function of the test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]
"""What is done with a request and its body."""


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve for as long as the block lasts; gives the address."""

    class Answering(BaseHTTPRequestHandler):
        timeout = 5

        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            answer(self, b"")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def reply(body: bytes, media_type: str = "application/timestamp-reply", status: int = 200) -> Answer:
    """Always the same answer."""

    def answer(request: BaseHTTPRequestHandler, _body: bytes) -> None:
        send(request, body, media_type, status)

    return answer


def send(request: BaseHTTPRequestHandler, body: bytes, media_type: str, status: int = 200) -> None:
    """One whole answer."""
    request.send_response(status)
    request.send_header("Content-Type", media_type)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
