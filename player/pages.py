"""Pages from templates: everything is escaped, a name that is not there is an error, and no page fetches from outside.

Knows no HTTP and no right: it is handed what a person may see. Never marks a value as safe that came from outside.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from player import figures, words
from player.language import current, gettext, ngettext, tag

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
LANGUAGE_NAMES = (("zh_CN", "简体中文"), ("en", "English"))

# No inline script or style, nothing from elsewhere, no frame around us. `blob:` is how Media Source Extensions hand
# their buffer to <video>; `data:` are the small icons inside the style sheet.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # from the extension
    made.globals.update(
        word=words.word,
        words=words,
        moment=figures.moment,
        told=figures.told,
        stamp=figures.stamp,
        size=figures.size,
        duration=figures.duration,
        clock_offset=figures.clock_offset,
        gap=figures.gap,
        languages=LANGUAGE_NAMES,
    )
    return made


def render(template: str, facts: Mapping[str, Any]) -> str:
    """A page, or a part of one, in the current language."""
    return _environment().get_template(template).render(language=current(), language_tag=tag(), **facts)
