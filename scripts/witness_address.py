"""Where a witness is, and the key that its word is believed by: how a setting writes it, and how it is read."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from integrity.cosignature import WitnessKey
from integrity.errors import InvalidNote


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness's submission prefix (C2SP tlog-witness) and its verifier key."""

    url: str
    key: WitnessKey

    @classmethod
    def parse(cls, text: str) -> tuple[Self, ...]:
        """Read `URL VKEY URL VKEY …`, separated by white space; ValueError says what does not fit."""
        words = text.split()
        if len(words) % 2:
            raise ValueError("each witness is an address and a verifier key, separated by a space")
        found = tuple(cls(_address(url), _key(vkey)) for url, vkey in zip(words[::2], words[1::2], strict=True))
        if len({one.key.public_key for one in found}) != len(found):
            raise ValueError("one witness is there twice")
        return found


def _address(url: str) -> str:
    parsed = urlsplit(url)
    if parsed.scheme not in ("http", "https") or not parsed.hostname or parsed.query or parsed.fragment:
        raise ValueError(f"{url} is no address of a witness: http:// or https:// and a host are wanted")
    return url.rstrip("/")


def _key(vkey: str) -> WitnessKey:
    try:
        return WitnessKey.from_vkey(vkey)
    except InvalidNote as error:
        raise ValueError(f"{vkey} is no verifier key of a witness: {error}") from error
