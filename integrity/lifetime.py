"""Until when a token stands by itself: then its certificate ends, or the algorithm it was signed with counts no more.

After that day it proves something only by what was made before (`integrity.renewal`). Says nothing of whether the token
is right: a forgery too has an end.
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from integrity import cms
from integrity.errors import InvalidEncoding, InvalidToken

STRONG_RSA_BITS = 3072
WEAK_RSA_ENDS = datetime(2031, 1, 1, tzinfo=UTC)
"""NIST SP 800-57 part 1 (table 4) has keys of 112 bits of strength, RSA-2048, through 2030."""


def good_until(raw: bytes) -> datetime:
    """When the first of the token's certificates ends, or the day of its weakest key; InvalidToken if unreadable."""
    try:
        response = cms.read_response(raw)
        if isinstance(response, cms.Rejection) or not response.certificates:
            raise InvalidToken("token-malformed", "a response without certificates")
        return min(_end(x509.load_der_x509_certificate(certificate)) for certificate in response.certificates)
    except (InvalidEncoding, ValueError) as error:
        raise InvalidToken("token-malformed", str(error)) from error


def _end(certificate: x509.Certificate) -> datetime:
    key, end = certificate.public_key(), certificate.not_valid_after_utc
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < STRONG_RSA_BITS:
        return min(end, WEAK_RSA_ENDS)
    return end
