"""What every HeadStore must do, whatever it keeps the head in.

Subclass `HeadStoreContract`, give it a fixture `opened`: a function that opens the same store once more, as another
process would.
"""

import threading
from collections.abc import Callable

import pytest

from integrity.errors import HeadConflict
from integrity.heads import HeadStore

Opened = Callable[[], HeadStore]
WRITERS = 8


class HeadStoreContract:
    """The suite; pytest collects only its subclasses."""

    def test_there_is_no_head_before_the_first(self, opened: Opened) -> None:
        assert opened().read() is None

    def test_what_was_swapped_in_is_read_by_everyone(self, opened: Opened) -> None:
        store = opened()
        store.swap(None, b"one\n")
        assert (store.read(), opened().read()) == (b"one\n", b"one\n")
        opened().swap(b"one\n", b"two\n")
        assert (store.read(), opened().read()) == (b"two\n", b"two\n")

    @pytest.mark.parametrize("old", [None, b"", b"One\n", b"one", b"two\n"])
    def test_a_swap_from_another_head_changes_nothing(self, opened: Opened, old: bytes | None) -> None:
        store = opened()
        store.swap(None, b"one\n")
        with pytest.raises(HeadConflict):
            store.swap(old, b"two\n")
        assert opened().read() == b"one\n"

    def test_a_swap_from_a_head_where_there_is_none_is_refused(self, opened: Opened) -> None:
        with pytest.raises(HeadConflict):
            opened().swap(b"one\n", b"two\n")
        assert opened().read() is None

    def test_a_head_can_be_swapped_for_itself(self, opened: Opened) -> None:
        """What a writer does whose swap failed with an unknown outcome."""
        opened().swap(None, b"one\n")
        opened().swap(b"one\n", b"one\n")
        assert opened().read() == b"one\n"

    def test_bytes_are_kept_as_they_are(self, opened: Opened) -> None:
        head = "日志 — \n\n".encode() + bytes(range(256)) * 300
        opened().swap(None, head)
        assert opened().read() == head

    def test_one_of_many_writers_wins(self, opened: Opened) -> None:
        opened().swap(None, b"start\n")
        won, lost, together = [], [], threading.Barrier(WRITERS)

        def write(mine: bytes) -> None:
            store = opened()
            together.wait()
            try:
                store.swap(b"start\n", mine)
                won.append(mine)
            except HeadConflict:
                lost.append(mine)

        writers = [threading.Thread(target=write, args=(f"{number}\n".encode(),)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert (len(won), len(lost)) == (1, WRITERS - 1)
        assert opened().read() == won[0]

    def test_no_increment_is_lost(self, opened: Opened) -> None:
        """Every writer adds ten times; a compare that is not one step with its swap would lose some."""
        opened().swap(None, b"0")

        def add() -> None:
            store, done = opened(), 0
            while done < 10:
                old = store.read()
                try:
                    store.swap(old, str(int(old or b"") + 1).encode())
                    done += 1
                except HeadConflict:
                    continue

        writers = [threading.Thread(target=add) for _ in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert opened().read() == b"40"
