"""A node of several, as a process: appends to a log whose head is a row, without any lock of this machine. Not a test.

python -m tests.catalog.head_writer DATABASE-URL PLACE turns|none NAME
PLACE is the log's folder, or `endpoint bucket prefix` of an S3 and a folder of this node's own, in one JSON array.
Prints each index and commitment once it was told.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.database import Database
from catalog.heads import SqlHeads
from integrity.commitment import commit
from integrity.errors import LogUnavailable
from integrity.log import Log
from integrity.s3 import Bucket, Credentials, Place
from integrity.tile_store import TileStore
from integrity.tiles_files import FileTiles
from integrity.tiles_s3 import S3Tiles
from tests.fakes.signers import SIGNER
from tests.servers.seaweed import REGION, secret_of

COUNT = 20


class ElsewhereTiles(FileTiles):
    """A folder that is seen from another machine: the kernel's lock there is not ours."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield


class Pushing(SqlHeads):
    """A store that gives no turns: only the swap is left to decide."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield


def place_of(place: str) -> TileStore:
    """Where the log lies, as this node sees it."""
    if not place.startswith("["):
        return ElsewhereTiles(Path(place))
    endpoint, bucket, prefix, folder = json.loads(place)
    reached = Bucket(Place(bucket, endpoint, REGION, prefix), Credentials("ingest", secret_of("ingest")))
    return S3Tiles(reached, "log", Path(folder) / "lock")


def main(url: str, place: str, turns: str, name: str) -> None:
    """Append one by one, each until the log says where it is."""
    database = Database.open(url)
    heads = (SqlHeads if turns == "turns" else Pushing)(database, SIGNER.name)
    log = Log.open(place_of(place), SIGNER, heads)
    for number in range(COUNT):
        commitment = commit(bytes(32), f"{name}{number}".encode())
        index, beaten = None, 0
        while index is None:
            try:
                index = _once(log, commitment)
            except LogUnavailable:
                beaten += 1
        if turns == "turns" and beaten:
            raise SystemExit("beaten, although it was its turn")
        print(index, commitment.hex())


def _once(log: Log, commitment: bytes) -> int:
    """What a sequencer does: look for it, then append."""
    with log.exclusive():
        there = list(log.entries(0, log.head().size))
        return there.index(commitment) if commitment in there else log.append([commitment])[0]


if __name__ == "__main__":
    main(*sys.argv[1:5])
