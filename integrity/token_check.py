"""The tokens of one seal: every token over its original and over its manifest, as they lie beside each other.

There may be several over one digest, of different authorities. One that is wholly good carries the step; another that
has merely outlived its certificate is then noted and passed over. Every other defect of any of them is a finding, and a
gap in their numbers is one: whoever takes a token away does not make the rest more believable.
"""

from dataclasses import dataclass

from integrity.cms import RESPONSE_LIMIT
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.files import Source
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.proof_files import MOST, Over, token_name
from integrity.token import TokenFacts

OUTLIVED = "token-outlived-certificate"


@dataclass(frozen=True, slots=True)
class Refused:
    """A token that does not count, and why."""

    path: str
    error: InvalidToken


class TokenCheck:
    """Judges the tokens below one prefix of a source. All of them are known to have existed at `existed`."""

    def __init__(
        self, inquiry: Inquiry, judge: Judge, source: Source, prefix: str, existed: tuple[Existence, ...] = ()
    ) -> None:
        self._inquiry = inquiry
        self._judge = judge
        self._source = source
        self._prefix = prefix
        self._existed = existed

    def over(self, over: Over, digest: Digest, step: RunningStep) -> dict[str, TokenFacts]:
        """What the good tokens over this digest say, by their paths; everything that is wrong is found."""
        good: dict[str, TokenFacts] = {}
        outlived: list[Refused] = []
        for path in self._paths(over):
            raw = self._source.read(path, RESPONSE_LIMIT)
            if raw is None:
                continue
            try:
                good[path] = self._judge.stamped(raw, digest, self._existed)
            except InvalidToken as error:
                if error.finding == OUTLIVED:
                    outlived.append(Refused(path, error))
                else:
                    self._find(Refused(path, error))
        for refused in outlived:
            if good:
                step.note(f"{refused.path}: its certificate has ended; another token carries this step")
            else:
                self._find(refused)
        return good

    def _paths(self, over: Over) -> list[str]:
        """The tokens that are there, the first of which has to be; a gap in their numbers is found."""
        numbers = [number for number in range(1, MOST + 1) if self._source.has(self._path(over, number))]
        for number in range(1, max(numbers, default=1) + 1):
            if number not in numbers:
                self._inquiry.find("token-missing", self._path(over, number), "it is not there")
        return [self._path(over, number) for number in numbers]

    def _path(self, over: Over, number: int) -> str:
        return self._prefix + token_name(over, number)

    def _find(self, refused: Refused) -> None:
        self._judge.refuse(refused.path, refused.error)
