"""What every `TimestampAuthority` must do, and what `openssl` must say of its answers.

An implementation's test module subclasses `TimestampAuthorityContract` and gives its fixtures: `authority`;
`transport`, the way to it for raw queries; `roots`, its root certificate in PEM.
"""

from pathlib import Path

import pytest

from integrity import cms
from integrity.certificates import read_certificates
from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.timestamp import TimestampAuthority, Transport
from integrity.token import CLOCK_TOLERANCE, Expectation, verify_token
from tests.servers import openssl_ts

BODY = b"evidence"
DIGEST = Digest.of(BODY)


class TimestampAuthorityContract:
    """Subclass as `TestSomeAuthority(TimestampAuthorityContract)`."""

    def test_a_token_says_when_these_bytes_existed(self, authority: TimestampAuthority) -> None:
        token = authority.stamp(DIGEST)
        assert (token.digest, token.authority, token.qualified) == (DIGEST, authority.name, False)
        assert abs(token.gen_time - SystemClock().now()) < CLOCK_TOLERANCE

    def test_openssl_accepts_it_over_the_file_itself(
        self, authority: TimestampAuthority, roots: bytes, tmp_path: Path
    ) -> None:
        token = authority.stamp(DIGEST)
        (tmp_path / "file").write_bytes(BODY)
        assert openssl_ts.verified(tmp_path, token.raw, roots, "-data", tmp_path / "file")
        (tmp_path / "file").write_bytes(BODY + b"!")
        assert not openssl_ts.verified(tmp_path, token.raw, roots, "-data", tmp_path / "file")

    def test_it_is_over_no_other_digest(self, authority: TimestampAuthority, roots: bytes) -> None:
        token = authority.stamp(DIGEST)
        expected = Expectation(read_certificates(roots), SystemClock().now())
        assert verify_token(token.raw, DIGEST, expected) == token.facts
        with pytest.raises(InvalidToken) as caught:
            verify_token(token.raw, Digest.of(b"other"), expected)
        assert caught.value.finding == "token-imprint-differs"

    def test_no_two_tokens_are_one(self, authority: TimestampAuthority) -> None:
        tokens = [authority.stamp(DIGEST) for _ in range(5)]
        assert len({token.facts.serial for token in tokens}) == 5
        assert len({token.facts.nonce for token in tokens}) == 5

    @pytest.mark.parametrize("options", [("-cert",), ("-cert", "-no_nonce"), ("-sha512", "-cert")], ids=str)
    def test_openssl_asks_and_accepts(
        self, transport: Transport, roots: bytes, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        digest = "00" * 64 if "-sha512" in options else DIGEST.hex
        openssl_ts.openssl("ts", "-query", "-digest", digest, *_with_hash(options), "-out", tmp_path / "q")
        response = transport((tmp_path / "q").read_bytes())
        assert openssl_ts.verified(tmp_path, response, roots, "-queryfile", tmp_path / "q")

    def test_the_answer_to_another_query_is_noticed(self, transport: Transport, roots: bytes, tmp_path: Path) -> None:
        response = transport(openssl_ts.query(tmp_path, DIGEST, "-cert"))
        (tmp_path / "q").write_bytes(openssl_ts.query(tmp_path, DIGEST, "-cert"))
        assert not openssl_ts.verified(tmp_path, response, roots, "-queryfile", tmp_path / "q")

    def test_certificates_come_only_when_asked_for(self, transport: Transport, tmp_path: Path) -> None:
        certificates = []
        for options in ((), ("-cert",)):
            response = transport(openssl_ts.query(tmp_path, DIGEST, *options))
            assert "Status: Granted" in openssl_ts.text(tmp_path, response)
            read = cms.read_response(response)
            assert isinstance(read, cms.Response)
            certificates.append(read.certificates)
        assert certificates[0] == ()
        assert len(certificates[1]) == 1

    @pytest.mark.parametrize(
        ("query", "failure"),
        [
            (b"", "the data submitted has the wrong format"),
            (b"not a query", "the data submitted has the wrong format"),
            (None, "unrecognized or unsupported algorithm identifier"),
        ],
        ids=["empty", "garbage", "SHA-1"],
    )
    def test_what_it_rejects(self, transport: Transport, tmp_path: Path, query: bytes | None, failure: str) -> None:
        if query is None:
            openssl_ts.openssl("ts", "-query", "-digest", "00" * 20, "-sha1", "-out", tmp_path / "q")
            query = (tmp_path / "q").read_bytes()
        said = openssl_ts.text(tmp_path, transport(query))
        assert "Status: Rejected" in said
        assert failure in said

    def test_a_policy_it_does_not_have(self, transport: Transport, tmp_path: Path) -> None:
        said = openssl_ts.text(tmp_path, transport(openssl_ts.query(tmp_path, DIGEST, "-tspolicy", "1.2.3.99")))
        assert "the requested TSA policy is not supported by the TSA" in said


def _with_hash(options: tuple[str, ...]) -> tuple[str, ...]:
    return options if "-sha512" in options else ("-sha256", *options)
