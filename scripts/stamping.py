"""Has an authority stamp the published checkpoint soon after the log has grown: in a thread beside everything else.

Nothing waits for it. An authority that is away is told of once, and asked again at the next look; what was not stamped
then is covered by the next token, for a later checkpoint contains the earlier one.
"""

import threading
from collections.abc import Callable

import structlog

from catalog.checkpoint_tokens import CheckpointTokens
from integrity import checkpoint
from integrity.digest import Digest
from integrity.log_chain import LogChain
from integrity.token import Token

_log = structlog.get_logger()


class Stamping:
    """One per process. `seconds`: within which a checkpoint that has grown gets its token.

    `cosigned` says the newest checkpoint that witnesses signed: the better one to stamp, if it is not stamped yet.
    """

    def __init__(
        self,
        logs: LogChain,
        tokens: CheckpointTokens,
        stamp: Callable[[Digest], Token],
        seconds: int,
        cosigned: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        self._logs = logs
        self._tokens = tokens
        self._stamp = stamp
        self._seconds = seconds
        self._cosigned = cosigned
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="checkpoint-stamping", daemon=True)
        self._failing = ""

    def start(self) -> None:
        """Begin looking, unless the setting says never."""
        if self._seconds:
            self._thread.start()

    def stop(self) -> None:
        """End the thread; a token that is being asked for is still kept."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def once(self) -> bool:
        """Stamp what is cosigned or published now, if that is due; whether a token was kept."""
        for note in (self._cosigned(), self._logs.log.published()):
            if note is not None:
                told = checkpoint.claimed(note)
                if self._tokens.wanted(told.origin, told.size, self._logs.base):
                    self._tokens.keep(note, self._stamp(Digest.of(checkpoint.own_note(note))))
                    return True
        return False

    def _keep(self) -> None:
        while not self._ending.wait(self._seconds / 2):
            try:
                self.once()
                self._failing = ""
            except Exception as error:  # noqa: BLE001  the thread must outlive whatever fails: nothing else asks again
                if self._failing != repr(error):
                    self._failing = repr(error)
                    _log.warning("checkpoint-not-stamped", error=self._failing)
