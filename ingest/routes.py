"""tus 1.0 over HTTP at /files, and the receipt of an upload: headers in, headers out, nothing else.

The protocol is in `ingest.upload`; here are its header names, its versions and its methods. Who asks is settled
before anything else is looked at. Never hands out a byte of an upload: there is no way to download here.
"""

import base64
import binascii
import re
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from catalog.errors import CatalogError
from catalog.identity import UploadId
from ingest.declared import DECLARATION, SIGNATURE, Signed
from ingest.errors import (
    IngestError,
    InvalidChecksum,
    InvalidLength,
    InvalidOffset,
    QuotaExhausted,
    SpaceExhausted,
    UnsupportedExtension,
    UnsupportedVersion,
    UploadBusy,
    WrongContentType,
)
from ingest.handover import SCOPE
from ingest.receive import Receiver
from ingest.upload import State, Station, Uploads
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidDigest

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CONTENT_TYPE = "application/offset+octet-stream"
METHODS = ["OPTIONS", "HEAD", "POST", "PATCH", "DELETE"]
RETRY_SECONDS = "1"
ROOM_SECONDS = "60"
REMEMBERED = "tiezheng-checkpoint"
"""The header in which a station brings along the largest checkpoint it knows, in base64."""

Answer = TypeVar("Answer")
_DIGITS = re.compile(r"[0-9]{1,32}")


class Receipts(Protocol):
    """Where receipts are asked for: the bytes, or None while the upload is on its way."""

    def receipt(self, upload: UploadId) -> bytes | None: ...


def make_router(
    uploads: Uploads,
    receipts: Receipts,
    receiver: Receiver,
    station: Callable[..., Any],
    problem: Callable[[Exception, Request], Response],
    told: Callable[[str], None] = lambda _checkpoint: None,
) -> APIRouter:
    """The routes; `station` is the dependency that reads the bearer token, `problem` turns an error into RFC 9457.

    `told` hears the log's checkpoint that a station remembers, where it brings one along with a new upload.
    """

    class TusRoute(APIRoute):
        """Adds the protocol's headers to every answer, refusals too."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def tus(request: Request) -> Response:
                try:
                    response = await answer(request)
                except ClientDisconnect:
                    response = Response(status_code=400)  # nobody is there to read it
                except (IngestError, CatalogError, IntegrityError) as error:
                    response = _refusal(problem(error, request), request, error)
                response.headers["Tus-Resumable"] = VERSION
                return response

            return tus

    files = _Files(uploads, receipts, receiver, told)
    router = APIRouter(route_class=TusRoute)
    identified = Annotated[Station, Depends(station)]

    @router.options("/files", include_in_schema=False)
    @router.options("/files/{upload}", include_in_schema=False)
    async def options() -> Response:
        return files.options()

    @router.api_route("/files", methods=["POST"], include_in_schema=False)
    async def create(request: Request, station: identified) -> Response:
        return await files.post(request, station)

    # GET and PUT are here to be refused: 401 comes first, even where there is nothing to be had.
    @router.api_route("/files/{upload}", methods=["GET", "PUT", *METHODS[1:]], include_in_schema=False)
    async def one(request: Request, upload: str, station: identified) -> Response:
        if _method(request) == "OPTIONS":
            return files.options()
        act = {"HEAD": files.head, "PATCH": files.patch, "DELETE": files.terminate}.get(_method(request))
        if act is None:
            raise _no_method(*METHODS)
        _require_version(request)
        return await act(request, station, UploadId(upload))

    @router.get("/files/{upload}/receipt", summary="The signed receipt of an upload", responses={202: {}})
    async def receipt(upload: str, station: identified) -> Response:
        return await files.receipt(station, UploadId(upload))

    return router


class _Files:
    """Each method of the protocol, between headers and `Uploads`."""

    def __init__(self, uploads: Uploads, receipts: Receipts, receiver: Receiver, told: Callable[[str], None]) -> None:
        self._told = told
        self._uploads = uploads
        self._receipts = receipts
        self._receiver = receiver

    def options(self) -> Response:
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Checksum-Algorithm": "sha256",
            "Tus-Max-Size": str(self._uploads.limits.max_size),
        }
        return Response(status_code=204, headers=headers)

    async def post(self, request: Request, station: Station) -> Response:
        """What is meant at /files: a method that a header tells is no upload to be made."""
        if _method(request) == "OPTIONS":
            return self.options()
        if _method(request) != "POST":
            raise _no_method("OPTIONS", "POST")
        _require_version(request)
        return await self.create(request, station)

    async def create(self, request: Request, station: Station) -> Response:
        length = _length(request)
        has_body = _content_type(request) == CONTENT_TYPE
        if not has_body and request.headers.get("content-length", "0") != "0":
            raise WrongContentType(f"a body comes as {CONTENT_TYPE}")
        checksum = _checksum(request)
        metadata = request.headers.get("upload-metadata", "")
        signed = Signed(request.headers.get(DECLARATION), request.headers.get(SIGNATURE))
        remembered = request.headers.get(REMEMBERED)
        if remembered is not None:
            await self._run(lambda: self._told(remembered))
        state = await self._run(lambda: self._uploads.create(station, length, metadata, signed))
        if has_body and not state.settled:
            state = await self._receive(request, station, state.upload, 0, checksum)
        headers = {"Location": f"/files/{state.upload}", "Upload-Offset": str(state.offset), **_expiry(state)}
        return Response(status_code=201, headers=headers)

    async def head(self, request: Request, station: Station, upload: UploadId) -> Response:
        state = await self._run(lambda: self._uploads.state(station.id, upload))
        headers = {
            "Upload-Offset": str(state.offset),
            "Upload-Length": str(state.length),
            "Cache-Control": "no-store",
            **_expiry(state),
        }
        if state.metadata:
            headers["Upload-Metadata"] = state.metadata
        return Response(status_code=200, headers=headers)

    async def patch(self, request: Request, station: Station, upload: UploadId) -> Response:
        if _content_type(request) != CONTENT_TYPE:
            raise WrongContentType(f"bytes come as {CONTENT_TYPE}")
        offset, checksum = _number(request, "upload-offset", InvalidOffset), _checksum(request)
        state = await self._run(lambda: self._uploads.state(station.id, upload))
        if not (state.settled and state.offset == offset and request.headers.get("content-length") == "0"):
            state = await self._receive(request, station, upload, offset, checksum)
        return Response(status_code=204, headers={"Upload-Offset": str(state.offset), **_expiry(state)})

    async def terminate(self, request: Request, station: Station, upload: UploadId) -> Response:
        await self._run(lambda: self._uploads.terminate(station.id, upload))
        return Response(status_code=204)

    async def receipt(self, station: Station, upload: UploadId) -> Response:
        await self._run(lambda: self._uploads.state(station.id, upload))  # refuses what is not this station's
        receipt = await self._run(lambda: self._receipts.receipt(upload))
        if receipt is None:
            return Response(status_code=202, headers={"Retry-After": RETRY_SECONDS, "Cache-Control": "no-store"})
        return Response(receipt, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def _receive(
        self, request: Request, station: Station, upload: UploadId, offset: int, checksum: Digest | None
    ) -> State:
        size = _optional_number(request, "content-length", InvalidLength)
        reception = await self._run(lambda: self._uploads.begin(station.id, upload, offset, size, checksum))
        handover = request.scope.get("extensions", {}).get(SCOPE)
        await self._receiver.receive(request.stream(), reception, handover)
        return await self._run(lambda: self._uploads.state(station.id, upload))

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        return await self._receiver.run(work)


def _refusal(response: Response, request: Request, error: Exception) -> Response:
    """A refused request's body may never be read: the connection that carries one is closed."""
    if "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0":
        response.headers["Connection"] = "close"
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, UnsupportedVersion):
        response.headers["Tus-Version"] = VERSION
    if isinstance(error, UploadBusy):
        response.headers["Retry-After"] = RETRY_SECONDS
    if isinstance(error, SpaceExhausted | QuotaExhausted):
        response.headers["Retry-After"] = ROOM_SECONDS
    return response


