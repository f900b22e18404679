"""Which language a person reads, and their text: gettext catalogs read from `locales/*/messages.po` at first use.

There is no compile step, so a catalog is never older than its source. English is the msgid; a test demands that every
msgid has an entry in both languages. The language is a context variable: each request and each command sets its own,
and threads started for a request inherit it. Never a place for text: that is the catalogs.
"""

import gettext as standard
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

Language = Literal["zh_CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "zh_CN"
LOCALES = Path(__file__).with_name("locales")

_spoken: ContextVar[Language] = ContextVar("language", default=DEFAULT)


def gettext(message: str) -> str:
    """The message in the current language; the msgid itself where no entry exists."""
    return _catalog(_spoken.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The form for `count`; fill it in with `.format(count=…)` or `%`."""
    return _catalog(_spoken.get()).ngettext(one, many, count)


def marked(message: str) -> str:
    """Mark a msgid that is translated later, where it is shown; the extractor knows this name."""
    return message


def current() -> Language:
    """The language of this context."""
    return _spoken.get()


def tag(language: Language | None = None) -> str:
    """The BCP 47 tag of a language, as HTML's `lang` wants it."""
    return (language or current()).replace("_", "-")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language inside the block."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def use_terminal_language(locale: str | None) -> None:
    """Speak what a terminal asks for by LC_ALL or LANG: Chinese for `zh…`, English for all else, as plain `C` is."""
    _spoken.set(_named(locale or "") or "en")


def preferred(cookie: str | None, accept: str | None, default: Language = DEFAULT) -> Language:
    """The language of a page: the person's own choice, then the browser's best accepted one, then the default."""
    if cookie and (chosen := _named(cookie)):
        return chosen
    ranked = sorted(_accepted(accept or ""), key=lambda pair: -pair[1])
    return next((language for language, quality in ranked if quality > 0), default)


def from_tag(name: str) -> Language | None:
    """The language a tag such as `zh-CN`, `zh_Hans` or `en-GB` names; None where it is neither."""
    return _named(name)


def _named(name: str) -> Language | None:
    primary = name.strip().replace("_", "-").split("-")[0].split(".")[0].lower()
    if primary == "zh":
        return "zh_CN"
    return "en" if primary == "en" else None


def _accepted(header: str) -> Iterator[tuple[Language, float]]:
    """Pairs of language and quality from Accept-Language (RFC 9110 §12.5.4); what does not parse is left out."""
    for part in header[:500].split(","):
        name, _, weight = part.partition(";")
        if (language := _named(name)) is None:
            continue
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        yield language, quality


@cache
def _catalog(language: Language) -> standard.NullTranslations:
    # Babel is imported here so that commands which say nothing do not pay for it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (LOCALES / language / "messages.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)
