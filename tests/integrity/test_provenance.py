"""Where a rendition comes from: signed by its maker, in one format, and anything else is refused."""

from typing import Any

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.digest import Digest
from integrity.errors import InvalidProvenance
from integrity.provenance import Source, open_provenance, sign_provenance
from tests.fakes.copies import MAKER, copied
from tests.fakes.signers import OTHER

SOURCE = Source(Digest.of(b"original"), 8, 2)
COPY = copied("media.mp4", b"copy", "video/mp4", sources=[SOURCE], quality=[("black", 0, 2_500)])


def test_what_was_signed_is_read() -> None:
    told = open_provenance(COPY.provenance, COPY.signature, MAKER.verifier)
    assert (told.name, told.digest, told.size, told.recipe) == ("media.mp4", Digest.of(b"copy"), 4, "r1")
    assert told.sources == (SOURCE,)
    assert told.quality == (("black", 0, 2_500),)


@pytest.mark.parametrize("number", range(0, len(COPY.provenance), 37))
def test_a_changed_statement_is_refused(number: int) -> None:
    changed = bytearray(COPY.provenance)
    changed[number] ^= 1
    with pytest.raises(InvalidProvenance, match="signature"):
        open_provenance(bytes(changed), COPY.signature, MAKER.verifier)


def test_another_signature_or_key_is_refused() -> None:
    for signature in (b"", bytes(64), COPY.signature[:-1], MAKER.sign(COPY.provenance).raw):
        with pytest.raises(InvalidProvenance):
            open_provenance(COPY.provenance, signature, MAKER.verifier)
    with pytest.raises(InvalidProvenance):
        open_provenance(COPY.provenance, COPY.signature, OTHER.verifier)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "tiezheng-provenance-v1"}, {"derived": False}, {"extra": 1}, {"sources": [{"part": 1}]},
        {"output": {"name": "media.mp4"}}, {"quality": [["black", 0, 1]]}, {"argv": "ffmpeg"}, {"recipe": 2},
    ],
)  # fmt: skip
def test_another_format_is_refused_whoever_signed_it(change: dict[str, Any]) -> None:
    statement = canonical({**parse_canonical(COPY.provenance), **change})
    with pytest.raises(InvalidProvenance):
        open_provenance(statement, sign_provenance(statement, MAKER), MAKER.verifier)
    with pytest.raises(InvalidProvenance):
        open_provenance(b"[]", sign_provenance(b"[]", MAKER), MAKER.verifier)
