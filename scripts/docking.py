"""Docking one file: declare its digest, send it, go on after whatever breaks, and keep a receipt that verifies.

For station vendors to build on: `Dock(…).dock(path)` says for one file whether it is safe to wipe. Nothing is believed
because the server said so: the receipt must be signed by a trusted key, be about exactly these bytes, carry a proof
that the log holds their manifest, and the log must continue what this station saw before. Never says "safe" otherwise,
and never changes or removes a file.
"""

import base64
import mimetypes
import os
import stat
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import httpx2

from catalog.identity import AgencyId, StationId
from catalog.inventory import ZONES
from ingest.errors import InvalidMetadata
from ingest.metadata import read_statement, write_header
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidReceipt
from integrity.manifest import Manifest
from integrity.receipt import Receipt, verify_receipt
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from scripts import dock_inventory
from scripts.dock_line import Line, asked_wait, refusal
from scripts.dock_log import LogInconsistent, LogMemory
from scripts.dock_pace import Pace
from scripts.dock_patience import DockError, Interrupted, Patience, Tries
from scripts.dock_state import Credentials, DockState

WITNESS_TRIES, WITNESS_SECONDS = 10, 1.0
"""How long a station waits for the witnesses that its trust.json asks for; the next run looks again."""

Progress = Callable[[Path, int, int], None]
"""Told of a file, bytes the server has or is being sent, and the file's size; it may raise DockError to stop there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: `receipted`, or the code of what went wrong; `safe` to wipe only by its receipt."""

    file: Path
    digest: Digest | None
    size: int | None
    outcome: str
    receipt: Path | None
    safe: bool
    detail: str = ""

    @property
    def receipted(self) -> bool:
        return self.receipt is not None


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    digest: Digest
    size: int
    declared: Mapping[str, str]
    written: float
    """When it was written to last, by the device's clock; POSIX time."""


@dataclass(frozen=True, slots=True)
class _Announced:
    """In which inventory a file was told of."""

    device: str
    now: datetime
    root: Path | None


