"""SM3 against the standard's own examples and against openssl."""

import subprocess
from pathlib import Path

import pytest

from integrity.digest import READ_SIZE, Digest
from integrity.errors import InvalidDigest
from integrity.sm3 import Sm3, both_digests

VECTORS = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
"""GB/T 32905-2016, annex A."""


@pytest.mark.parametrize("content", VECTORS, ids=len)
def test_the_standard_s_examples(content: bytes) -> None:
    assert Sm3.of(content).hex == VECTORS[content]
    assert Sm3.of_chunks(content[at : at + 1] for at in range(len(content))) == Sm3.of(content)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 64, READ_SIZE, READ_SIZE + 1])
def test_openssl_says_the_same(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
    said = subprocess.run(["openssl", "dgst", "-sm3", "-r", path], check=True, capture_output=True, text=True).stdout
    digest, sm3 = both_digests(path)
    assert sm3.hex == said[:64]
    assert digest == Digest.of(path.read_bytes())


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, VECTORS[b"abc"].upper()])
def test_other_text_is_no_digest(text: str) -> None:
    with pytest.raises(InvalidDigest):
        Sm3.from_hex(text)
    with pytest.raises(InvalidDigest):
        Sm3(b"short")


def test_it_is_never_a_sha_256() -> None:
    digests: set[object] = {Sm3(bytes(32)), Digest(bytes(32))}
    assert len(digests) == 2
    assert str(Sm3.from_hex(VECTORS[b"abc"])) == VECTORS[b"abc"]
