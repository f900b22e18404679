"""How much of a recording is asked for: read from the request's own entry, and from nowhere else."""

import pytest

from catalog.entry import SYSTEM, Entry, Json, Subject
from catalog.extents import digests_of, extent_of
from catalog.identity import EntryId
from integrity.digest import Digest
from integrity.errors import InvalidCanonical
from integrity.extent import COPIES, ORIGINALS
from tests.catalog.proven import Proven


def asked(house: Proven, details: dict[str, Json]) -> EntryId:
    return house.ledger.record(Entry("request", SYSTEM, Subject("request", "0" * 26), "done", details=details))


def test_what_the_entry_says(proven: Proven) -> None:
    said, silent = asked(proven, {"extent": COPIES}), asked(proven, {})
    with proven.database.read() as connection:
        assert extent_of(connection, said) == COPIES
        assert extent_of(connection, silent) == ORIGINALS, "of before there was a choice"


@pytest.mark.parametrize("extent", ["everything", None, ["copies"], 1])
def test_what_no_version_writes_is_refused(proven: Proven, extent: Json) -> None:
    entry = asked(proven, {"extent": extent})
    with proven.database.read() as connection, pytest.raises(InvalidCanonical, match="extent"):
        extent_of(connection, entry)


def test_digests_in_the_order_of_a_bundle(proven: Proven) -> None:
    made = [proven.footage(body, ready=False) for body in (b"one", b"two")]
    held = dict(zip(made, (Digest.of(b"one").hex, Digest.of(b"two").hex), strict=True))
    with proven.database.read() as connection:
        for wanted in (made, made[::-1]):
            assert digests_of(connection, wanted) == [held[recording] for recording in sorted(made)]
