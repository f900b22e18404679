"""Renews what is due in a data folder and dies in the middle: `python -m tests.scripts.killed_renewal DATA WHERE`."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from catalog import renewals
from integrity.digest import Digest
from scripts.assemble import open_house
from scripts.renewing import Renewer
from scripts.settings import load
from tests.scripts.test_renewing import lasting


def die(*_arguments: object) -> NoReturn:
    """As a kill -9 from outside."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


def main() -> None:
    """`stamp`: while the second token is asked for; `row`: with everything written and nothing committed."""
    data, where = Path(sys.argv[1]), sys.argv[2]
    house = open_house(data, load(environment={}))
    authority = lasting(data.parent, house)
    asked: list[object] = []
    stamp, insert = authority.stamp, renewals.Renewals._insert

    class Dying:
        name = authority.name

        def stamp(self, digest: Digest) -> object:
            asked.append(digest)
            return die() if where == "stamp" and len(asked) == 2 else stamp(digest)

    def insert_and_die(self: renewals.Renewals, *arguments: object) -> None:
        insert(self, *arguments)  # type: ignore[arg-type]  # handed on as they came
        die()

    if where == "row":
        renewals.Renewals._insert = insert_and_die  # type: ignore[method-assign,assignment]  # the point
    Renewer(house.renewals, [Dying()], house.clock).run(timedelta(days=26 * 365))  # type: ignore[list-item]


if __name__ == "__main__":
    main()
