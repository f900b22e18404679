"""Cosignatures against the C2SP example and against openssl; each rule of the format broken once."""

import base64
import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from integrity import note
from integrity.cosignature import WitnessKey, cosignatures, cosigned
from integrity.errors import InvalidNote
from integrity.note import Signature, Verifier
from tests.fakes.clocks import START
from tests.fakes.signers import KEY, SECOND_WITNESS, SIGNER, WITNESS

# The example of c2sp.org/tlog-cosignature. It gives no public keys, so of its lines only the framing can be checked.
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EXAMPLE = (
    TEXT + "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()
EXAMPLE_SECONDS = 1679315147
AT = datetime.fromtimestamp(EXAMPLE_SECONDS, UTC)
NOTE = note.sign(TEXT, [SIGNER])


def openssl(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


def test_the_example_of_the_specification_has_our_framing() -> None:
    text, (_log, line) = note.split(EXAMPLE)
    assert text == TEXT
    assert (line.name, line.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(line.raw[:8]) == EXAMPLE_SECONDS
    assert len(line.raw) == len(WITNESS.cosign(TEXT, AT).raw) == 72


def test_openssl_verifies_what_we_cosign_and_we_verify_what_openssl_signs(tmp_path: Path) -> None:
    """Every step by hand: the message of the specification's example, the key's id, the line."""
    (tmp_path / "key.pem").write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = KEY.public_key()
    (tmp_path / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "message").write_bytes(b"cosignature/v1\ntime 1679315147\n" + TEXT.encode())
    sign = ("pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "message", "-out", "signature")
    openssl(tmp_path, *sign)
    name = "witness.example.com/w1"
    key_id = hashlib.sha256(name.encode() + b"\n\x04" + public.public_bytes_raw()).digest()[:4]
    raw = EXAMPLE_SECONDS.to_bytes(8, "big") + (tmp_path / "signature").read_bytes()
    line = f"— {name} {base64.b64encode(key_id + raw).decode()}\n".encode()
    encoded = base64.b64encode(bytes((4,)) + public.public_bytes_raw()).decode()
    key = WitnessKey.from_vkey(f"{name}+{key_id.hex()}+{encoded}")
    [made] = cosignatures(NOTE + line, [key])
    assert (made.witness, made.at) == (key, AT)

    (tmp_path / "ours").write_bytes(WITNESS.cosign(TEXT, AT).raw[8:])
    witness = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n".format(
        base64.b64encode(bytes.fromhex("302a300506032b6570032100") + WITNESS.key.public_key).decode()
    )
    (tmp_path / "witness.pem").write_text(witness)
    verify = ("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "witness.pem", "-in", "message", "-sigfile", "ours")
    assert b"Success" in openssl(tmp_path, *verify)


def test_what_is_cosigned_names_its_witness_and_its_time_to_the_second() -> None:
    signed = cosigned(NOTE, [WITNESS.cosign(TEXT, AT + timedelta(microseconds=999_999))])
    [made] = cosignatures(signed, [WITNESS.key, SECOND_WITNESS.key])
    assert (made.witness, made.at) == (WITNESS.key, AT)
    assert note.open_note(signed, [SIGNER.verifier]) == TEXT


def test_one_witness_counts_once_and_by_its_earliest_word() -> None:
    lines = [WITNESS.cosign(TEXT, at) for at in (START + timedelta(days=1), START, START + timedelta(days=2))]
    [made] = cosignatures(cosigned(NOTE, lines), [WITNESS.key])
    assert made.at == START


def test_a_line_is_added_once() -> None:
    line = WITNESS.cosign(TEXT, AT)
    once = cosigned(NOTE, [line, line])
    assert len(note.split(once)[1]) == 2
    assert cosigned(once, [line]) == once


def test_witnesses_that_are_not_trusted_are_ignored() -> None:
    assert cosignatures(cosigned(NOTE, [WITNESS.cosign(TEXT, AT)]), [SECOND_WITNESS.key]) == ()
    assert cosignatures(NOTE, [WITNESS.key]) == ()


GOOD = WITNESS.cosign(TEXT, AT)


@pytest.mark.parametrize(
    "raw",
    {
        "another text": WITNESS.cosign(TEXT.replace("63", "64"), AT).raw,
        "another time": (EXAMPLE_SECONDS + 1).to_bytes(8) + GOOD.raw[8:],
        "no time": bytes(8) + GOOD.raw[8:],
        "a time no clock shows": b"\x7f" + GOOD.raw[1:],
        "a plain signature": KEY.sign(TEXT.encode()),
        "a byte short": GOOD.raw[:-1],
        "a byte long": GOOD.raw + b"\0",
        "no signature": GOOD.raw[:8],
    }.items(),
    ids=lambda item: item[0],
)
def test_a_false_cosignature_of_a_known_witness_is_never_passed_over(raw: tuple[str, bytes]) -> None:
    line = Signature(GOOD.name, GOOD.key_id, raw[1])
    with pytest.raises(InvalidNote):
        cosignatures(cosigned(NOTE, [GOOD, line]), [WITNESS.key])
    assert cosignatures(cosigned(NOTE, [line]), [SECOND_WITNESS.key]) == ()


@pytest.mark.parametrize("at", [datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(-1, UTC)])
def test_nothing_is_cosigned_without_a_time(at: datetime) -> None:
    with pytest.raises(InvalidNote):
        WITNESS.cosign(TEXT, at)


def test_a_logs_key_and_a_witnesss_never_pass_for_each_other() -> None:
    same = WitnessKey(SIGNER.name, SIGNER.verifier.public_key)
    assert same.key_id != SIGNER.verifier.key_id
    assert cosignatures(NOTE, [same]) == ()
    with pytest.raises(InvalidNote, match="another type"):
        WitnessKey.from_vkey(SIGNER.vkey)
    with pytest.raises(InvalidNote, match="another type"):
        Verifier.from_vkey(same.vkey)
    assert WitnessKey.from_vkey(same.vkey) == same


@pytest.mark.parametrize("vkey", ["", WITNESS.key.vkey[:-2], WITNESS.key.vkey.replace("/w1", "/w2"), "+00000000+BA=="])
def test_what_is_no_witness_key_is_refused(vkey: str) -> None:
    with pytest.raises(InvalidNote):
        WitnessKey.from_vkey(vkey)
