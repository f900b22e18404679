"""What each finished step of sealing leaves in the upload's folder, so that a retry goes on with the very same bytes.

One small canonical JSON file a step, durable before the next step begins; never changed, never made a second time with
other contents. Removed only with the whole folder, when the catalog holds what they say.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from integrity import durable
from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidNote
from integrity.fields import Fields
from integrity.note import decode_base64
from integrity.token import Token
from integrity.vault import VaultRef

STATEMENT = "statement.json"
MANIFEST = "manifest.json"
VAULT = "vault.json"
LEAF = "leaf.json"


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token that verified when the answer came, as it is kept: `raw` is the whole response, a `.tsr` file."""

    raw: bytes
    digest: Digest
    gen_time: datetime
    authority: str
    policy: str
    qualified: bool

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(token.raw, token.digest, token.gen_time, token.authority, token.policy, token.qualified)


def token_step(over: str, number: int = 1) -> str:
    """The file of a token over `original` or `manifest`; the second authority's is number 2."""
    return f"{over}.token.json" if number == 1 else f"{over}.{number}.token.json"


def read_references(folder: Path) -> tuple[VaultRef, VaultRef] | None:
    """Where original and manifest lie, or None while that step is not finished."""
    fields = _read(folder / VAULT)
    if fields is None:
        return None
    original, manifest = (_read_reference(fields.object(name)) for name in ("original", "manifest"))
    fields.finish()
    return original, manifest


def write_references(folder: Path, original: VaultRef, manifest: VaultRef) -> None:
    _write(folder / VAULT, {"original": _reference(original), "manifest": _reference(manifest)})


def read_token(folder: Path, over: str, number: int = 1) -> KeptToken | None:
    """What an authority answered, or None while none did."""
    fields = _read(folder / token_step(over, number))
    if fields is None:
        return None
    token = KeptToken(
        raw=_raw(fields),
        digest=fields.digest("digest"),
        gen_time=fields.instant("gen_time"),
        authority=fields.text("authority"),
        policy=fields.text("policy"),
        qualified=fields.truth("qualified"),
    )
    fields.finish()
    return token


def _raw(fields: Fields) -> bytes:
    try:
        return decode_base64(fields.text("raw"))
    except InvalidNote as error:
        raise InvalidCanonical(f"raw: {error}") from error


def write_token(folder: Path, over: str, number: int, token: KeptToken) -> None:
    _write(
        folder / token_step(over, number),
        {
            "raw": base64.b64encode(token.raw).decode(),
            "digest": token.digest.hex,
            "gen_time": instant(token.gen_time),
            "authority": token.authority,
            "policy": token.policy,
            "qualified": token.qualified,
        },
    )


def read_leaf(folder: Path) -> int | None:
    """The manifest's index in the log, or None while it is not known."""
    fields = _read(folder / LEAF)
    if fields is None:
        return None
    index = fields.number("index")
    fields.finish()
    return index


def write_leaf(folder: Path, index: int) -> None:
    _write(folder / LEAF, {"index": index})


def _write(path: Path, value: Mapping[str, Json]) -> None:
    try:
        durable.write_new(path, canonical(value))
    except FileExistsError as error:
        raise InvalidCanonical(f"{path.name} says otherwise already") from error


def _read(path: Path) -> Fields | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return Fields(parse_canonical(content))


def _reference(ref: VaultRef) -> Json:
    return {"vault": ref.vault, "digest": ref.digest.hex, "size": ref.size, "version": ref.version}


def _read_reference(fields: Fields) -> VaultRef:
    ref = VaultRef(
        fields.text("vault"), fields.digest("digest"), fields.number("size"), fields.optional_text("version")
    )
    fields.finish()
    return ref
