"""Broken bytes from good ones: flips, cuts, splices, absurd numbers, repetitions, words of the format in wrong places.

Pure and repeatable: the same seeds and the same `random.Random` give the same bytes in the same order.
"""

import random
import re
from collections.abc import Callable, Sequence

LIMIT = 96 * 1024
"""Bytes of one input at most: beyond every limit that is not about memory."""

_INTERESTING = (0x00, 0x01, 0x0A, 0x20, 0x22, 0x2B, 0x2D, 0x30, 0x7F, 0x80, 0xFE, 0xFF)
_WORDS = (
    b"\n", b"\n\n", b"\r\n", b"\0", b"\xff", b"\xe2\x80\x94 ", b"\xe2\x80\xae", b"\xed\xa0\x80", b"0", b"-1", b"1e999",
    b"9" * 20, b"9" * 5000, b"18446744073709551616", b"..", b"/", b"\\", b"../" * 20, b"[" * 2000, b'{"":' * 500,
    b"null", b"true", b"NaN", b'\\ud800', b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x02\x7f" + b"\x7f" * 127,
    b"=", b"==", b"+", b"AAAA", b"0001-01-01T00:00:00.000000Z", b"9999-12-31T23:59:59.999999Z", b"x" * 4096,
)  # fmt: skip

Random = random.Random
Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(seeds: Sequence[bytes], words: Sequence[bytes], random: Random) -> bytes:
    """One input: a seed with one to eight changes, or rarely bytes of no format at all."""
    if not seeds or random.random() < 0.01:
        return random.randbytes(random.randrange(200))
    content = bytearray(random.choice(seeds))
    for _ in range(1 << random.randrange(4)):
        mutation = random.choice(_MUTATIONS)
        mutation(content, random, words if mutation is _word else seeds)
    return bytes(content[:LIMIT])


def _place(content: bytearray, random: Random) -> int:
    return random.randrange(len(content) + 1)


def _flip(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    if content:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _set(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    if content:
        content[random.randrange(len(content))] = random.choice((*_INTERESTING, random.randrange(256)))


def _cut(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start = _place(content, random)
    del content[start : start + 1 + random.randrange(1 << random.randrange(1, 9))]


def _end(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    del content[_place(content, random) :]


def _repeat(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start = _place(content, random)
    piece = content[start : start + 1 + random.randrange(64)]
    content[start:start] = piece * random.choice((1, 1, 2, 16, 100))


def _move(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start = _place(content, random)
    piece = content[start : start + 1 + random.randrange(64)]
    del content[start : start + len(piece)]
    at = _place(content, random)
    content[at:at] = piece


def _splice(content: bytearray, random: Random, seeds: Sequence[bytes]) -> None:
    other = random.choice(seeds)
    start = random.randrange(len(other) + 1)
    piece = other[start : start + 1 + random.randrange(1 << random.randrange(1, 11))]
    at = _place(content, random)
    content[at : at + random.choice((0, len(piece)))] = piece


def _word(content: bytearray, random: Random, words: Sequence[bytes]) -> None:
    word, at = random.choice((*_WORDS, *words)), _place(content, random)
    content[at : at + random.choice((0, len(word)))] = word


def _number(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """Another number where one stands in digits."""
    numbers = list(re.finditer(rb"[0-9]+", content))
    if numbers:
        found = random.choice(numbers)
        value = int(found[0][:18])
        said = random.choice((0, value + 1, value - 1, -value, value * 256, 1 << 31, (1 << 63) - 1, 1 << 64))
        content[found.start() : found.end()] = str(said).encode()


def _length(content: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """Another length where binary formats keep one: two or four bytes, either end first."""
    size = random.choice((1, 2, 4, 8))
    if len(content) >= size:
        at = random.randrange(len(content) - size + 1)
        value = random.choice((0, 1, 0x7F, 0x80, 0xFF, (1 << 8 * size) - 1, 1 << (8 * size - 1), len(content)))
        order = random.choice(("big", "little"))
        content[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "big" if order == "big" else "little")


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _flip, _set, _set, _cut, _end, _repeat, _move, _splice, _word, _word, _number, _length,
)  # fmt: skip
