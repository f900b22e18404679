"""Broken evidence, made by code from one good specimen: each case is named by its defect and says what must be found.

A case of `bundles` and `seals` changes a dictionary of files; one of the other kinds makes the bytes of one file.
`relisted` makes a bundle's lists fit again and stamps them anew, as a forger inside the installation would, so that
what remains is the defect itself and not merely a wrong digest. `exhibits` reads the same cases as committed files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Files = dict[str, bytes]
Making = Callable[..., Any]
_Making = TypeVar("_Making", bound=Making)


@dataclass(frozen=True, slots=True)
class Case:
    """A defect, what makes it, and the codes that name it, no more and no fewer."""

    name: str
    make: Making
    codes: frozenset[str]


class Cage:
    """Cases of one kind, collected by decorator."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def case(self, *codes: str) -> Callable[[_Making], _Making]:
        def collect(making: _Making) -> _Making:
            self.cases.append(Case(making.__name__, making, frozenset(codes)))
            return making

        return collect
