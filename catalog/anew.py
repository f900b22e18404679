"""Making anew what is shown under an older recipe: ready → ready, with a claim beside the recording's own state.

Whoever took one goes on as with any other (`catalog.preparation`): what he says then ends this claim, or the first one.
Never leaves a recording without the copy it had before the next one is whole.
"""

from collections.abc import Collection, Sequence

from catalog import older_copies
from catalog.identity import RecordingId
from catalog.preparation import Preparation


class Anew(Preparation):
    """Preparation, and what follows a change of the recipe."""

    def claim_older(
        self, former: Sequence[str], recipe: str, besides: Collection[RecordingId] = ()
    ) -> RecordingId | None:
        """Take a ready recording whose copy is of a former recipe, to make it anew under this one; None for none.

        It stays ready, with the copy it has. What ends the claim is what ends any other: `prepared`, `release` …
        """
        taken = None
        try:
            with self._database.write() as connection:
                left_out, now = self._left_out(besides), self._clock.now()
                found = older_copies.next_older(connection, former, recipe, left_out, now)
                if found is not None and self._take(found):
                    taken = found
                    older_copies.claim(connection, self._worker, found, recipe, now)
        except BaseException:
            if taken is not None:
                self.let_go(taken)
            raise
        return taken

    def older(self, former: Sequence[str], recipe: str) -> bool:
        """Whether a copy of a former recipe can be made anew now."""
        with self._database.read() as connection:
            return older_copies.are_waiting(connection, former, recipe, self._clock.now())
