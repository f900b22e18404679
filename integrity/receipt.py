"""The receipt: what a station keeps and may wipe a camera on, signed, with the log's proof inside.

Once it is out, the operator can no longer deny having had these bytes before the checkpoint it carries; so it is built
only when all that it says is durable. FORMAT is in README.md. Reading trusts only the keys it is handed, and refuses a
receipt that says two things at once, such as an advice to wipe with fewer copies than the agency asks for.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from integrity.canonical import Json, canonical, parse_canonical
from integrity.checkpoint import claimed
from integrity.clock import ClockState, instant
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidReceipt
from integrity.fields import Fields
from integrity.manifest import Manifest, clock_json, leaf_of, read_clock
from integrity.note import Signature, Signer, Verifier, decode_base64
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from integrity.vault import Checked as Checked

FORMAT = "tiezheng-receipt-v1"
_DOMAIN = f"{FORMAT}\n".encode()
NOT_QUALIFIED = (
    "The tokens are not of a qualified time-stamping authority: they show the order of things inside this installation "
    "to someone who trusts its root, and prove nothing against its operator."
)

_CHECKED: tuple[Checked, ...] = ("readback", "store-checksum")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the bytes: in which vault, and whether it was read back or the store's checksum was believed."""

    vault: str
    checked: Checked

    def json(self) -> Json:
        return {"vault": self.vault, "checked": self.checked}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        vault, said = fields.text("vault"), fields.text("checked")
        for checked in _CHECKED:
            if checked == said:
                return cls(vault, checked)
        raise InvalidReceipt(f"a copy checked by {said}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token as far as a receipt tells of it: by whom, when, and the SHA-256 of the whole response."""

    authority: str
    gen_time: datetime
    sha256: Digest
    qualified: bool


@dataclass(frozen=True, slots=True)
class TokenState:
    """A token over `original` or `manifest`; `stamp` is None while it is pending."""

    over: str
    stamp: Stamp | None

    def json(self) -> Json:
        stamp = self.stamp
        return {
            "over": self.over,
            "state": "pending" if stamp is None else "stamped",
            "authority": None if stamp is None else stamp.authority,
            "gen_time": None if stamp is None else instant(stamp.gen_time),
            "sha256": None if stamp is None else stamp.sha256.hex,
            "qualified": None if stamp is None else stamp.qualified,
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        over = fields.text("over")
        if fields.text("state") == "pending":
            return cls(over, None)
        at, sha256 = fields.instant("gen_time"), fields.digest("sha256")
        return cls(over, Stamp(fields.text("authority"), at, sha256, fields.truth("qualified")))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `manifest` and `tlog_proof` are the bytes of those files; exactly one of station, person."""

    upload: str
    agency: str
    station: str | None
    person: str | None
    digest: Digest
    size: int
    received_at: datetime
    issued_at: datetime
    clock: ClockState
    copies: tuple[Copy, ...]
    copies_wanted: int
    manifest: bytes
    leaf_index: int
    tlog_proof: bytes
    tokens: tuple[TokenState, ...]
    note: str | None = NOT_QUALIFIED

    @property
    def wipe(self) -> Literal["allowed", "wait"]:
        """`allowed` when as many vaults hold the bytes as the agency asks for, and one at least."""
        return "allowed" if len({copy.vault for copy in self.copies}) >= max(1, self.copies_wanted) else "wait"

    @property
    def qualified(self) -> bool:
        """Whether a token over the original and one over the manifest are of a qualified authority."""
        given = {token.over for token in self.tokens if token.stamp is not None and token.stamp.qualified}
        return given == {"original", "manifest"}

    @property
    def pending(self) -> bool:
        """Whether a later receipt will replace this one."""
        return any(token.stamp is None for token in self.tokens)

    def json(self) -> dict[str, Json]:
        """The fields of FORMAT; what can be derived is derived here, so that it can be compared when read."""
        return {
            "format": FORMAT,
            "upload": self.upload,
            "agency": self.agency,
            "station": self.station,
            "person": self.person,
            "sha256": self.digest.hex,
            "size": self.size,
            "received_at": instant(self.received_at),
            "issued_at": instant(self.issued_at),
            "clock": clock_json(self.clock),
            "copies": [copy.json() for copy in self.copies],
            "copies_wanted": self.copies_wanted,
            "wipe": self.wipe,
            "manifest": self.manifest.decode(),
            "manifest_sha256": Digest.of(self.manifest).hex,
            "leaf_index": self.leaf_index,
            "tlog_proof": self.tlog_proof.decode(),
            "tokens": [token.json() for token in self.tokens],
            "assurance": "receipted",
            "note": self.note,
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The inverse of `json`, but for what is derived: the caller compares."""
        return cls(
            upload=fields.text("upload"),
            agency=fields.text("agency"),
            station=fields.optional_text("station"),
            person=fields.optional_text("person"),
            digest=fields.digest("sha256"),
            size=fields.number("size"),
            received_at=fields.instant("received_at"),
            issued_at=fields.instant("issued_at"),
            clock=read_clock(fields.object("clock")),
            copies=tuple(map(Copy.read, fields.objects("copies"))),
            copies_wanted=fields.number("copies_wanted"),
            manifest=fields.text("manifest").encode(),
            leaf_index=fields.number("leaf_index"),
            tlog_proof=fields.text("tlog_proof").encode(),
            tokens=tuple(map(TokenState.read, fields.objects("tokens"))),
            note=fields.optional_text("note"),
        )


def build_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """The signed document. InvalidReceipt when what it would say does not hold together; nothing is signed then."""
    with _refusing():
        _agrees(receipt)
        content = canonical(receipt.json())
        signature = signer.sign(_DOMAIN + content)
        key = _key(signer.verifier)
        return canonical(
            {
                "receipt": parse_canonical(content),
                "signature": {"key": key, "value": base64.b64encode(signature.raw).decode()},
            }
        )


def verify_receipt(content: bytes, trust: Trust, *, digest: Digest | None = None, size: int | None = None) -> Receipt:
    """What a receipt says, once a key that is trusted signed it and its manifest is in a log that is trusted.

    With `digest` and `size` it must be about these bytes. InvalidReceipt says which of these does not hold.
    """
    with _refusing():
        whole = Fields(parse_canonical(content))
        said = whole.mapping("receipt")
        _verify_signature(said, whole.object("signature"), trust.receipt_keys)
        whole.finish()
        receipt = Receipt.read(Fields(said))
        if receipt.json() != said:
            raise InvalidReceipt("its fields do not agree with each other, or are of another version")
        _agrees(receipt)
        _verify_leaf(receipt, trust)
        if digest not in (None, receipt.digest) or size not in (None, receipt.size):
            raise InvalidReceipt("it is about other bytes")
        return receipt


def _verify_signature(said: dict[str, Json], fields: Fields, keys: Sequence[Verifier]) -> None:
    name, value = fields.text("key"), decode_base64(fields.text("value"))
    fields.finish()
    for key in keys:
        if _key(key) == name:
            key.verify(_DOMAIN + canonical(said), Signature(key.name, key.key_id, value))
            return
    raise InvalidReceipt(f"signed by {name}, which is no key you trust")


def _verify_leaf(receipt: Receipt, trust: Trust) -> None:
    proof = TlogProof.from_bytes(receipt.tlog_proof)
    if proof.index != receipt.leaf_index:
        raise InvalidReceipt("the proof is of another leaf")
    origin = claimed(proof.checkpoint).origin
    if not trust.log_keys(origin):
        raise InvalidReceipt(f"in the log {origin}, which you do not trust")
    proof.require(leaf_of(receipt.manifest), trust.open_checkpoint(proof.checkpoint, origin))


def _agrees(receipt: Receipt) -> None:
    """The manifest inside is of these bytes and this agency. Its upload may be an earlier one of the same bytes."""
    manifest = Manifest.parse(receipt.manifest)
    if (manifest.digest, manifest.size) != (receipt.digest, receipt.size):
        raise InvalidReceipt("the manifest is of other bytes")
    if manifest.source.agency != receipt.agency:
        raise InvalidReceipt("the manifest is of another agency")
    if (receipt.station is None) == (receipt.person is None):
        raise InvalidReceipt("an upload is a station's or a person's")
    for over in ("original", "manifest"):
        stamps = [token.stamp for token in receipt.tokens if token.over == over]
        given = [stamp.authority for stamp in stamps if stamp is not None]
        if not stamps or len(given) != len(set(given)):
            raise InvalidReceipt(f"it tells of tokens of different authorities over the {over}, of one at least")
    if {token.over for token in receipt.tokens} != {"original", "manifest"}:
        raise InvalidReceipt("a token is over the original or over the manifest")


def _key(verifier: Verifier) -> str:
    return f"{verifier.name}+{verifier.key_id.hex()}"


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever is wrong inside, a note, a proof, a manifest, is the receipt that is invalid."""
    try:
        yield
    except InvalidReceipt:
        raise
    except (IntegrityError, UnicodeDecodeError) as error:
        raise InvalidReceipt(str(error)) from error
