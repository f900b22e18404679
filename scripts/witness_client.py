"""Witnesses as the service and its tools ask them: over HTTP, briefly, and believed only with their keys.

`known_outside` is the memory that a rolled-back data folder does not have; what appends to a log asks it first.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import httpx2

from integrity.checkpoint import SignedCheckpoint
from integrity.cosigning import newest_head
from integrity.errors import WitnessUnavailable
from integrity.note import Verifier
from integrity.watched import origin_hash
from scripts.witness_address import WitnessAddress

SECONDS = 10.0
"""For a whole question and its answer."""
ANSWER_LIMIT = 64 * 1024


class HttpWitness:
    """A `WitnessTransport` that keeps its connection; WitnessUnavailable for whatever is not a whole, small answer."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds
        # No redirects and no proxies of the environment: the question goes where the operator said.
        self._client = httpx2.Client(
            timeout=seconds, follow_redirects=False, trust_env=False, headers={"Accept-Encoding": "identity"}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def submit(self, body: bytes) -> tuple[int, bytes]:
        return self._ask("POST", "add-checkpoint", body)

    def newest(self, origin: str) -> bytes | None:
        status, body = self._ask("GET", f"{origin_hash(origin)}/checkpoint", None)
        if status not in (200, 404):
            raise WitnessUnavailable(f"{self._url}: HTTP status {status}")
        return body if status == 200 else None

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream(method, f"{self._url}/{path}", content=body) as response:
                answer = bytearray()
                for chunk in response.iter_raw():
                    answer += chunk
                    if len(answer) > ANSWER_LIMIT or time.monotonic() > deadline:
                        raise WitnessUnavailable(f"{self._url}: its answer is too large or too slow")
                return response.status_code, bytes(answer)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise WitnessUnavailable(f"{self._url}: {type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True)
class Outside:
    """The newest head that any witness knows, None where none knows one, and why some did not say."""

    newest: SignedCheckpoint | None
    silent: tuple[str, ...]


def known_outside(
    witnesses: Iterable[WitnessAddress], origin: str, keys: Sequence[Verifier], seconds: float = SECONDS
) -> Outside:
    """Ask each witness for the newest head it has of a log that one of these keys signed."""
    heads: list[SignedCheckpoint] = []
    silent: list[str] = []
    for witness in witnesses:
        with HttpWitness(witness.url, seconds) as transport:
            try:
                shown = newest_head(transport, origin, keys)
            except WitnessUnavailable as error:
                silent.append(f"{witness.key.name}: {error}")
            else:
                heads += [shown] if shown else []
    return Outside(max(heads, key=lambda head: head.size, default=None), tuple(silent))
