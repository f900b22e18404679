"""trust.json: what is written is read again, and whatever is not exactly that is named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.cosignature import WitnessKey
from integrity.errors import InvalidTrust
from integrity.log_keys import KeyTerm
from integrity.note import Verifier
from integrity.trust import Trust, TrustedAuthority, read_trust, write_trust
from tests.fakes import certificates
from tests.fakes.clocks import START
from tests.servers import openssl_ts


def verifier(name: str, number: int = 1) -> Verifier:
    key = Ed25519PrivateKey.from_private_bytes(bytes((number,)) * 32)
    return Verifier(name, key.public_key().public_bytes_raw())


def witness(name: str, number: int = 4) -> WitnessKey:
    return WitnessKey(name, verifier(name, number).public_key)


def trust() -> Trust:
    return Trust(
        receipt_keys=(verifier("example.org/log/receipts"),),
        logs=(verifier("example.org/log", 2), verifier("example.org/log", 3), verifier("example.org/other", 2)),
        authorities=(TrustedAuthority("embedded", certificates.root().pem, False),),
        witnesses=(witness("witness.example"),),
        quorum=1,
    )


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(trust().encode()) | fields).encode()


def test_written_and_read_again(tmp_path: Path) -> None:
    write_trust(tmp_path / "trust.json", trust())
    write_trust(tmp_path / "trust.json", trust())
    assert read_trust(tmp_path / "trust.json") == trust()
    with pytest.raises(FileExistsError):
        write_trust(tmp_path / "trust.json", Trust())
    assert Trust.parse(Trust().encode()) == Trust()


def test_order_and_white_space_are_free() -> None:
    value = json.loads(trust().encode())
    shuffled = json.dumps(dict(reversed(value.items())), indent=None).encode()
    assert Trust.parse(shuffled) == trust()


def test_keys_of_an_origin() -> None:
    assert trust().log_keys("example.org/log") == (verifier("example.org/log", 2), verifier("example.org/log", 3))
    assert trust().log_keys("example.org/lo") == ()


def test_keys_with_terms_and_logs_that_succeed_others() -> None:
    old, new, other = trust().logs
    limited = replace(
        trust(),
        terms=(KeyTerm(old, 0, 20), KeyTerm(new, 18, revoked_at=START)),
        successions=(("example.org/other", "example.org/log"),),
    )
    assert Trust.parse(limited.encode()) == limited
    assert limited.log_terms("example.org/log") == limited.terms
    assert limited.log_terms("example.org/other") == (KeyTerm(other),)
    assert json.loads(limited.encode())["logs"][1] == {
        "origin": new.name, "vkey": new.vkey, "from_size": 18, "revoked_at": "2026-03-02T08:30:00.000000Z",
    }  # fmt: skip
    assert json.loads(trust().encode())["logs"][0] == {"origin": old.name, "vkey": old.vkey}


@pytest.mark.parametrize(
    "more",
    [{"from_size": 5, "until_size": 4}, {"from_size": -1}, {"until_size": "4"}, {"revoked_at": "yesterday"},
     {"successor_of": "nobody"}, {"successor_of": "example.org/log"}, {"from_size": None}, {"since": 4}],
)  # fmt: skip
def test_terms_that_make_no_sense(more: dict[str, object]) -> None:
    logs = json.loads(trust().encode())["logs"]
    with pytest.raises(InvalidTrust):
        Trust.parse(changed(logs=[logs[0] | more, *logs[1:]]))
    with pytest.raises(InvalidTrust, match="twice"):
        Trust.parse(changed(logs=[*logs, logs[0] | {"from_size": 4}]))


@openssl_ts.REQUIRED
def test_the_fingerprint_is_the_one_openssl_prints(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(certificates.root().pem)
    said = openssl_ts.openssl("x509", "-in", tmp_path / "root.pem", "-noout", "-fingerprint", "-sha256")
    fingerprint = said.strip().partition("=")[2].replace(":", "").lower()
    assert dict(trust().fingerprints)["authority embedded"] == fingerprint


def _authority(**fields: Any) -> list[dict[str, Any]]:
    (authority,) = json.loads(trust().encode())["authorities"]
    return [authority | fields]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not an object"),
        (b"[" * 100_000, "not JSON"),
        (bytes(2_000_000), "longer than"),
        (b'{"format":"x","format":"x"}', "twice"),
        (changed(format="tiezheng-trust-v2"), "format"),
        (changed(extra=1), "extra"),
        (changed(quorum=2), "quorum"),
        (changed(quorum=-1), "quorum"),
        (changed(quorum=True), "quorum"),
        (changed(quorum=None), "quorum"),
        (changed(receipt_keys=["nonsense"]), "verifier key"),
        (changed(receipt_keys=[1]), "receipt_keys"),
        (changed(logs=[{"origin": "example.net", "vkey": verifier("example.org").vkey}]), "example.net"),
        (changed(logs=[{"origin": "example.org", "vkey": verifier("example.org").vkey, "x": 1}]), "x"),
        (changed(witnesses=[witness("w").vkey, witness("w").vkey]), "twice"),
        (changed(witnesses=[witness("w").vkey, witness("another-name").vkey]), "twice"),
        (changed(witnesses=[verifier("w").vkey]), "another type"),
        (changed(receipt_keys=[witness("w").vkey]), "another type"),
        (changed(authorities=_authority(root_sha256="00" * 32)), "fingerprint"),
        (changed(authorities=_authority(root_pem="nothing")), "PEM"),
        (changed(authorities=_authority(root_pem="证书")), "PEM"),
        (changed(authorities=_authority(root_pem=certificates.root().pem.decode() * 2)), "exactly one"),
        (changed(authorities=_authority(qualified="no")), "qualified"),
        (changed(authorities=_authority() * 2), "twice"),
    ],
)
def test_what_is_no_trust(content: bytes, named: str) -> None:
    with pytest.raises(InvalidTrust, match=named):
        Trust.parse(content)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrust):
        read_trust(tmp_path / "absent")
    with pytest.raises(InvalidTrust):
        read_trust(tmp_path)
