"""Recording and document pages, their views, and the bytes inside a view. Nothing is opened here but by the gate."""

import codecs
import io
import zipfile
from contextlib import closing
from math import isfinite
from typing import Any

from fastapi import APIRouter, Response

from catalog.errors import NotFound, PurposeMissing
from catalog.gate import OpenFile, View
from catalog.identity import RecordingId, ViewId
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked, Here
from player.routes.refusals import Page
from player.routes.sending import Sent
from player.stream import Content

router = APIRouter(route_class=Page)
SHOWN_TEXT = 512 * 1024
"""Bytes of a text that stand on its page; the rest is a link away."""
LONGEST_S = 7 * 24 * 3600
"""Seconds of the longest recording that is played (`ingest.probe`): there is no moment behind it."""
INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Content types of documents that a page shows itself; all others are handed over as files, never rendered here."""


@router.get("/recordings")
def list_recordings(here: Asked) -> Response:
    """Recordings that belong to no case yet, or all of them."""
    show = "all" if here.query.get("show") == "all" else "unlinked"
    words, after = here.query.get("q", ""), here.query.get("after")
    found = here.services.evidence.list(here.principal, unlinked=show == "unlinked", words=words, after=after)
    return here.page(
        "recordings.html",
        section="/recordings",
        show=show,
        q=words,
        recordings=found.items,
        next_page=here.next_page(found.next),
    )


@router.get("/recordings/{recording}")
def show_recording(here: Asked, recording: RecordingId) -> Response:
    """What is known of a recording, and the question for what purpose it is to be viewed."""
    whole = here.services.joining.whole(here.principal, recording)
    return _recording_page(here, recording) if whole == recording else here.go(f"/recordings/{whole}")


def _recording_page(here: Here, recording: RecordingId, status: int = 200, failure: str = "") -> Response:
    detail = here.services.evidence.get(here.principal, recording)
    return here.page(
        "recording.html",
        status,
        section="/recordings",
        recording=detail.recording,
        station_name=detail.station_name,
        originals=detail.originals,
        tokens=detail.tokens,
        cases=detail.cases,
        quality=detail.quality,
        seal_href=f"/recordings/{recording}/seal.zip",
        holds=here.services.holds.of_recording(here.principal, recording),
        segments=here.services.joining.segments(here.principal, recording),
        neighbours=here.services.joining.neighbours(here.principal, recording),
        marks=here.services.marks.list(here.principal, recording),
        facts=here.services.facts.of(here.principal, recording),
        goes_with=here.services.facts.goes_with(here.principal, recording),
        at=moment_of(here.form.text("at") or here.query.get("at", "")),
        failure=failure,
    )


@router.post("/recordings/{recording}/views")
def view_recording(here: Asked, recording: RecordingId) -> Response:
    """Put the purpose on record and open a view, at a moment if one was chosen."""
    try:
        view = here.services.gate.open_view(here.principal, recording, here.form.text("purpose"))
    except PurposeMissing as error:
        return _recording_page(here, recording, 422, said(error))
    at = moment_of(here.form.text("at"))
    return here.go(f"/views/{view.id}" if at is None else f"/views/{view.id}?at={at}")


@router.post("/recordings/{recording}/wanted")
def want_recording(here: Asked, recording: RecordingId) -> Response:
    """Have its viewing copy made before others."""
    here.services.gate.want(here.principal, recording)
    return here.go(f"/recordings/{recording}", _("It is prepared before what nobody waits for."))


@router.get("/documents/{document}")
def show_document(here: Asked, document: str) -> Response:
    """What is known of a document, and the question for what purpose it is to be viewed."""
    return _document_page(here, document)


def _document_page(here: Here, document: str, status: int = 200, failure: str = "") -> Response:
    detail = here.services.documents.get(here.principal, document)
    return here.page(
        "document.html",
        status,
        section="/cases",
        document=detail.document,
        case=here.services.cases.get(here.principal, detail.document.case_id),
        originals=(detail.original,),
        tokens=detail.tokens,
        seal_href=f"/documents/{document}/seal.zip",
        failure=failure,
    )


@router.post("/documents/{document}/views")
def view_document(here: Asked, document: str) -> Response:
    """Put the purpose on record and open a view."""
    try:
        view = here.services.gate.open_document_view(here.principal, document, here.form.text("purpose"))
    except PurposeMissing as error:
        return _document_page(here, document, 422, said(error))
    return here.go(f"/views/{view.id}")


@router.get("/views/{view}")
def show_view(here: Asked, view: ViewId) -> Response:
    """The page that plays or shows what this view is of."""
    opened = here.services.gate.view(here.principal, view)
    facts = _recording_view(here, opened) if opened.recording_id is not None else _document_view(here, opened)
    return here.page("view.html", view=opened, at=moment_of(here.query.get("at", "")), **facts)


def moment_of(text: str) -> float | None:
    """Seconds from a recording's start, as an address or a form names them; None for whatever is no such moment."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return round(seconds, 3) if isfinite(seconds) and 0 <= seconds <= LONGEST_S else None


