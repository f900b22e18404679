"""The chain of renewals of one seal, walked from the newest to the oldest.

The newest has to be good by itself today. Each one that is good proves that all it covers existed at its time: the
renewal before it, and the tokens. A renewal that came after the certificate before it had ended covers nothing any
more. That is a finding only if the tokens cannot stand without it; everything else that is wrong with one is.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from integrity.clock import instant
from integrity.cms import RESPONSE_LIMIT
from integrity.digest import Digest
from integrity.errors import InvalidRenewal, InvalidToken
from integrity.files import Source
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.proof_files import MOST, renewal_name
from integrity.renewal import LIMIT, Renewal
from integrity.token import CLOCK_TOLERANCE, OUTLIVED

OLDER = "the renewal that covers it is older than it"
_LIMITS = {"json": LIMIT, "tsr": RESPONSE_LIMIT}


@dataclass(frozen=True, slots=True)
class Refused:
    """A token that does not count, and why."""

    path: str
    error: InvalidToken


@dataclass(slots=True)
class Walked:
    """What the chain proves: since when each digest it covers existed; and which renewals came too late for that."""

    existed: dict[Digest, list[Existence]] = field(default_factory=lambda: defaultdict(list))
    outlived: list[Refused] = field(default_factory=list)

    def of(self, raw: bytes) -> tuple[Existence, ...]:
        """Instants at which these bytes are known to have existed."""
        return tuple(self.existed.get(Digest.of(raw), ()))

    def younger(self, raw: bytes, at: datetime) -> bool:
        """Whether a token of this instant is younger than a renewal that covers it, beyond what clocks differ by."""
        return any(at > known.at + 2 * CLOCK_TOLERANCE for known in self.of(raw))


@dataclass(frozen=True, slots=True)
class _Link:
    """One renewal as it lies there."""

    number: int
    statement_path: str
    token_path: str
    renewal: Renewal
    statement: bytes
    token: bytes


class RenewalCheck:
    """Walks the renewals below one prefix of a source."""

    def __init__(
        self, inquiry: Inquiry, judge: Judge, source: Source, prefix: str, existed: tuple[Existence, ...] = ()
    ) -> None:
        self._inquiry = inquiry
        self._judge = judge
        self._source = source
        self._prefix = prefix
        self._existed = existed

    def there(self) -> bool:
        """Whether there is any."""
        return bool(self._numbers())

    def walk(self, manifest: Digest | None, tokens: set[Digest], step: RunningStep) -> Walked:
        """The whole chain. `manifest` and `tokens` are what is there to be covered."""
        walked = Walked()
        links = self._links()
        for link in reversed(links.values()):
            self._compare(link, links.get(link.number - 1), manifest, tokens)
            self._judge_link(link, walked, step)
        return walked

    def _numbers(self) -> list[int]:
        return [
            number
            for number in range(1, MOST + 1)
            if any(self._source.has(self._path(number, part)) for part in ("json", "tsr"))
        ]

    def _links(self) -> dict[int, _Link]:
        """Those that can be read, the oldest first; what is missing or cannot be read is found."""
        links: dict[int, _Link] = {}
        for number in range(1, max(self._numbers(), default=0) + 1):
            parts = {part: self._read(self._path(number, part), limit) for part, limit in _LIMITS.items()}
            statement, token = parts["json"], parts["tsr"]
            if statement is None or token is None:
                continue
            path = self._path(number, "json")
            try:
                renewal = Renewal.parse(statement)
            except InvalidRenewal as error:
                self._inquiry.find("renewal-malformed", path, str(error))
                continue
            links[number] = _Link(number, path, self._path(number, "tsr"), renewal, statement, token)
        return links

    def _read(self, path: str, limit: int) -> bytes | None:
        if not self._source.has(path):
            self._inquiry.find("renewal-missing", path, "it is not there, and a part or a later one of it is")
            return None
        return self._source.read(path, limit)

    def _compare(self, link: _Link, before: _Link | None, manifest: Digest | None, tokens: set[Digest]) -> None:
        """What it says it covers, with what is there."""
        said, path = link.renewal, link.statement_path
        if said.number != link.number:
            self._inquiry.find("renewal-differs", path, f"it says that it is number {said.number}")
        if manifest is not None and said.manifest != manifest:
            self._inquiry.find("renewal-differs", path, f"it is of another manifest, {said.manifest}")
        if link.number == 1 and said.previous is not None:
            self._inquiry.find("renewal-differs", path, "the first one covers one before it")
        if link.number > 1 and before is not None and said.previous != Digest.of(before.token):
            self._inquiry.find("renewal-differs", path, "the one before it is not the one it covers")
        absent = [*(set(said.tokens) - tokens), *(set(said.revocations) - self._judge.revocation_digests)]
        for digest in sorted(absent, key=lambda one: one.raw):
            self._inquiry.find("renewal-incomplete", path, f"it covers {digest}, which is not here")

    def _judge_link(self, link: _Link, walked: Walked, step: RunningStep) -> None:
        digest = Digest.of(link.statement)
        try:
            stamped = self._judge.stamped(link.token, digest, (*self._existed, *walked.of(link.token)))
        except InvalidToken as error:
            if error.finding != OUTLIVED:
                self._judge.refuse(link.token_path, error)
                return
            if walked.of(link.token):
                error = InvalidToken("renewal-too-late", "the next renewal came after its certificate had ended")
            walked.outlived.append(Refused(link.token_path, error))
            return
        if walked.younger(link.token, stamped.facts.gen_time):
            self._inquiry.find("renewal-before-token", link.token_path, OLDER)
        step.note(f"{link.token_path}: {instant(stamped.facts.gen_time)}")
        proven = Existence(stamped.facts.gen_time, stamped.qualified)
        covered = (*link.renewal.tokens, *((link.renewal.previous,) if link.renewal.previous else ()))
        for each in covered:
            walked.existed[each].append(proven)

    def _path(self, number: int, part: str) -> str:
        return self._prefix + renewal_name(number, part)
