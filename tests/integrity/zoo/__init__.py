"""Broken evidence, made by code from one good specimen: each case is named by its defect and says what must be found.

A case changes a dictionary of files. `relisted` makes the lists fit again and stamps them anew, as a forger inside the
installation would, so that what remains is the defect itself and not merely a wrong digest.
"""

from collections.abc import Callable
from dataclasses import dataclass

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A defect, what it does to the files, and the codes that name it, no more and no fewer."""

    name: str
    break_it: Callable[..., None]
    codes: frozenset[str]


class Cage:
    """Cases of one kind, collected by decorator."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def case(self, *codes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        def collect(function: Callable[..., None]) -> Callable[..., None]:
            self.cases.append(Case(function.__name__, function, frozenset(codes)))
            return function

        return collect
