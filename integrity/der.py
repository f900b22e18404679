"""DER (ITU-T X.690), written and read by hand: small enough to be read whole, strict enough to refuse second forms.

Libraries that read DER forgive: a flipped byte can survive them. This reader forgives nothing. It walks only where the
caller's schema says, so no depth or size of a hostile input costs more than the input itself. Never reads BER.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from integrity.errors import InvalidEncoding

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x18, 0x30, 0x31

INTEGER_LIMIT = 64
"""Bytes of a number; serials have at most 21, nonces rarely more."""

_TIME = re.compile(rb"(\d{14})(?:\.(\d{0,5}[1-9]))?Z")


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of a context-specific tag below 31."""
    return 0x80 | (0x20 if constructed else 0) | number


# Writing


def element(tag: int, body: bytes) -> bytes:
    """Identifier, shortest definite length, content."""
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


NOTHING = element(NULL, b"")
"""The NULL that hash and RSA algorithm identifiers carry as parameters."""


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes]) -> bytes:
    """SET OF: the encodings in ascending order (X.690 11.6)."""
    return element(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    length = (value if value >= 0 else ~value).bit_length() // 8 + 1  # -128 fits in one byte, as 127 does
    return element(INTEGER, value.to_bytes(length, "big", signed=True))


def octets(body: bytes) -> bytes:
    return element(OCTET_STRING, body)


def utf8(text: str) -> bytes:
    return element(UTF8_STRING, text.encode())


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form; arcs may be of any size (2.25 carries 128-bit ones)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return element(OID, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def named_bits(*bits: int) -> bytes:
    """A BIT STRING with named bits set, trailing zero bits removed (X.690 11.2.2)."""
    last = max(bits)
    value = sum(1 << (last - bit) for bit in bits) << (7 - last % 8)
    return element(BIT_STRING, bytes((7 - last % 8,)) + value.to_bytes(last // 8 + 1, "big"))


def generalized_time(at: datetime) -> bytes:
    """UTC to the millisecond, trailing zeros of the fraction left out (RFC 3161 section 2.4.2)."""
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return element(GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | (arc & 0x7F))
    return bytes(reversed(digits))


# Reading


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its identifier octet, its content and its whole encoding."""

    tag: int
    body: bytes
    raw: bytes

    def fields(self) -> "Fields":
        """Its content as a run of elements."""
        if not self.tag & 0x20:
            raise InvalidEncoding("a primitive element has no fields")
        return Fields(self.body)

    def integer(self) -> int:
        """An INTEGER, or an implicitly tagged one; never one too long to be written down in decimal digits."""
        if len(self.body) > INTEGER_LIMIT:
            raise InvalidEncoding("an INTEGER that is absurdly long")
        if not self.body or (len(self.body) > 1 and self.body[0] == (0xFF if self.body[1] & 0x80 else 0x00)):
            raise InvalidEncoding("an INTEGER in other than its shortest form")
        return int.from_bytes(self.body, "big", signed=True)

    def boolean(self) -> bool:
        if self.body not in (b"\x00", b"\xff"):
            raise InvalidEncoding("a BOOLEAN that is neither 00 nor FF")
        return self.body == b"\xff"

    def oid(self) -> str:
        """The dotted form."""
        if not self.body or self.body[-1] & 0x80 or len(self.body) > 64:
            raise InvalidEncoding("an OBJECT IDENTIFIER that is empty, cut short or absurdly long")
        arcs, arc = [], 0
        for at, octet in enumerate(self.body):
            if octet == 0x80 and (at == 0 or not self.body[at - 1] & 0x80):
                raise InvalidEncoding("an OBJECT IDENTIFIER arc with leading zeros")
            arc = arc << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(number) for number in (first, arcs[0] - 40 * first, *arcs[1:]))

    def time(self) -> datetime:
        """A GeneralizedTime in UTC with at most six digits of fraction, none of them a trailing zero."""
        found = _TIME.fullmatch(self.body)
        if found is None:
            raise InvalidEncoding("a GeneralizedTime in other than its DER form")
        whole, fraction = found.group(1).decode(), (found.group(2) or b"").decode()
        try:
            return datetime.strptime(f"{whole}{fraction:0<6}", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
        except ValueError as error:
            raise InvalidEncoding("a GeneralizedTime that names no instant") from error


class Fields:
    """The elements of a constructed one, taken in the order of the schema; `end` says that nothing else was there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._data)

    def take(self, tag: int) -> Element:
        """The next element, which must carry this identifier octet."""
        found = self.maybe(tag)
        if found is None:
            raise InvalidEncoding(f"expected an element tagged {tag:#04x}")
        return found

    def maybe(self, tag: int) -> Element | None:
        """The next element if it carries this identifier octet (OPTIONAL and DEFAULT fields)."""
        if not self.more() or self._data[self._at] != tag:
            return None
        return self._next()

    def each(self, tag: int) -> Iterator[Element]:
        """All that are left, every one carrying this identifier octet (SEQUENCE OF, SET OF)."""
        while self.more():
            yield self.take(tag)

    def end(self) -> None:
        if self.more():
            raise InvalidEncoding(f"{len(self._data) - self._at} bytes follow where the structure ends")

    def _next(self) -> Element:
        start, body = self._at, self._at + 2
        if body > len(self._data):
            raise InvalidEncoding("an element is cut short")
        length = self._data[start + 1]
        if length >= 0x80:
            size = length & 0x7F
            octets_of_length = self._data[body : body + size]
            length = int.from_bytes(octets_of_length, "big")
            if not 1 <= size <= 4 or len(octets_of_length) != size or octets_of_length[0] == 0 or length < 0x80:
                raise InvalidEncoding("a length in other than its shortest definite form")
            body += size
        end = body + length
        if end > len(self._data):
            raise InvalidEncoding("an element is cut short")
        self._at = end
        return Element(self._data[start], self._data[body:end], self._data[start:end])


def read(data: bytes, tag: int) -> Element:
    """The one element that `data` is, to its last byte."""
    fields = Fields(data)
    found = fields.take(tag)
    fields.end()
    return found
