"""Signed notes against the C2SP example and against openssl; each rule of the format broken once."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from integrity import note
from integrity.errors import InvalidNote
from integrity.note import Verifier
from tests.fakes.signers import KEY, OTHER, SIGNER

# The example of c2sp.org/signed-note.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
NOTE = (
    TEXT + "\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
EXAMPLE = Verifier.from_vkey(VKEY)


def test_the_example_of_the_specification() -> None:
    assert note.open_note(NOTE, [EXAMPLE]) == TEXT
    assert EXAMPLE.vkey == VKEY


def test_openssl_verifies_what_we_sign_and_we_verify_what_openssl_signs(tmp_path: Path) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text").write_text("一行\n", encoding="utf-8")
    text, [signature] = note.split(note.sign("一行\n", [SIGNER]))
    (tmp_path / "signature").write_bytes(signature.raw)
    verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem", "-in", "text"]
    subprocess.run([*verify, "-sigfile", "signature"], cwd=tmp_path, check=True, capture_output=True)

    sign = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "text", "-out", "theirs"]
    subprocess.run(sign, cwd=tmp_path, check=True, capture_output=True)
    line = base64.b64encode(SIGNER.verifier.key_id + (tmp_path / "theirs").read_bytes()).decode()
    assert note.open_note(f"{text}\n— {SIGNER.name} {line}\n".encode(), [SIGNER.verifier]) == text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])).map(lambda text: text + "\n"))
def test_whatever_is_signed_can_be_opened(text: str) -> None:
    assert note.open_note(note.sign(text, [SIGNER]), [SIGNER.verifier]) == text


@pytest.mark.parametrize("position", range(len(NOTE)))
def test_no_flipped_byte_is_accepted(position: int) -> None:
    flipped = bytearray(NOTE)
    flipped[position] ^= 1
    with pytest.raises(InvalidNote):
        note.open_note(bytes(flipped), [EXAMPLE])


def test_unknown_keys_are_ignored_and_known_ones_must_hold() -> None:
    both = note.sign("text\n", [OTHER, SIGNER])
    assert note.open_note(both, [SIGNER.verifier]) == "text\n"
    with pytest.raises(InvalidNote, match="no trusted key"):
        note.open_note(note.sign("text\n", [OTHER]), [SIGNER.verifier])
    forged = note.Signature(OTHER.name, OTHER.verifier.key_id, bytes(64))
    with pytest.raises(InvalidNote, match="does not hold"):
        note.open_note(both + forged.line().encode(), [SIGNER.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "broken",
    {
        "empty": b"",
        "no blank line": NOTE.replace(b"\n\n", b"\n"),
        "no signature": TEXT.encode() + b"\n",
        "no last newline": NOTE[:-1],
        "a control character": NOTE.replace(b"This is", b"This\tis"),
        "not UTF-8": b"\xff" + NOTE,
        "a hyphen for the dash": NOTE.replace("—".encode(), b"-"),
        "two spaces": NOTE.replace(b"foo ", b"foo  "),
        "a short signature": TEXT.encode() + "\n— example.com/foo Uw2QOg==\n".encode(),
        "base64 without padding": NOTE.replace(b"=", b""),
        "too large": b"x" * note.SIZE_LIMIT + NOTE,
        "too many signatures": NOTE + NOTE.partition(b"\n\n")[2] * note.SIGNATURE_LIMIT,
    }.items(),
    ids=lambda item: item[0],
)
def test_what_is_no_note_is_refused(broken: tuple[str, bytes]) -> None:
    with pytest.raises(InvalidNote):
        note.open_note(broken[1], [EXAMPLE])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("foo", "bar"),
        VKEY[:-2],
        "a b" + VKEY,
        VKEY.replace("+Ae", "+Be"),
        "example.com/foo+530d903a+AQ==",
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(InvalidNote):
        Verifier.from_vkey(vkey)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n"])
def test_text_that_could_not_be_read_back_is_never_signed(text: str) -> None:
    with pytest.raises(InvalidNote):
        note.sign(text, [SIGNER])


def test_base64_has_one_spelling() -> None:
    assert note.decode_base64("AA==") == b"\0"
    for other in ("AB==", "AA", "A A==", "AA==\n", "-_=="):
        with pytest.raises(InvalidNote):
            note.decode_base64(other)
