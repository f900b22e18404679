"""Whether a store of viewing copies does what will be asked of it: tried at a start, with a copy of nothing.

A key that may put and not remove would be noticed only when an order of disposal cannot end. Nothing rests on what
comes of it: what cannot be kept is no copy, and waits.
"""

from contextlib import closing

from catalog.errors import RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.renditions import RenditionStore

TRIAL = RecordingId("0" * 26)
"""An identifier that no recording has."""
_NAME, _BODY = "text.txt", b"tiezheng trial"


def try_store(store: RenditionStore) -> None:
    """Keep, read, and remove. RenditionsUnavailable says what did not work; OSError of this machine."""
    try:
        (store.begin(TRIAL) / _NAME).write_bytes(_BODY)
        place = store.keep(TRIAL, "trial")
    finally:
        store.give_up(TRIAL)
    try:
        with closing(store.open(TRIAL, place, _NAME)) as opened:
            if opened.read_at(1, 4) != _BODY[1:5]:
                raise RenditionsUnavailable("what was kept is read as something else")
    finally:
        store.discard(TRIAL, place)
    if place in store.places(TRIAL):
        raise RenditionsUnavailable("what was removed lies there still")
