"""What a verifier knows from outside: `trust.json`, handed over when a station is enrolled or read off a printed sheet.

Keys of receipts and logs, root certificates of authorities, witnesses. Whatever comes inside a bundle or seal may carry
the same names and proves nothing; only what is in here does. Never completed from what is being verified.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from integrity import durable
from integrity.certificates import read_certificates
from integrity.checkpoint import SignedCheckpoint
from integrity.clock import instant
from integrity.cosignature import WitnessKey
from integrity.digest import Digest
from integrity.errors import InvalidNote, InvalidTrust
from integrity.fields import Fields, reading
from integrity.log_keys import KeyTerm, open_within
from integrity.note import Verifier

FORMAT = "tiezheng-trust-v1"
LIMIT = 1024 * 1024
"""Bytes of a trust.json that are read."""


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """A root whose tokens count; `qualified` says whether law gives its tokens a presumption."""

    name: str
    root_pem: bytes
    qualified: bool

    def __post_init__(self) -> None:
        if len(read_certificates(self.root_pem)) != 1:
            raise InvalidTrust(f"authority {self.name}: exactly one root certificate is wanted")

    @property
    def certificate(self) -> x509.Certificate:
        return read_certificates(self.root_pem)[0]

    @property
    def root_sha256(self) -> Digest:
        """The fingerprint: SHA-256 of the DER, as `openssl x509 -fingerprint -sha256` prints it."""
        return Digest.of(self.certificate.public_bytes(Encoding.DER))


@dataclass(frozen=True, slots=True)
class Trust:
    """What is trusted. A log's key is named by the log's origin; `quorum` is how many witnesses a checkpoint needs."""

    receipt_keys: tuple[Verifier, ...] = ()
    logs: tuple[Verifier, ...] = ()
    authorities: tuple[TrustedAuthority, ...] = ()
    witnesses: tuple[WitnessKey, ...] = ()
    quorum: int = 0
    terms: tuple[KeyTerm, ...] = ()
    """Of those log keys that are not good for every size, or were revoked."""
    successions: tuple[tuple[str, str], ...] = ()
    """Origins that go on where another log ended, each with that one's origin."""

    def __post_init__(self) -> None:
        if not 0 <= self.quorum <= len(self.witnesses):
            raise InvalidTrust("quorum: more witnesses are asked for than are named")
        _require_distinct("logs", (key.vkey for key in self.logs))
        origins = {key.name for key in self.logs}
        if any(new == old or not {new, old} <= origins for new, old in self.successions):
            raise InvalidTrust("successor_of: an origin that is not among the logs")
        _require_distinct("successor_of", (new for new, _old in self.successions))
        _require_distinct("authorities", (authority.name for authority in self.authorities))
        # By key, not by name: one key under two names would count as two witnesses.
        _require_distinct("witnesses", (witness.public_key.hex() for witness in self.witnesses))

    def log_keys(self, origin: str) -> tuple[Verifier, ...]:
        """The keys that may sign for this origin; more than one while a key is being replaced."""
        return tuple(key for key in self.logs if key.name == origin)

    def log_terms(self, origin: str) -> tuple[KeyTerm, ...]:
        """The same with the sizes that each may sign for."""
        limited = {term.verifier: term for term in self.terms}
        return tuple(limited.get(key, KeyTerm(key)) for key in self.log_keys(origin))

    def unrevoked(self) -> "Trust":
        """The same as if no key had been revoked: for who asks whether something is as it was, not who made it."""
        return replace(self, terms=tuple(replace(term, revoked_at=None) for term in self.terms))

    def open_checkpoint(self, signed: bytes, origin: str, existed_by: datetime | None = None) -> SignedCheckpoint:
        """A checkpoint of this origin that a trusted key signed for its size; InvalidNote, RevokedKey."""
        return open_within(signed, self.log_terms(origin), origin, existed_by)

    def encode(self) -> bytes:
        """The file: JSON that a person can read."""
        value = {
            "format": FORMAT,
            "receipt_keys": [key.vkey for key in self.receipt_keys],
            "logs": [self._encode_log(key) for key in self.logs],
            "authorities": [
                {
                    "name": authority.name,
                    "root_pem": authority.root_pem.decode("ascii"),
                    "root_sha256": authority.root_sha256.hex,
                    "qualified": authority.qualified,
                }
                for authority in self.authorities
            ],
            "witnesses": [witness.vkey for witness in self.witnesses],
            "quorum": self.quorum,
        }
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()

    def _encode_log(self, key: Verifier) -> dict[str, Any]:
        """One key; what does not limit it is left out."""
        value: dict[str, Any] = {"origin": key.name, "vkey": key.vkey}
        for term in self.terms:
            if term.verifier == key:
                value |= {"from_size": term.from_size} if term.from_size else {}
                value |= {} if term.until_size is None else {"until_size": term.until_size}
                value |= {} if term.revoked_at is None else {"revoked_at": instant(term.revoked_at)}
        succeeded = dict(self.successions).get(key.name)
        return value if succeeded is None else value | {"successor_of": succeeded}

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a file; InvalidTrust names what is wrong. White space and order are free, everything else is not."""
        with reading(InvalidTrust):
            fields = Fields(_object(content))
            fields.expect("format", FORMAT)
            logs = [_log(item) for item in fields.objects("logs")]
            trust = cls(
                receipt_keys=tuple(_key(text) for text in fields.texts("receipt_keys")),
                logs=tuple(term.verifier for term, _old in logs),
                terms=tuple(term for term, _old in logs if term != KeyTerm(term.verifier)),
                successions=tuple(dict.fromkeys((term.verifier.name, old) for term, old in logs if old is not None)),
                authorities=tuple(_authority(item) for item in fields.objects("authorities")),
                witnesses=tuple(_witness(text) for text in fields.texts("witnesses")),
                quorum=fields.number("quorum"),
            )
            fields.finish()
        return trust

    @property
    def fingerprints(self) -> tuple[tuple[str, str], ...]:
        """What to compare over a second channel: kind and name, and the key or the root's SHA-256."""
        return (
            *((f"receipt {key.name}", key.vkey) for key in self.receipt_keys),
            *((f"log {key.name}", key.vkey) for key in self.logs),
            *((f"authority {authority.name}", authority.root_sha256.hex) for authority in self.authorities),
            *((f"witness {witness.name}", witness.vkey) for witness in self.witnesses),
        )