def _no_method(*allowed: str) -> HTTPException:
    return HTTPException(405, "Method Not Allowed", {"Allow": ", ".join(allowed), "Tus-Resumable": VERSION})


def _method(request: Request) -> str:
    """Some networks let only GET and POST through: the header then says what is meant."""
    return request.headers.get("x-http-method-override", request.method).upper()


def _require_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise UnsupportedVersion(f"Tus-Resumable must be {VERSION}")


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _length(request: Request) -> int:
    for header in ("upload-defer-length", "upload-concat"):
        if header in request.headers:
            raise UnsupportedExtension(f"{header} is not supported: OPTIONS tells what is")
    return _number(request, "upload-length", InvalidLength)


def _number(request: Request, header: str, refusal: type[IngestError]) -> int:
    value = _optional_number(request, header, refusal)
    if value is None:
        raise refusal(f"{header} is missing")
    return value


def _optional_number(request: Request, header: str, refusal: type[IngestError]) -> int | None:
    text = request.headers.get(header)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise refusal(f"{header} is no number of bytes")
    return int(text)


def _checksum(request: Request) -> Digest | None:
    """Upload-Checksum: `sha256` and the chunk's digest in base64."""
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    try:
        if algorithm != "sha256":
            raise InvalidChecksum("the only checksum algorithm is sha256")
        return Digest(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, InvalidDigest) as error:
        raise InvalidChecksum("the checksum is not 32 bytes in base64") from error


def _expiry(state: State) -> dict[str, str]:
    """Upload-Expires, for an unfinished upload only."""
    return {"Upload-Expires": format_datetime(state.expires_at, usegmt=True)} if state.expires_at else {}
