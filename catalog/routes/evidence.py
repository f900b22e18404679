"""Recordings, marks, views and seals. The bytes inside a view are at `/views/{view}/{name}`, beside the pages."""

import io
import zipfile
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from catalog.dependencies import Here
from catalog.evidence import RecordingDetail, RecordingFacts
from catalog.gate import View
from catalog.identity import AgencyId, RecordingId, ViewId
from catalog.marks import Mark
from catalog.paging import Page
from catalog.routes.bodies import Asks, Body, Made, json_of, takes
from integrity.digest import Digest

router = APIRouter(tags=["evidence"])
ZIP = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}


class NewView(Body):
    """For what purpose one views."""

    purpose: str


class NewMark(Body):
    """An event, so many milliseconds into a recording."""

    at_ms: int
    kind: str
    note: str | None = None


class CopyFile(BaseModel):
    """A file of the viewing copy, at `/views/{view}/{name}`."""

    name: str
    size: int
    content_type: str
    sha256: str


@router.get("/recordings")
def list_recordings(
    asks: Asks,
    here: Here,
    unlinked: bool = False,
    words: str = "",
    agency: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RecordingFacts]:
    """Recordings one may see, newest first; `words` is a part of name, device or declared case."""
    at = None if agency is None else AgencyId(agency)
    return here.evidence.list(asks, unlinked=unlinked, words=words, agency=at, after=after, limit=limit)


@router.get("/recordings/{recording}")
def show_recording(recording: RecordingId, asks: Asks, here: Here) -> RecordingDetail:
    """What is known of a recording; not a byte of it."""
    return here.evidence.get(asks, recording)


@router.delete("/recordings/{recording}", status_code=204)
def dispose(recording: RecordingId, asks: Asks, here: Here) -> None:
    """Ask to remove a recording's originals: refused and recorded, unless a rule says that their time is over."""
    for original in here.evidence.get(asks, recording).originals:
        here.retention.dispose(asks.actor, Digest.from_hex(original.sha256))


@router.get("/recordings/{recording}/marks")
def list_marks(recording: RecordingId, asks: Asks, here: Here) -> list[Mark]:
    """The marks of a recording."""
    return list(here.marks.list(asks, recording))


@router.post("/recordings/{recording}/marks", status_code=201, openapi_extra=takes(NewMark))
def add_mark(
    recording: RecordingId, asks: Asks, here: Here, body: Annotated[NewMark, Depends(json_of(NewMark))]
) -> Made:
    """Mark a moment of a recording."""
    return Made(id=here.marks.add(asks, recording, body.at_ms, body.kind, body.note))


@router.post("/recordings/{recording}/views", status_code=201, openapi_extra=takes(NewView))
def view_recording(
    recording: RecordingId, asks: Asks, here: Here, body: Annotated[NewView, Depends(json_of(NewView))]
) -> View:
    """State a purpose and open a view: on record, under a durable log head, before this answers."""
    return here.gate.open_view(asks, recording, body.purpose)


@router.post("/recordings/{recording}/wanted", status_code=204)
def want_recording(recording: RecordingId, asks: Asks, here: Here) -> None:
    """Have its viewing copy made before others."""
    here.gate.want(asks, recording)


@router.post("/documents/{document}/views", status_code=201, openapi_extra=takes(NewView))
def view_document(document: str, asks: Asks, here: Here, body: Annotated[NewView, Depends(json_of(NewView))]) -> View:
    """The same for a document; its bytes are at `/views/{view}/document`."""
    return here.gate.open_document_view(asks, document, body.purpose)


@router.get("/views/{view}")
def show_view(view: ViewId, asks: Asks, here: Here) -> View:
    """A view of this session that is still open."""
    return here.gate.view(asks, view)


@router.get("/views/{view}/files")
def list_view_files(view: ViewId, asks: Asks, here: Here) -> list[CopyFile]:
    """The files of the viewing copy."""
    files = here.gate.view_files(asks, view)
    return [CopyFile(name=f.name, size=f.size, content_type=f.content_type, sha256=f.digest.hex) for f in files]


@router.get("/recordings/{recording}/seal", response_class=Response, responses={200: ZIP})
def read_seal(recording: RecordingId, asks: Asks, here: Here, position: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The seal of one of a recording's originals, as a zip."""
    return _zipped(here.gate.seal_files(asks, recording, position))


@router.get("/documents/{document}/seal", response_class=Response, responses={200: ZIP})
def read_document_seal(document: str, asks: Asks, here: Here) -> Response:
    """The seal of a document, as a zip."""
    return _zipped(here.gate.document_seal_files(asks, document))


def _zipped(files: dict[str, bytes]) -> Response:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(name, files[name])
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="seal.zip"'}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)
