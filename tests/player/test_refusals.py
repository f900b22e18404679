"""A refusal is said in the reader's language, for every code a page can meet."""

import pytest

from catalog.errors import InvalidInput, NotPermitted, PurposeMissing
from catalog.problems import PROBLEMS
from player.language import speaking
from player.refusals import SENTENCES, said, sentence

INSIDE = {code for code, problem in PROBLEMS.items() if problem.status == 500}
OTHER_DOORS = {
    code
    for code in PROBLEMS
    if code.startswith(
        (
            "tus-",
            "upload-",
            "checksum-",
            "offset-",
            "metadata-",
            "digest-",
            "content-type-",
            "children-",
            "quota-",
            "declaration-",
            "encoding-",
        )
    )
}
NO_PAGE = {"unplayable", "retention-holds", "authority-unavailable", "witness-unavailable", "method-not-allowed"}
"""Codes that stations or jobs meet, and no page."""


def test_every_code_a_page_can_meet_has_its_sentence() -> None:
    assert set(PROBLEMS) - INSIDE - OTHER_DOORS - NO_PAGE - set(SENTENCES) == set()


def test_a_refusal_is_said_in_the_readers_language() -> None:
    with speaking("zh_CN"):
        assert said(PurposeMissing("say why")).startswith("请填写调阅目的")
    with speaking("en"):
        assert "role" in said(NotPermitted("no role that allows this: view"))


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (InvalidInput("purpose", "must not be empty"), "目的: 不能为空"),
        (InvalidInput("title", "takes at most 300 characters"), "标题: 最多 300 个字符"),
        (InvalidInput("password", "needs 12 to 200 characters"), "密码: 需要 12 至 200 个字符"),
        (InvalidInput("recordings", "takes 1 to 200 different recordings"), "音像记录: 请选择 1 至 200 项"),
        (InvalidInput("strange", "is strange"), "strange: is strange"),
    ],
)
def test_which_field_does_not_fit_and_how(error: InvalidInput, chinese: str) -> None:
    with speaking("zh_CN"):
        assert said(error) == chinese


def test_an_error_without_a_code_tells_nothing() -> None:
    assert said(RuntimeError("secret path")) == sentence("internal")


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert sentence("brand-new") == "brand-new"
