"""Object identifiers of RFC 3161, RFC 5652 and RFC 5816, by the names those documents use."""

from collections.abc import Mapping

SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

SHA256_OID = "2.16.840.1.101.3.4.2.1"
SHA384_OID = "2.16.840.1.101.3.4.2.2"
SHA512_OID = "2.16.840.1.101.3.4.2.3"

IMPRINT_SIZES: Mapping[str, int] = {SHA256_OID: 32, SHA384_OID: 48, SHA512_OID: 64}
"""The hash algorithms in use, and the bytes of each."""

RSA = "1.2.840.113549.1.1.1"
RSA_WITH: Mapping[str, str] = {
    "1.2.840.113549.1.1.11": SHA256_OID,
    "1.2.840.113549.1.1.12": SHA384_OID,
    "1.2.840.113549.1.1.13": SHA512_OID,
}
"""sha…WithRSAEncryption, and the hash each implies."""
ECDSA_WITH: Mapping[str, str] = {
    "1.2.840.10045.4.3.2": SHA256_OID,
    "1.2.840.10045.4.3.3": SHA384_OID,
    "1.2.840.10045.4.3.4": SHA512_OID,
}
"""ecdsa-with-SHA…, and the hash each implies."""
