"""Until when a token stands by itself."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.errors import InvalidToken
from integrity.lifetime import WEAK_RSA_ENDS, good_until
from tests.fakes.certificates import YEAR, Forgery, root, rsa_key, signer
from tests.fakes.clocks import START

ISSUER = root(end=START + 40 * YEAR)


def _token(end: datetime, bits: int = 3072) -> bytes:
    return Forgery(bytes(32)).by(signer(ISSUER, end=end, key=rsa_key(f"lifetime {bits}", bits)))


def test_until_its_certificate_ends() -> None:
    assert good_until(_token(START + 9 * YEAR)) == START + 9 * YEAR


def test_until_its_algorithm_counts_no_more() -> None:
    assert good_until(_token(START + 9 * YEAR, 2048)) == WEAK_RSA_ENDS
    assert good_until(_token(START + YEAR, 2048)) == START + YEAR


def test_the_first_of_a_chain_that_ends_counts() -> None:
    issued = signer(ISSUER, end=START + 9 * YEAR, key=rsa_key("lifetime 3072", 3072))
    earlier = signer(ISSUER, end=START + timedelta(days=3), key=rsa_key("lifetime 3072", 3072))
    chain = [one.certificate.public_bytes(Encoding.DER) for one in (issued, earlier)]
    assert good_until(Forgery(bytes(32), certificates=chain).by(issued)) == START + timedelta(days=3)


@pytest.mark.parametrize("raw", [b"", b"garbage", Forgery(bytes(32), certificates=()).by(signer(ISSUER))], ids=len)
def test_what_does_not_tell(raw: bytes) -> None:
    with pytest.raises(InvalidToken):
        good_until(raw)
