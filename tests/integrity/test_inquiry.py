"""How a verdict comes together: steps pass by having found nothing, and what nobody checked is never right."""

from integrity.finding import TRUST_NOT_SUPPLIED, Assurance, Finding
from integrity.inquiry import Inquiry


def test_a_step_passes_when_nothing_was_found_while_it_ran() -> None:
    inquiry = Inquiry()
    with inquiry.step("one") as step:
        step.note("a")
        step.note("b")
    with inquiry.step("two"):
        inquiry.find("file-missing", "x", "it is not there")
    with inquiry.step("three"):
        inquiry.take([])
    verdict = inquiry.verdict(Assurance.SELF_ASSERTED)
    assert [(step.number, step.passed, step.detail) for step in verdict.steps] == [
        (1, True, "a; b"), (2, False, ""), (3, True, ""),
    ]  # fmt: skip
    assert verdict.findings == (Finding("file-missing", "x", "it is not there"),)
    assert not verdict.ok
    assert not inquiry.clean()


def test_nothing_found_is_ok() -> None:
    inquiry = Inquiry()
    with inquiry.step("one"):
        pass
    assert inquiry.clean()
    assert inquiry.verdict(Assurance.RECEIPTED).ok


def test_a_step_that_had_nothing_to_check_never_passes() -> None:
    inquiry = Inquiry()
    with inquiry.step("one") as step:
        step.nothing_to_check("nothing there")
    verdict = inquiry.verdict(Assurance.SELF_ASSERTED)
    assert verdict.steps[0].passed is None
    assert [finding.code for finding in verdict.findings] == ["not-checked"]
    assert not verdict.ok


def test_self_consistent_is_the_want_of_trust_and_nothing_else() -> None:
    inquiry = Inquiry()
    inquiry.find(TRUST_NOT_SUPPLIED, "trust.json", "")
    assert inquiry.verdict(Assurance.SELF_ASSERTED).self_consistent
    inquiry.find("file-missing", "x", "")
    assert not inquiry.verdict(Assurance.SELF_ASSERTED).self_consistent
    assert not Inquiry().verdict(Assurance.SELF_ASSERTED).self_consistent


def test_what_was_said_is_not_said_again() -> None:
    inquiry = Inquiry()
    with inquiry.step("many files") as step:
        for note in ("one", "two", "one"):
            step.note(note)
    assert inquiry.verdict(Assurance.SELF_ASSERTED).steps[0].detail == "one; two"
