"""A command beside the running service, as a process: writes entries and waits for each leaf. Not a test.

python -m tests.catalog.ledger_writer DATABASE-URL LOG-FOLDER COUNT
"""

import sys
from pathlib import Path

from catalog.database import Database
from catalog.ledger import Ledger
from catalog.sequencer import Sequencer
from integrity.clock import system_random
from integrity.heads import FileHeads
from integrity.log import Log
from tests.catalog.ledger_scenario import NOTE, SIGNER
from tests.fakes.clocks import FakeClock


def main(url: str, folder: Path, count: int) -> None:
    """Write them one by one."""
    database = Database.open(url)
    log = Log.open(folder, SIGNER, FileHeads(folder / "head"))
    ledger = Ledger(database, FakeClock(), system_random, Sequencer(database, log))
    for _ in range(count):
        ledger.record(NOTE)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
