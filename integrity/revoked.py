"""What an issuer said of a certificate that it revoked: since when it counts no more, and whether its key was lost.

The same for an entry of a revocation list (RFC 5280 section 5.3) and for an OCSP response (RFC 6960 section 4.2.1),
so that both are judged alike. Says nothing of tokens: that is `integrity.token`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography import x509

_PEACEFUL = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)
"""Reasons, stated as such, for which a key is given up without having been lost (RFC 3161 section 4)."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Revoked `at` an instant; worth nothing from `since` on, which may reach back further; `peaceful` as stated."""

    at: datetime
    since: datetime
    peaceful: bool

    @classmethod
    def entry(cls, revoked: x509.RevokedCertificate) -> Self:
        """As an entry of a list says it; what it says in a way nobody can read is no peace."""
        at, reason = revoked.revocation_date_utc, None
        try:
            extensions = [extension.value for extension in revoked.extensions]
        except ValueError:
            return cls(at, at, False)
        for value in extensions:
            if isinstance(value, x509.CRLReason):
                reason = value.reason
        return cls.said(at, reason, extensions)

    @classmethod
    def said(cls, at: datetime, reason: x509.ReasonFlags | None, extensions: Iterable[x509.ExtensionType]) -> Self:
        """Of this reason, None where none is stated; an invalidityDate among the extensions reaches back."""
        lost = [value.invalidity_date_utc for value in extensions if isinstance(value, x509.InvalidityDate)]
        return cls(at, min((at, *lost)), reason in _PEACEFUL)
