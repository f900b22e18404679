"""That somebody has come to wait for what is being prepared at the lowest priority: it goes on, and no longer last.

What runs is not begun anew for it: hours of encoding would be lost. Its child is raised, and those that follow for the
same recording are started like others that are waited for.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Haste:
    """Of one recording while it is prepared; used from any thread."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._wanted = False
        self._raise: Callable[[], object] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody waits by now."""
        return self._wanted

    def hurry(self) -> None:
        """Somebody waits from now on; once is enough."""
        with self._turn:
            if not self._wanted and self._raise is not None:
                self._raise()
            self._wanted = True

    @contextmanager
    def running(self, lift: Callable[[], object]) -> Iterator[None]:
        """While the block lasts a child runs that `lift` raises."""
        with self._turn:
            self._raise = lift
            if self._wanted:
                lift()
        try:
            yield
        finally:
            with self._turn:
                self._raise = None
