"""A bare server of rendition folders, with byte ranges, and a page with hls.js: what a browser makes of our files.

The real pages, with their gate, have tests of their own; here nothing but the rendition can be at fault.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from catalog.renditions import content_type

HLS = Path(__file__).resolve().parents[2] / "player" / "static" / "vendor" / "hls.mjs"
_PAGE = b"<!doctype html><meta charset=utf-8><video id=v muted></video>"


@contextmanager
def shelf(folder: Path) -> Iterator[str]:
    """Serve a folder's files below /; yields the address."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its verdict."""

        def do_GET(self) -> None:
            path = unquote(self.path).lstrip("/")
            if path == "":
                self._send(200, _PAGE, "text/html")
            elif path == "hls.mjs":
                self._send(200, HLS.read_bytes(), "text/javascript")
            elif (folder / path).is_file():
                self._file(folder / path)
            else:
                self._send(404, b"", "text/plain")

        def _file(self, path: Path) -> None:
            content, kind = path.read_bytes(), content_type(path.name) or "text/plain"
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if asked is None:
                self._send(200, content, kind)
                return
            first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
            self._send(206, content[first : last + 1], kind, f"bytes {first}-{last}/{len(content)}")

        def _send(self, status: int, content: bytes, kind: str, span: str | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if span:
                self.send_header("Content-Range", span)
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = False  # waited for below, so no connection is left to a garbage collector
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
