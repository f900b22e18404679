"""`verify.html`: the page in every bundle with which a reader checks it in a browser, offline (FORMAT, verify.html).

Inlines the modules of `integrity/verify_html/` into one file, always the same bytes. Its SHA-256 is published with the
source (`verify.html.sha256`), because whoever forges a bundle would forge this page too; a page that is not the
published one is never written into a bundle.
"""

import base64
import hashlib
import re
import sys
from functools import cache
from pathlib import Path

from integrity import durable
from integrity.digest import Digest
from integrity.errors import InvalidBundle

NAME = "verify.html"
_SOURCES = Path(__file__).parent / "verify_html"
_PUBLISHED = _SOURCES / f"{NAME}.sha256"
_FIRST = "page.js"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z0-9]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |class |const |let )", re.MULTILINE)


@cache
def verify_page() -> bytes:
    """The file; InvalidBundle when it is not the one whose digest is published."""
    page = build_page()
    if Digest.of(page) != published_digest():
        raise InvalidBundle(f"{NAME} is not the page whose digest is published")
    return page


def published_digest() -> Digest:
    """What a reader compares his page with."""
    return Digest.from_hex(_PUBLISHED.read_text(encoding="ascii").partition(" ")[0])


def build_page() -> bytes:
    """The page from its sources. Its policy lets run what is in it and nothing else, and reaches no network."""
    script = "".join(_modules())
    style = _source("page.css")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash_source(script)}",
            f"style-src {_hash_source(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _source("page.html").replace("@POLICY@", policy).replace("@STYLE@", style).replace("@SCRIPT@", script)
    return page.encode()


def _modules() -> list[str]:
    """The text of each module after those it imports, without the words that join them."""
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        text = _source(name)
        for needed in _IMPORT.findall(text):
            add(needed)
        done[name] = f"\n// {name}\n{_EXPORT.sub('', _IMPORT.sub('', text))}"

    add(_FIRST)
    return list(done.values())


def _source(name: str) -> str:
    return (_SOURCES / name).read_text(encoding="utf-8")


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def publish() -> None:
    """After a change of the sources: write the digest that is published with them."""
    durable.replace(_PUBLISHED, f"{Digest.of(build_page())}  {NAME}\n".encode(), 0o644)


if __name__ == "__main__":
    publish()
    sys.stdout.write(_PUBLISHED.read_text(encoding="ascii"))
