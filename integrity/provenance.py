"""Where a rendition comes from: a statement, signed by whoever made it, that anybody can check against the file.

Says of which originals, under which recipe, by which tools, and the digest of what came out. FORMAT is in README.md.
It proves who made a copy and of what, if its maker was honest; it never makes the copy evidence.
"""

from dataclasses import dataclass

from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import InvalidNote, InvalidProvenance
from integrity.fields import Fields, reading
from integrity.note import Signature, Signer, Verifier

FORMAT = "tiezheng-provenance-v2"
_DOMAIN = f"{FORMAT}\n".encode()
KEY_NAME = "tiezheng-renditions"
"""The name in a maker's verifier key."""


@dataclass(frozen=True, slots=True)
class Source:
    """An original that something was made of, and which part of the recording it is, the first being 1."""

    digest: Digest
    size: int
    part: int = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a statement says, as far as it is compared with anything; `quality` is code, start and end in ms."""

    name: str
    digest: Digest
    size: int
    recipe: str
    plan: str
    sources: tuple[Source, ...]
    quality: tuple[tuple[str, int, int], ...]


def sign_provenance(statement: bytes, signer: Signer) -> bytes:
    """64 bytes of Ed25519 over the format's name, LF, and the statement."""
    return signer.sign(_DOMAIN + statement).raw


def open_provenance(statement: bytes, signature: bytes, maker: Verifier) -> Provenance:
    """What a statement says that this key signed; InvalidProvenance otherwise, and nothing of it is looked at."""
    require_signed(statement, signature, maker)
    return read_provenance(statement)


def require_signed(statement: bytes, signature: bytes, maker: Verifier) -> None:
    """InvalidProvenance unless this key signed this statement."""
    try:
        maker.verify(_DOMAIN + statement, Signature(maker.name, maker.key_id, signature))
    except InvalidNote as error:
        raise InvalidProvenance(str(error)) from error


def read_provenance(statement: bytes) -> Provenance:
    """What a statement says, whoever made it; InvalidProvenance for anything else."""
    with reading(InvalidProvenance):
        return _read(Fields(parse_canonical(statement)))


def _read(fields: Fields) -> Provenance:
    fields.expect("format", FORMAT)
    if not fields.truth("derived"):
        raise InvalidProvenance("derived: a rendition is always derived")
    output = fields.object("output")
    provenance = Provenance(
        name=output.text("name"),
        digest=output.digest("sha256"),
        size=output.number("size"),
        recipe=fields.text("recipe"),
        plan=fields.text("plan"),
        sources=tuple(_source(one) for one in fields.objects("sources")),
        quality=tuple(_quality(one) for one in fields.objects("quality")),
    )
    for name in ("why", "tools", "argv", "findings"):
        fields.texts(name)
    fields.mapping("confinement")
    fields.objects("durations")
    output.finish()
    fields.finish()
    return provenance


def _source(fields: Fields) -> Source:
    source = Source(fields.digest("sha256"), fields.number("size"), fields.number("part"))
    fields.finish()
    return source


def _quality(fields: Fields) -> tuple[str, int, int]:
    found = (fields.text("code"), fields.number("start_ms"), fields.number("end_ms"))
    fields.finish()
    return found
