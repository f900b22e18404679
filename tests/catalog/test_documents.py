"""Documents: who may file what, and what is told of what was filed."""

import pytest

from catalog.documents import Draft
from catalog.entry import SYSTEM
from catalog.errors import InvalidInput, NotFound, NotPermitted
from catalog.permissions import Role
from integrity.statement import Statement
from tests.catalog.house import House

DRAFT = Draft("询问笔录", "record", "investigation", "笔录.pdf", "Application/PDF; charset=x")


def test_a_statement_says_who_files_what_to_which_case(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, "1", "一")
    statement = house.documents.statement(officer, case, DRAFT)
    assert (statement.agency, statement.person, statement.station) == (house.agency.id, officer.person_id, None)
    assert statement.filing is not None
    assert (statement.filing.case, statement.filing.content_type) == (case, "application/pdf")
    assert Statement.parse(statement.encode()) == statement


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("kind", "poem"), ("stage", "never"), ("name", ""), ("content_type", "pdf"),
     ("content_type", "text/html\r\nx: y"), ("name", "x" * 256)],
)  # fmt: skip
def test_shapes(house: House, field: str, value: str) -> None:
    from dataclasses import replace

    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, "1", "一")
    with pytest.raises(InvalidInput) as refused:
        house.documents.statement(officer, case, replace(DRAFT, **{field: value}))
    assert refused.value.field == field


def test_only_officers_of_the_agency_file(house: House) -> None:
    case = house.cases.open(house.person("officer", Role.OFFICER), "1", "一")
    other = house.agencies.add(SYSTEM, "other", "外局")
    with pytest.raises(NotPermitted):
        house.documents.statement(house.person("reviewer", Role.REVIEWER), case, DRAFT)
    with pytest.raises(NotFound):
        house.documents.statement(house.person("stranger", Role.OFFICER, agency=other.id), case, DRAFT)
    assert len(house.entries("file-document", "refused")) == 2


def test_a_filed_document_is_listed_and_told(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, "1", "一")
    document = house.document(case, officer)
    (listed,) = house.documents.of_case(officer, case)
    detail = house.documents.get(officer, document)
    assert detail.document == listed
    assert (listed.title, listed.filed_by_name, listed.agency_id) == ("询问笔录", officer.name, house.agency.id)
    assert detail.original.sha256 == listed.sha256
    assert len(detail.tokens) == 2


def test_strangers_see_no_document(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    case = house.cases.open(officer, "1", "一")
    document = house.document(case, officer)
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger = house.person("stranger", Role.REVIEWER, agency=other.id)
    for attempt in (lambda: house.documents.get(stranger, document), lambda: house.documents.of_case(stranger, case),
                    lambda: house.documents.get(officer, "0" * 26)):  # fmt: skip
        with pytest.raises(NotFound):
            attempt()
    assert len(house.entries("see", "refused")) == 3
