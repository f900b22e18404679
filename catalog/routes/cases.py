"""Cases, the persons concerned, documents, and links to recordings."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from catalog.cases import CaseFacts, SubjectFacts
from catalog.dependencies import Here
from catalog.documents import DocumentDetail, DocumentFacts, Draft
from catalog.errors import InvalidInput
from catalog.evidence import LinkedRecording
from catalog.identity import AgencyId, CaseId, RecordingId
from catalog.paging import Page
from catalog.routes.bodies import Asks, Body, Linked, Made, json_of, takes

router = APIRouter(tags=["cases"])

BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


class NewCase(Body):
    """A case to be opened; at one's own agency where none is named."""

    number: str
    title: str
    agency: str | None = None


class Stage(Body):
    """start, investigation, decision or service."""

    stage: str


class NewSubject(Body):
    """A person concerned: person or organisation."""

    name: str
    kind: str


class NewLinks(Body):
    """Recordings to be linked, all or none."""

    recordings: list[str]
    stage: str


class FiledDocument(BaseModel):
    """A document that was filed and sealed; `repeated` when the case has these bytes already."""

    id: str | None
    upload: str
    original: str
    entry: int
    repeated: bool


@router.get("/cases")
def list_cases(
    asks: Asks, here: Here, words: str = "", after: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Page[CaseFacts]:
    """Cases one may see, newest first; `words` is a part of number or title."""
    return here.cases.list(asks, words, after, limit)


@router.post("/cases", status_code=201, openapi_extra=takes(NewCase))
def open_case(asks: Asks, here: Here, body: Annotated[NewCase, Depends(json_of(NewCase))]) -> Made:
    """Open a case."""
    agency = None if body.agency is None else AgencyId(body.agency)
    return Made(id=here.cases.open(asks, body.number, body.title, agency))


@router.get("/cases/{case}")
def show_case(case: CaseId, asks: Asks, here: Here) -> CaseFacts:
    """One case."""
    return here.cases.get(asks, case)


@router.put("/cases/{case}/stage", status_code=204, openapi_extra=takes(Stage))
def set_stage(case: CaseId, asks: Asks, here: Here, body: Annotated[Stage, Depends(json_of(Stage))]) -> None:
    """Say at which stage a case is."""
    here.cases.set_stage(asks, case, body.stage)


@router.get("/cases/{case}/subjects")
def list_subjects(case: CaseId, asks: Asks, here: Here) -> list[SubjectFacts]:
    """The persons concerned."""
    return list(here.cases.subjects(asks, case))


@router.post("/cases/{case}/subjects", status_code=201, openapi_extra=takes(NewSubject))
def add_subject(
    case: CaseId, asks: Asks, here: Here, body: Annotated[NewSubject, Depends(json_of(NewSubject))]
) -> Made:
    """Name a person concerned."""
    return Made(id=here.cases.add_subject(asks, case, body.name, body.kind))


@router.get("/cases/{case}/recordings")
def list_linked(case: CaseId, asks: Asks, here: Here) -> list[LinkedRecording]:
    """The recordings linked to a case."""
    return list(here.evidence.of_case(asks, case))


@router.post("/cases/{case}/links", status_code=201, openapi_extra=takes(NewLinks))
def link(case: CaseId, asks: Asks, here: Here, body: Annotated[NewLinks, Depends(json_of(NewLinks))]) -> Linked:
    """Link recordings to a case."""
    wanted = [RecordingId(recording) for recording in body.recordings]
    return Linked(links=here.linking.link(asks, case, wanted, body.stage))


@router.delete("/links/{link}", status_code=204)
def unlink(link: str, reason: str, asks: Asks, here: Here) -> None:
    """End a link, for a reason."""
    here.linking.unlink(asks, link, reason)


@router.get("/cases/{case}/documents")
def list_documents(case: CaseId, asks: Asks, here: Here) -> list[DocumentFacts]:
    """The documents of a case."""
    return list(here.documents.of_case(asks, case))


@router.post("/cases/{case}/documents", status_code=201, openapi_extra=BYTES)
async def file_document(
    request: Request, case: CaseId, asks: Asks, here: Here, title: str, kind: str, stage: str, name: str
) -> FiledDocument:
    """File a document: its bytes are the body, sealed like footage before this answers."""
    content_type = request.headers.get("content-type", "application/octet-stream")
    draft = Draft(title, kind, stage, name, content_type)
    statement = await run_in_threadpool(here.documents.statement, asks, case, draft)
    size, chunks = _size(request), _chunks(request.stream())
    made = await run_in_threadpool(here.filing.file_document, statement, asks.actor, size, chunks)
    return FiledDocument(
        id=made.document, upload=made.upload, original=made.original, entry=made.entry, repeated=made.repeated
    )


@router.get("/documents/{document}")
def show_document(document: str, asks: Asks, here: Here) -> DocumentDetail:
    """What is known of a document."""
    return here.documents.get(asks, document)


def _size(request: Request) -> int:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal() and len(length) < 19):
        raise InvalidInput("body", "needs its length in Content-Length")
    return int(length)


def _chunks(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """The body for a thread that may wait: each chunk is fetched from the connection's own loop."""

    async def following() -> bytes | None:
        return await anext(stream, None)

    while (chunk := from_thread.run(following)) is not None:
        if chunk:
            yield chunk
