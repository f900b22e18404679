"""Only copies whose maker is on record are shown."""

import pytest

from catalog.errors import NotReady
from catalog.permissions import Role
from catalog.rendition_keys import enrol, key_of
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.catalog.proven import Proven
from tests.fakes.copies import MAKER


def test_a_key_is_put_on_record_once(house: House) -> None:
    for _ in range(3):
        enrol(house.database, house.ledger, MAKER)
    [entry] = house.entries("rendition-key", "done")
    assert entry["subject"] == {"kind": "rendition-key", "id": key_of(MAKER.verifier)}
    assert entry["details"] == {"vkey": MAKER.vkey}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE renditions SET signature = NULL",
        "UPDATE renditions SET signed_by = 'nobody'",
        "UPDATE renditions SET provenance = (SELECT body FROM ledger WHERE id = 1)",
        "UPDATE renditions SET size = size + 1",
        "UPDATE rendition_keys SET entry_id = 999999",
    ],
)
def test_a_copy_of_uncertain_making_is_not_shown(proven: Proven, statement: str) -> None:
    supervisor = proven.person("zhao", Role.SUPERVISOR)
    view = proven.gate.open_view(supervisor, proven.footage(), "核查")
    assert proven.gate.rendition(supervisor, view.id, "media.mp4").size > 0
    change(proven.database, statement)
    with pytest.raises(NotReady):
        proven.gate.rendition(supervisor, view.id, "media.mp4")
