"""The names of proofs: what is written under them, and what no proof is called."""

import pytest

from integrity.proof_files import OriginalProofs, authority_files, certificate_name, is_proof, seal_files


def test_tokens_are_numbered_for_each_digest_in_their_order() -> None:
    tokens = [("original", b"o1"), ("original", b"o2"), ("manifest", b"m1"), ("manifest", b"m2"), ("manifest", b"m3")]
    files = OriginalProofs(b"m", tokens, b"p").files()  # type: ignore[arg-type]  # inferred as str
    assert files == {
        "manifest.json": b"m",
        "original.tsr": b"o1",
        "original.2.tsr": b"o2",
        "manifest.tsr": b"m1",
        "manifest.2.tsr": b"m2",
        "manifest.3.tsr": b"m3",
        "tlog-proof": b"p",
    }
    assert all(map(is_proof, files))


def test_a_pending_token_is_not_there() -> None:
    assert set(OriginalProofs(b"m", [], b"p").files()) == {"manifest.json", "tlog-proof"}


@pytest.mark.parametrize(
    "name",
    [
        *("original.1.tsr", "original.0.tsr", "original.02.tsr", "original.100.tsr", "original..tsr", "Original.tsr"),
        *("other.tsr", "original.2.tsr\n", "original.tsr.2", "tlog-proof.2", "manifest.2.json", "", "original.x.tsr"),
    ],
)
def test_no_proof_is_called_so(name: str) -> None:
    assert not is_proof(name)


def test_the_files_of_a_seal() -> None:
    authorities = authority_files({"embedded": b"pem", "时间戳": b"pem2"})
    files = seal_files({"manifest.json": b"m", "original.tsr": b"o"}, b"c", authorities)
    names = set(files) - {f"authorities/{certificate_name('时间戳')}"}
    assert names == {"manifest.json", "original.tsr", "checkpoint", "authorities/embedded.pem"}
    assert seal_files({}, b"c", {}, b"t") == {"checkpoint": b"c", "checkpoint.tsr": b"t"}


@pytest.mark.parametrize("name", ["..", "a/b", "", "时间戳", "A B", "x" * 100])
def test_a_certificates_name_is_a_plain_file_name(name: str) -> None:
    plain = certificate_name(name)
    assert plain.isascii()
    assert "/" not in plain
    assert not plain.startswith(".")
    assert len({certificate_name(other) for other in (name, name + "x")}) == 2
