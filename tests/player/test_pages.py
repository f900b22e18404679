"""Templates escape, miss no name, and hold nothing that the content policy forbids."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from player.pages import CONTENT_POLICY, STATIC, TEMPLATES, render

FILES = sorted(TEMPLATES.glob("*.html"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_templates_keep_the_content_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style|\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=|hx-on|javascript:|\bjs:", text), "inline code"
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", text), "another site"
    assert "|safe" not in text.replace(" ", ""), "nothing from outside is ever safe"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_sessions_token(path: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(encoding="utf-8"), re.DOTALL):
        assert "csrf_field()" in form or 'action="/sign-in"' in form


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_text_goes_through_gettext(path: Path) -> None:
    """What remains of a template without its expressions and tags is punctuation, and names that are the same."""
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", text)
    assert re.findall(r"[^\W\d_]{2,}", text) in ([], ["铁证"], ["SHA"], ["release", "json"]), path.name


def test_scripts_and_styles_fetch_nothing_from_elsewhere() -> None:
    for path in (*STATIC.glob("*.js"), *STATIC.glob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://", text), path.name
        assert not re.search(r"\beval\(|new Function|innerHTML", text), path.name


def test_the_policy_has_no_hole() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "frame-ancestors 'none'" in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY


def test_values_are_escaped() -> None:
    facts = {"sentence": "<script>alert(1)</script>", "code": '"><img>', "status": 400, "me": None, "sections": [],
             "section": "", "here": '/"onload=', "notice": "<b>"}  # fmt: skip
    page = render("refused.html", facts)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page
    assert '"><img>' not in page


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("refused.html", {})
