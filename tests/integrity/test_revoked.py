"""What an entry of a list and an OCSP response say of a revocation, in one form."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ReasonFlags

from integrity.revoked import Revoked
from tests.fakes import certificates
from tests.fakes.clocks import START

HOUR = timedelta(hours=1)
SUPERSEDED = x509.CRLReason(ReasonFlags.superseded)


def entry(*extensions: x509.ExtensionType) -> x509.RevokedCertificate:
    made = certificates.revocations(certificates.root(), {2: START}, extensions=extensions)
    found = made.get_revoked_certificate_by_serial_number(2)
    assert found is not None
    return found


def test_an_entry_of_a_list() -> None:
    assert Revoked.entry(entry()) == Revoked(START, START, False)
    assert Revoked.entry(entry(SUPERSEDED)) == Revoked(START, START, True)
    lost = entry(x509.CRLReason(ReasonFlags.key_compromise), x509.InvalidityDate(START - HOUR))
    assert Revoked.entry(lost) == Revoked(START, START - HOUR, False)


def test_what_nobody_can_read_is_no_peace() -> None:
    """An extension that says it is a reason and holds none."""
    broken = entry(x509.UnrecognizedExtension(x509.CRLReason.oid, b"\5\0"))
    with pytest.raises(ValueError, match="parsing"):
        list(broken.extensions)
    assert Revoked.entry(broken) == Revoked(START, START, False)


@pytest.mark.parametrize("reason", list(ReasonFlags))
def test_which_reasons_are_peaceful(reason: ReasonFlags) -> None:
    peaceful = {"unspecified", "affiliation_changed", "superseded", "cessation_of_operation"}
    assert Revoked.said(START, reason, ()).peaceful is (reason.name in peaceful)
    assert not Revoked.said(START, None, ()).peaceful


def test_a_loss_cannot_reach_forward() -> None:
    assert Revoked.said(START, None, [x509.InvalidityDate(START + HOUR)]).since == START