NOTHING: dict[str, Any] = {
    "playlist": "", "poster": "", "thumbnails": "", "picture": "", "text": None, "shortened": False,
    "whole": "", "medium": "", "derived": True, "quality": (),
}  # fmt: skip


def _recording_view(here: Here, view: View) -> dict[str, Any]:
    detail = here.services.evidence.get(here.principal, RecordingId(str(view.recording_id)))
    recording = detail.recording
    names = {file.name for file in here.services.gate.view_files(here.principal, view.id)}
    base = f"/views/{view.id}"
    facts = NOTHING | {"name": recording.name, "back": f"/recordings/{recording.id}", "medium": recording.medium}
    facts["quality"] = detail.quality
    found = {"playlist": "index.m3u8", "poster": "poster.jpg", "thumbnails": "thumbs.vtt", "picture": "picture.jpg"}
    facts |= {fact: f"{base}/{name}" for fact, name in found.items() if name in names}
    facts["marks"] = here.services.marks.list(here.principal, recording.id)
    if "text.txt" in names:
        file = here.services.gate.rendition(here.principal, view.id, "text.txt")
        facts |= _text_facts(file, f"{base}/text.txt")
    return facts


def _document_view(here: Here, view: View) -> dict[str, Any]:
    document = here.services.documents.get(here.principal, str(view.document_id)).document
    whole = f"/views/{view.id}/document"
    facts = NOTHING | {"name": document.title, "back": f"/documents/{document.id}", "whole": whole, "derived": False}
    if document.content_type in INLINE:
        return facts | {"picture": whole}
    if document.content_type.startswith("text/"):
        return facts | _text_facts(here.services.gate.document(here.principal, view.id), whole)
    return facts


def _text_facts(file: OpenFile, whole: str) -> dict[str, Any]:
    with closing(file.source) as opened:
        beginning = opened.read_at(0, SHOWN_TEXT)
    return {"text": decoded(beginning), "shortened": file.size > SHOWN_TEXT, "whole": whole}


def decoded(beginning: bytes) -> str:
    """The beginning of a text in UTF-8 or GB 18030, as Chinese offices write it; a cut last character is left out."""
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(beginning)
    except UnicodeDecodeError:
        return codecs.getincrementaldecoder("gb18030")("replace").decode(beginning)


@router.api_route("/views/{view}/document", methods=["GET", "HEAD"])
def read_document(here: Asked, view: ViewId) -> Response:
    """The sealed bytes of the document in view; only pictures are shown in place."""
    opened = here.services.gate.view(here.principal, view)
    file = here.services.gate.document(here.principal, view)
    name = None if file.content_type in INLINE else _file_name(here, opened)
    return Sent(Content(file.source, file.size, file.content_type, file.digest, name))


def _file_name(here: Here, view: View) -> str:
    return here.services.documents.get(here.principal, str(view.document_id)).document.name


@router.api_route("/views/{view}/{name}", methods=["GET", "HEAD"])
def read_rendition(here: Asked, view: ViewId, name: str) -> Response:
    """A file of the viewing copy, or a range of it: the right is asked for anew each time."""
    file = here.services.gate.rendition(here.principal, view, name)
    return Sent(Content(file.source, file.size, file.content_type, file.digest))


@router.get("/recordings/{recording}/seal.zip")
def read_seal(here: Asked, recording: RecordingId) -> Response:
    """The seal of a recording, each of its parts in a folder of its own where it has several."""
    count = len(here.services.evidence.get(here.principal, recording).originals)
    gate, files = here.services.gate, {}
    for part in range(count):
        folder = "" if count == 1 else f"part-{part + 1}/"
        for name, content in gate.seal_files(here.principal, recording, part).items():
            files[folder + name] = content
    return _zipped(files, f"seal-{recording}.zip")


@router.get("/documents/{document}/seal.zip")
def read_document_seal(here: Asked, document: str) -> Response:
    """The seal of a document."""
    return _zipped(here.services.gate.document_seal_files(here.principal, document), f"seal-{document}.zip")


def _zipped(files: dict[str, bytes], name: str) -> Response:
    if not files:
        raise NotFound("there is no seal")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path), files[path])
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)
