"""Trust that judges otherwise, and trust that cannot be read: what a reader brings along, as a file."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from integrity.log_keys import KeyTerm
from integrity.trust import Trust
from tests.integrity.zoo import Cage
from tests.integrity.zoo.specimen import Specimen
from tests.integrity.zoo.tokens import Bench

trusts, refused = Cage(), Cage()


def trust(specimen: Specimen, bench: Bench) -> Trust:
    """What a reader of the zoo brings along: this installation, and the authority of the forged tokens."""
    own = specimen.evidence.trust
    forged = replace(own.authorities[0], name="forged", root_pem=bench.root.pem)
    return replace(own, authorities=(*own.authorities, forged))


@trusts.case("witnesses-missing")
def a_witness_is_asked_for(specimen: Specimen, trusted: Trust) -> bytes:
    return replace(trusted, quorum=1).encode()


@trusts.case("token-chain", "certificate-not-trusted", "log-not-trusted")
def nobody_is_trusted(specimen: Specimen, trusted: Trust) -> bytes:
    return Trust().encode()


@trusts.case("log-key-revoked")
def the_log_s_key_was_revoked(specimen: Specimen, trusted: Trust) -> bytes:
    revoked = KeyTerm(trusted.logs[0], revoked_at=specimen.evidence.clock.now() + timedelta(minutes=1))
    return replace(trusted, terms=(revoked,)).encode()


@trusts.case("checkpoint-signature")
def the_log_has_another_key(specimen: Specimen, trusted: Trust) -> bytes:
    return replace(trusted, logs=(specimen.forger(trusted.logs[0].name).verifier,)).encode()


def _edited(trusted: Trust, **changes: Any) -> bytes:
    return json.dumps(json.loads(trusted.encode()) | changes).encode()


@refused.case("trust-invalid")
def no_json(specimen: Specimen, trusted: Trust) -> bytes:
    return b"{"


@refused.case("trust-invalid")
def a_key_is_there_twice(specimen: Specimen, trusted: Trust) -> bytes:
    return trusted.encode().replace(b'"quorum": 0', b'"quorum": 0, "quorum": 0')


@refused.case("trust-invalid")
def a_later_version(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, format="tiezheng-trust-v2")


@refused.case("trust-invalid")
def a_field_nobody_knows(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, allow_anything=True)


@refused.case("trust-invalid")
def a_fingerprint_of_another_root(specimen: Specimen, trusted: Trust) -> bytes:
    authority = json.loads(trusted.encode())["authorities"][0] | {"root_sha256": "0" * 64}
    return _edited(trusted, authorities=[authority])


@refused.case("trust-invalid")
def a_key_whose_id_is_another(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, receipt_keys=[trusted.receipt_keys[0].vkey.replace("+", "+0", 1)])


@refused.case("trust-invalid")
def a_negative_quorum(specimen: Specimen, trusted: Trust) -> bytes:
    return _edited(trusted, quorum=-1)


@refused.case("trust-invalid")
def a_quorum_of_ten_thousand_digits(specimen: Specimen, trusted: Trust) -> bytes:
    return trusted.encode().replace(b'"quorum": 0', b'"quorum": ' + b"9" * 10_000)


@refused.case("trust-invalid")
def brackets_without_end(specimen: Specimen, trusted: Trust) -> bytes:
    return b"[" * 50_000


@refused.case("trust-invalid")
def not_in_utf_8(specimen: Specimen, trusted: Trust) -> bytes:
    return b'{"format": "\xff"}'
