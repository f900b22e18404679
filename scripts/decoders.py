"""How confined decoders are here, measured in a thread of its own after each start, and told wherever one looks.

The service never refuses to receive for it: sealing needs no decoder. But a machine whose kernel takes less from a
decoder than there is to take says so on its terminal, in its log, on the status page and in the metrics, for as long
as it is so.
"""

import threading
from typing import Any

import click
import structlog

from ingest.child import Decoder
from ingest.confinement import Confinement, measure
from ingest.errors import ChildrenStopped, IngestError

_log = structlog.get_logger()


class Decoders:
    """One per process. `start` measures once; `facts` says what was found, or that nothing is known yet."""

    def __init__(self, children: Decoder) -> None:
        self._children = children
        self._found: Confinement | None = None
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._measure, name="decoders", daemon=True)

    def start(self) -> None:
        """Measure in a thread of its own: nobody waits for it."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for its end; end its child first."""
        if self._thread.is_alive():
            self._thread.join()

    def facts(self) -> dict[str, Any]:
        """See `facts_of`; `taken` and `holes` are missing where they could not be measured."""
        return facts_of(self._found, self._problem)

    def _measure(self) -> None:
        try:
            self._found = measure(self._children)
        except ChildrenStopped:
            return
        except (IngestError, OSError) as error:
            self._problem = f"{getattr(error, 'code', 'file-error')}: {error}"
        told = f"not measured: {self._problem}" if self._found is None else self._found.told
        click.echo(f"decoders: {told}")
        if self.facts()["alarm"]:
            _log.warning("decoders-not-confined", found=told)


def measured(children: Decoder) -> dict[str, Any]:
    """The same facts for a command, which waits for them."""
    try:
        return facts_of(measure(children), None)
    except (IngestError, OSError) as error:
        return facts_of(None, f"{getattr(error, 'code', 'file-error')}: {error}")


def facts_of(found: Confinement | None, problem: str | None) -> dict[str, Any]:
    """`alarm`: a decoder that a file took over could do more than it should, or nobody knows what it could."""
    if found is None:
        return {"alarm": problem is not None} | ({} if problem is None else {"problem": problem})
    return {"alarm": bool(found.holes), "holes": list(found.holes), "taken": dict(found.taken)}
