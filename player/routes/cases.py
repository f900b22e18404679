"""Case pages: the list, opening one, and everything that is done on a case's page."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from catalog.documents import Draft
from catalog.errors import Conflict, InvalidInput
from catalog.identity import CaseId, RecordingId
from catalog.shapes import STAGES
from player.language import gettext as _
from player.refusals import said
from player.routes.here import Asked
from player.routes.refusals import Page

router = APIRouter(route_class=Page)
CHUNK = 1024 * 1024
EMPTY = {"number": "", "title": "", "subject": "", "subject_kind": "person"}


@router.get("/cases")
def list_cases(here: Asked) -> Response:
    """Cases by number or title, newest first."""
    words, after = here.query.get("q", ""), here.query.get("after")
    found = here.services.cases.list(here.principal, words, after)
    return here.page(
        "cases.html",
        section="/cases",
        q=words,
        cases=found.items,
        next_page=here.next_page(found.next),
        several_agencies=len({case.agency_id for case in found.items} | {here.principal.agency_id}) > 1,
    )


@router.get("/cases/new")
def new_case(here: Asked) -> Response:
    """The form."""
    return here.page("case_new.html", section="/cases", form=EMPTY, failure="")


@router.post("/cases")
def open_case(here: Asked) -> Response:
    """Open a case, with its person concerned where one was named."""
    form = {name: here.form.text(name) for name in EMPTY}
    try:
        case = here.services.cases.open(here.principal, form["number"], form["title"])
    except (Conflict, InvalidInput) as error:
        return here.page("case_new.html", 409, section="/cases", form=form, failure=said(error))
    if form["subject"].strip():
        here.services.cases.add_subject(here.principal, case, form["subject"], form["subject_kind"])
    return here.go(f"/cases/{case}", _("The case is open."))


@router.get("/cases/{case}")
def show_case(here: Asked, case: CaseId) -> Response:
    """A case with its evidence."""
    facts = here.services.cases.get(here.principal, case)
    recordings = here.services.evidence.of_case(here.principal, case)
    documents = here.services.documents.of_case(here.principal, case)
    return here.page(
        "case.html",
        section="/cases",
        case=facts,
        holds=here.services.holds.of_case(here.principal, case),
        subjects=here.services.cases.subjects(here.principal, case),
        recordings=recordings,
        documents=documents,
        requests=here.services.approvals.list(here.principal, case=case).items,
        stage_at=STAGES.index(facts.stage),
        counts=_counts((link.stage for link in recordings), (document.stage for document in documents)),
    )


def _counts(recordings: Iterable[str], documents: Iterable[str]) -> dict[str, dict[str, int]]:
    linked, filed = list(recordings), list(documents)
    return {stage: {"recordings": linked.count(stage), "documents": filed.count(stage)} for stage in STAGES}


@router.post("/cases/{case}/stage")
def set_stage(here: Asked, case: CaseId) -> Response:
    """Say at which stage the case is."""
    here.services.cases.set_stage(here.principal, case, here.form.text("stage"))
    return here.go(f"/cases/{case}", _("The stage is set."))


@router.post("/cases/{case}/subjects")
def add_subject(here: Asked, case: CaseId) -> Response:
    """Name a person concerned."""
    here.services.cases.add_subject(here.principal, case, here.form.text("name"), here.form.text("kind"))
    return here.go(f"/cases/{case}", _("The person concerned is named."))


@router.get("/cases/{case}/candidates")
def show_candidates(here: Asked, case: CaseId) -> Response:
    """Unlinked recordings of the case's agency, as a form; those declared for this case come first, ticked."""
    facts = here.services.cases.get(here.principal, case)
    found = here.services.evidence.list(
        here.principal, unlinked=True, words=here.query.get("q", ""), agency=facts.agency_id, limit=100
    )
    recordings = sorted(found.items, key=lambda recording: recording.declared_case != facts.number)
    return here.page("candidates.html", case=facts, recordings=recordings)


@router.post("/cases/{case}/links")
def link_recordings(here: Asked, case: CaseId) -> Response:
    """Link the ticked recordings to the case."""
    wanted = [RecordingId(recording) for recording in here.form.texts("recording")]
    here.services.linking.link(here.principal, case, wanted, here.form.text("stage"))
    return here.go(f"/cases/{case}", _("Linked to the case."))


@router.post("/cases/{case}/links/{link}/end")
def end_link(here: Asked, case: CaseId, link: str) -> Response:
    """End a link, with a reason."""
    here.services.linking.unlink(here.principal, link, here.form.text("reason"))
    return here.go(
        f"/cases/{case}", _("The link is ended; the recording is with the unlinked ones unless it has another.")
    )


@router.post("/cases/{case}/documents")
def file_document(here: Asked, case: CaseId) -> Response:
    """File a document: sealed by the same path as footage, and answered when it is."""
    file = here.form.file("file")
    draft = Draft(
        title=here.form.text("title"),
        kind=here.form.text("kind"),
        stage=here.form.text("stage"),
        name=file.filename or "",
        content_type=file.content_type or "application/octet-stream",
    )
    statement = here.services.documents.statement(here.principal, case, draft)
    size = _size(file)
    here.services.filing.file_document(statement, here.principal.actor, size, _chunks(file))
    return here.go(f"/cases/{case}", _("The document is filed and sealed."))


def _size(file: UploadFile) -> int:
    size = file.file.seek(0, 2)
    file.file.seek(0)
    return size


def _chunks(file: UploadFile) -> Iterator[bytes]:
    while chunk := file.file.read(CHUNK):
        yield chunk
