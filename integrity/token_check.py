"""The tokens of one seal: every token over its original and over its manifest, as they lie beside each other.

There may be several over one digest, of different authorities. One that is wholly good carries the step; another that
has merely outlived its certificate is then noted and passed over. Every other defect of any of them is a finding, and a
gap in their numbers is one: whoever takes a token away does not make the rest more believable.
"""

from integrity.cms import RESPONSE_LIMIT
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.files import Source
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.proof_files import MOST, Over, token_name
from integrity.renewal_check import OLDER, Refused, RenewalCheck, Walked
from integrity.token import OUTLIVED, TokenFacts


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
        self._renewals = RenewalCheck(inquiry, judge, source, prefix, existed)
        self._walked = Walked()

    @property
    def renewed(self) -> bool:
        """Whether there are renewals to be walked."""
        return self._renewals.there()

    def walk(self, manifest: Digest | None, step: RunningStep) -> None:
        """Judge the renewals, before the tokens that may live by them."""
        there = {Digest.of(raw) for _, raw in self._read("original")} | {
            Digest.of(raw) for _, raw in self._read("manifest")
        }
        self._walked = self._renewals.walk(manifest, there, step)

    def over(self, over: Over, digest: Digest, step: RunningStep) -> dict[str, TokenFacts]:
        """What the good tokens over this digest say, by their paths; everything that is wrong is found."""
        good: dict[str, TokenFacts] = {}
        outlived: list[Refused] = []
        self._find_gaps(over)
        for path, raw in self._read(over):
            try:
                stamped = self._judge.stamped(raw, digest, (*self._existed, *self._walked.of(raw)))
                self._judge.count(digest, stamped)
                good[path] = stamped.facts
                if self._walked.younger(raw, stamped.facts.gen_time):
                    self._inquiry.find("renewal-before-token", path, OLDER)
            except InvalidToken as error:
                if error.finding == OUTLIVED:
                    outlived.append(Refused(path, error))
                else:
                    self._find(Refused(path, error))
        if outlived and not good:
            outlived += self._walked.outlived
            self._walked.outlived.clear()  # they are found once
        for refused in outlived:
            if good:
                step.note(f"{refused.path}: its certificate has ended; another token carries this step")
            else:
                self._find(refused)
        return good

    def _read(self, over: Over) -> list[tuple[str, bytes]]:
        """The tokens that are there, by their paths."""
        paths = (self._path(over, number) for number in self._numbers(over))
        read = ((path, self._source.read(path, RESPONSE_LIMIT)) for path in paths)
        return [(path, raw) for path, raw in read if raw is not None]

    def _numbers(self, over: Over) -> list[int]:
        return [number for number in range(1, MOST + 1) if self._source.has(self._path(over, number))]

    def _find_gaps(self, over: Over) -> None:
        """The first has to be there, and every one before another."""
        numbers = self._numbers(over)
        for number in range(1, max(numbers, default=1) + 1):
            if number not in numbers:
                self._inquiry.find("token-missing", self._path(over, number), "it is not there")

    def _path(self, over: Over, number: int) -> str:
        return self._prefix + token_name(over, number)

    def _find(self, refused: Refused) -> None:
        self._judge.refuse(refused.path, refused.error)