class Dock:
    """A station's connection to one server. Safe to use from several threads, a file each."""

    def __init__(
        self,
        server: str,
        credentials: Credentials,
        trust: Trust,
        declared: Mapping[str, str],
        client: httpx2.Client,
        patience: Patience | None = None,
        progress: Progress = lambda _path, _done, _size: None,
        pace: Pace | None = None,
    ) -> None:
        self._line = Line(server, credentials, client, patience or Patience())
        self._station = credentials.station
        self._signer = credentials.signer
        self._trust = trust
        self._declared = dict(declared)
        self._progress = progress
        self._pace = pace or Pace()
        self._state = DockState(credentials.path)
        self._log = LogMemory(self._state, trust, self._public)
        self._announced: dict[Path, _Announced] = {}
        self._first: dict[str, Path] = {}  # which file an upload's receipt was needed for first
        self._turns: defaultdict[Digest, threading.Lock] = defaultdict(threading.Lock)

    def dock(self, path: Path, declared: Mapping[str, str] | None = None) -> Outcome:
        """Bring one file in and its receipt home; never raises for what concerns this file alone.

        `declared`: Upload-Metadata of this file, before what is declared of all. A `sha256` in it must be the file's.
        """
        file: _File | None = None
        try:
            file = self._hash(path, {**self._declared, **(declared or {})})
            with self._turns[file.digest]:
                receipt, kept = self._receipt(file)
            witnessed = self._witnessed(receipt)
            self._progress(path, file.size, file.size)
        except (DockError, LogInconsistent, OSError) as error:
            digest, size = (file.digest, file.size) if file else (None, None)
            code = "station-disk" if isinstance(error, OSError) else error.code
            return Outcome(path, digest, size, code, None, False, str(error))
        safe = witnessed and receipt.wipe == "allowed"
        detail = receipt.wipe if witnessed else "witnesses-missing"
        return Outcome(path, file.digest, file.size, "receipted", kept, safe, detail)

    def reread(self) -> None:
        """Go on with the token that the credentials hold by now, after `scripts.dock_token` changed it."""
        self._line.reread()

    def announce(
        self, files: Sequence[Path], device: str, now: datetime, declared: Mapping[str, str] | None = None,
        root: Path | None = None,
    ) -> str | None:  # fmt: skip
        """Tell what lies on a camera before any of it is sent, and how its clock was measured (`dock_inventory`)."""
        said = {**self._declared, **(declared or {})}
        known = dock_inventory.announce(self._line, self._signer, files, device, said, now, root)
        if known is not None:
            self._announced |= dict.fromkeys(files, _Announced(device, now, root))
        return known

    def _tell_digest(self, file: _File, receipt: Receipt, *, sent: bool) -> None:
        """Say of an announced file which bytes it has, where what came of them was another file by its name.

        Of another camera or folder, or from before this one was written: it would be missed for good.
        """
        announced = self._announced.get(file.path)
        if announced is None:
            return
        sealed, first = Manifest.parse(receipt.manifest), self._first.setdefault(receipt.upload, file.path)
        of_manifest = (sealed.source.upload, sealed.source.device, sealed.name, first)
        own = of_manifest == (receipt.upload, announced.device, file.path.name, file.path)
        if not own or not (sent or file.written <= (receipt.received_at + ZONES).timestamp()):
            dock_inventory.announce(
                self._line, self._signer, [file.path], announced.device, file.declared, announced.now, announced.root,
                digests={file.path: file.digest},
            )  # fmt: skip
        self._announced.pop(file.path, None)  # once; after what failed it is tried again

    def _witnessed(self, receipt: Receipt) -> bool:
        """Whether the witnesses that trust.json asks for signed the log that has the receipt's leaf, or soon do."""
        note = TlogProof.from_bytes(receipt.tlog_proof).checkpoint
        for _ in range(WITNESS_TRIES):
            if self._log.witnessed(note):
                return True
            self._line.patience.sleep(WITNESS_SECONDS)
        return False

    def _hash(self, path: Path, declared: Mapping[str, str]) -> _File:
        try:
            before = path.stat()
            if not stat.S_ISREG(before.st_mode):
                raise DockError("file-unreadable", f"{path} is no file, or a folder that could not be read")
            digest = Digest.of_file(path)
            after = path.stat()
        except OSError as error:
            raise DockError("file-unreadable", f"{path}: {error.strerror}") from error
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DockError("file-changed", f"{path} changed while it was read")
        if declared.get("sha256", digest.hex) != digest.hex:
            raise DockError("digest-mismatch", f"{path} is not the file whose digest was declared; it was not sent")
        return _File(path, digest, after.st_size, declared, after.st_mtime)

    def _receipt(self, file: _File) -> tuple[Receipt, Path]:
        known = self._known(file)
        if known is not None:
            self._tell_digest(file, known, sent=False)
            return known, self._state.receipt_path(file.digest)
        url = self._send(file)
        content = self._ask_for_receipt(url)
        receipt = self._verify(content, file)
        if receipt.upload != url.rsplit("/", 1)[-1]:
            raise DockError("receipt-invalid", "the receipt is of another upload")
        self._log.check(TlogProof.from_bytes(receipt.tlog_proof).checkpoint)
        kept = self._state.keep_receipt(file.digest, content)
        self._state.end_upload(file.digest)
        self._tell_digest(file, receipt, sent=True)
        return receipt, kept

    def _known(self, file: _File) -> Receipt | None:
        """A receipt from an earlier run, if it still verifies; one that another may follow is asked for anew."""
        content = self._state.receipt(file.digest)
        if content is None:
            return None
        try:
            receipt = self._verify(content, file)
        except DockError:
            return None
        if receipt.pending or receipt.wipe == "wait":
            receipt = self._later(file, receipt)
        if self._log.ended(TlogProof.from_bytes(receipt.tlog_proof).checkpoint) and not self._still_there(receipt):
            return None
        self._log.check(TlogProof.from_bytes(receipt.tlog_proof).checkpoint)
        return receipt

    def _still_there(self, receipt: Receipt) -> bool:
        """Whether a server that was restored still knows the upload; what it lost is sent again."""
        url = self._line.url(f"files/{receipt.upload}/receipt")
        return self._line.patiently(lambda: self._line.ask("GET", url)).status_code == 200

    def _later(self, file: _File, receipt: Receipt) -> Receipt:
        try:
            response = self._line.ask("GET", self._line.url(f"files/{receipt.upload}/receipt"))
            if response.status_code != 200:
                return receipt
            later = self._verify(response.content, file)
        except (Interrupted, DockError):
            return receipt  # what we have stays true
        self._state.keep_receipt(file.digest, response.content)
        return later

    def _verify(self, content: bytes, file: _File) -> Receipt:
        try:
            receipt = verify_receipt(content, self._trust, digest=file.digest, size=file.size)
        except InvalidReceipt as error:
            raise DockError(error.code, str(error)) from error
        except IntegrityError as error:
            raise DockError("receipt-invalid", str(error)) from error
        if receipt.station != self._station:
            raise DockError("receipt-invalid", "the receipt is another station's")
        return receipt

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send(self, file: _File) -> str:
        """The upload's address, once the server has all bytes."""
        tries, offset = Tries(self._line.patience), -1
        while True:
            try:
                url, reached = self._stand(file)
                if reached > offset:
                    tries.progressed()
                offset = reached
                self._progress(file.path, offset, file.size)
                if offset < file.size:
                    self._patch(url, offset, file)
                return url
            except Interrupted as reason:
                tries.wait(reason)

    def _stand(self, file: _File) -> tuple[str, int]:
        """Where the upload under way stands; a new one where there is none, or the server has given it up."""
        url = self._state.upload(file.digest)
        if url is not None and self._line.leads_to(url):
            response = self._line.ask("HEAD", url)
            if response.status_code == 200:
                return url, _offset(response)
            if response.status_code not in (404, 410):
                raise refusal(response)
        return self._create(file)

    def _create(self, file: _File) -> tuple[str, int]:
        content_type = mimetypes.guess_type(file.path.name)[0]
        metadata = {"filename": file.path.name, **file.declared, "sha256": file.digest.hex}
        if content_type:
            metadata["filetype"] = content_type
        try:
            header = write_header(metadata)
        except UnicodeEncodeError as error:
            raise DockError("metadata-invalid", f"the name {file.path.name!a} is not UTF-8") from error
        headers = {"Upload-Length": str(file.size), "Upload-Metadata": header, **self._signed(metadata, file)}
        remembered = self._log.newest()
        if remembered is not None:  # a server that was set back learns it from us
            headers["Tiezheng-Checkpoint"] = base64.b64encode(remembered).decode()
        response = self._line.ask("POST", self._line.url("files"), headers=headers)
        if response.status_code != 201:
            raise refusal(response)
        if not response.headers.get("Location"):
            raise DockError("answer-invalid", "the server did not say where the upload is")
        url = urljoin(self._line.url("files"), response.headers["Location"])
        if not self._line.leads_to(url):
            raise DockError("server-wrong", f"it sends this station's token elsewhere, to {url}")
        self._state.begin_upload(file.digest, url)
        return url, 0

    def _signed(self, metadata: Mapping[str, str], file: _File) -> dict[str, str]:
        """The station's signature over what it declares, where it has a key."""
        if self._signer is None:
            return {}
        try:
            said = read_statement(write_header(metadata), AgencyId("unknown here"), StationId(self._station))
        except InvalidMetadata as error:
            raise DockError(error.code, str(error)) from error
        signed = SignedDeclaration.sign(said.declaration(file.size), self._signer)
        return {
            "Tiezheng-Declaration": base64.b64encode(signed.content).decode(),
            "Tiezheng-Signature": base64.b64encode(signed.signature).decode(),
        }

    def _patch(self, url: str, offset: int, file: _File) -> None:
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(file.size - offset),
        }
        response = self._line.ask("PATCH", url, headers=headers, content=self._pieces(file, offset))
        if response.status_code == 204 and _offset(response) == file.size:
            return
        if response.status_code in (404, 410):
            raise Interrupted("upload-gone", "the server has given the upload up")
        if response.status_code == 460:
            self._state.end_upload(file.digest)
        raise refusal(response)

    def _pieces(self, file: _File, offset: int) -> Iterator[bytes]:
        """The file from `offset` on, exactly as many bytes as were hashed."""
        try:
            with file.path.open("rb", buffering=0) as source:
                source.seek(offset)
                while offset < file.size:
                    piece = source.read(min(self._pace.piece, file.size - offset))
                    if not piece:
                        raise DockError("file-changed", f"{file.path} became shorter")
                    self._pace.wait(len(piece))
                    offset += len(piece)
                    yield piece
                    self._progress(file.path, offset, file.size)
        except OSError as error:  # a camera that was taken out
            raise DockError("file-unreadable", f"{file.path}: {error.strerror}") from error

    def _ask_for_receipt(self, url: str) -> bytes:
        def ask() -> bytes:
            response = self._line.ask("GET", f"{url}/receipt")
            if response.status_code == 200:
                return response.content
            if response.status_code != 202:
                raise refusal(response)
            raise Interrupted("receipt-pending", "the file is received and not sealed yet", asked_wait(response))

        return self._line.patiently(ask)

    def _public(self, path: str) -> bytes | None:
        """A file of the log, for `LogMemory`."""
        response = self._line.patiently(lambda: self._line.ask("GET", self._line.url(f"log/{path}")))
        return response.content if response.status_code == 200 else None


def files_below(places: list[Path]) -> Iterator[Path]:
    """All that is named, and what lies below folders, in order; symbolic links are not followed into anything.

    A folder that cannot be read stands for what lies in it: whoever docks it is told, for it may hold recordings.
    """
    for place in places:
        if not place.is_dir():
            yield place
            continue
        unread: list[OSError] = []
        for folder, folders, names in os.walk(place, onerror=unread.append):
            folders.sort()
            yield from (path for name in sorted(names) if not _is_link(path := Path(folder, name)))
        yield from (Path(error.filename or place) for error in unread)


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False  # it is there, and cannot even be looked at: whoever docks it is told


def _offset(response: httpx2.Response) -> int:
    """Where an upload stands, as the server says; DockError where it says no number."""
    text = response.headers.get("Upload-Offset", "")
    if not text.isascii() or not text.isdigit():
        raise DockError("answer-invalid", "the server did not say where the upload stands")
    return int(text)