def write_trust(path: Path, trust: Trust) -> None:
    """Write durably; public, hence readable by all. A file that says otherwise is FileExistsError."""
    durable.write_new(path, trust.encode(), 0o644)


def read_trust(path: Path) -> Trust:
    """Read a file; InvalidTrust when it cannot be read, is too large or is not one."""
    try:
        with path.open("rb") as file:
            return Trust.parse(file.read(LIMIT + 1))
    except OSError as error:
        raise InvalidTrust(f"{path.name} cannot be read: {error.strerror}") from error


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > LIMIT:
        raise InvalidTrust(f"longer than {LIMIT} bytes")
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise InvalidTrust("not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise InvalidTrust("not an object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidTrust("a key is there twice")
    return value


def _key(text: str) -> Verifier:
    try:
        return Verifier.from_vkey(text)
    except InvalidNote as error:
        raise InvalidTrust(str(error)) from error


def _witness(text: str) -> WitnessKey:
    try:
        return WitnessKey.from_vkey(text)
    except InvalidNote as error:
        raise InvalidTrust(f"witnesses: {error}") from error


def _log(fields: Fields) -> tuple[KeyTerm, str | None]:
    """A key with its term, and the origin that its log succeeds."""
    origin, key = fields.text("origin"), _key(fields.text("vkey"))
    term = KeyTerm(
        key,
        fields.number("from_size") if fields.has("from_size") else 0,
        fields.number("until_size") if fields.has("until_size") else None,
        fields.instant("revoked_at") if fields.has("revoked_at") else None,
    )
    succeeded = fields.text("successor_of") if fields.has("successor_of") else None
    fields.finish()
    if key.name != origin:
        raise InvalidTrust(f"logs: the key of {origin} is named {key.name}")
    if term.from_size < 0 or (term.until_size is not None and term.until_size < term.from_size):
        raise InvalidTrust(f"logs: a key of {origin} is for no size at all")
    return term, succeeded


def _authority(fields: Fields) -> TrustedAuthority:
    name, pem = fields.text("name"), fields.text("root_pem")
    fingerprint, qualified = fields.digest("root_sha256"), fields.truth("qualified")
    fields.finish()
    try:
        authority = TrustedAuthority(name, pem.encode("ascii"), qualified)
    except UnicodeEncodeError as error:
        raise InvalidTrust(f"authority {name}: root_pem is not PEM") from error
    if authority.root_sha256 != fingerprint:
        raise InvalidTrust(f"authority {name}: root_sha256 is not the fingerprint of root_pem")
    return authority


def _require_distinct(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidTrust(f"{what}: {name} is there twice")
        seen.add(name)
