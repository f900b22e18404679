"""Receipts: every flipped byte, every other key, log, file and every contradiction is refused, with a reason."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from integrity.canonical import canonical, parse_canonical
from integrity.clock import ClockState
from integrity.digest import Digest
from integrity.errors import InvalidReceipt
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.manifest import leaf_of
from integrity.note import Signer
from integrity.receipt import NOT_QUALIFIED, Copy, Receipt, Stamp, TokenState, build_receipt, verify_receipt
from integrity.trust import Trust
from tests.fakes.clocks import START
from tests.integrity.test_manifest import made


def signer(name: str, seed: int) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


LOG, OTHER_LOG = signer("tiezheng.example/log", 1), signer("other.example/log", 2)
KEY, OTHER_KEY = signer("tiezheng.example/receipt", 3), signer("other.example/receipt", 4)
TRUST = Trust(receipt_keys=(KEY.verifier,), logs=(LOG.verifier,))
MANIFEST = made()
STAMP = Stamp("embedded", START, Digest.of(b"token"), False)


def logged(folder: Path, key: Signer, manifest: bytes) -> bytes:
    """A proof of this manifest's leaf in a log with some others."""
    log = Log.create(folder, key, FileHeads(folder / "head"))
    with log.exclusive():
        log.append([bytes([number]) * 32 for number in range(5)] + [leaf_of(manifest)] + [bytes(32)])
    return log.tlog_proof(5)


@pytest.fixture(scope="module")
def receipt(tmp_path_factory: pytest.TempPathFactory) -> Receipt:
    proof = logged(tmp_path_factory.mktemp("log"), LOG, MANIFEST.encode())
    return Receipt(
        upload="01upload", agency="01agency", station="01station", person=None,
        digest=MANIFEST.digest, size=MANIFEST.size, received_at=START, issued_at=START, clock=ClockState(True, 5),
        copies=(Copy("files", "readback"),), copies_wanted=1,
        manifest=MANIFEST.encode(), leaf_index=5, tlog_proof=proof,
        tokens=(TokenState("original", STAMP), TokenState("manifest", None)),
    )  # fmt: skip


def signed(said: dict[str, Any], key: Signer = KEY) -> bytes:
    """Sign anything as a receipt, as somebody who has the key could."""
    signature = key.sign(b"tiezheng-receipt-v1\n" + canonical(said))
    name = f"{key.name}+{signature.key_id.hex()}"
    return canonical({"receipt": said, "signature": {"key": name, "value": base64.b64encode(signature.raw).decode()}})


def said(receipt: Receipt, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = parse_canonical(build_receipt(receipt, KEY))["receipt"]
    return {**fields, **changes}


def test_what_is_built_verifies(receipt: Receipt) -> None:
    content = build_receipt(receipt, KEY)
    assert verify_receipt(content, TRUST) == receipt
    assert verify_receipt(content, TRUST, digest=MANIFEST.digest, size=MANIFEST.size) == receipt


def test_the_signature_is_plain_ed25519_over_what_the_format_says(receipt: Receipt) -> None:
    document = parse_canonical(build_receipt(receipt, KEY))
    Ed25519PublicKey.from_public_bytes(KEY.verifier.public_key).verify(
        base64.b64decode(document["signature"]["value"]), b"tiezheng-receipt-v1\n" + canonical(document["receipt"])
    )
    assert document["signature"]["key"] == KEY.vkey.rsplit("+", 1)[0]


def test_it_has_the_fields_of_the_format(receipt: Receipt) -> None:
    fields = said(receipt)
    assert fields["sha256"] == MANIFEST.digest.hex
    assert fields["copies"] == [{"vault": "files", "checked": "readback"}]
    assert fields["wipe"] == "allowed"
    assert fields["manifest"].encode() == MANIFEST.encode()
    assert [token["state"] for token in fields["tokens"]] == ["stamped", "pending"]
    assert fields["tokens"][0]["qualified"] is False
    assert fields["note"] == NOT_QUALIFIED
    assert "c2sp.org/tlog-proof@v1" in fields["tlog_proof"]
    assert receipt.pending


def test_every_flipped_byte_is_refused(receipt: Receipt) -> None:
    content = build_receipt(receipt, KEY)
    for position in range(len(content)):
        for bit in (0x01, 0x20, 0x80):
            flipped = bytearray(content)
            flipped[position] ^= bit
            with pytest.raises(InvalidReceipt, match=r".+"):
                verify_receipt(bytes(flipped), TRUST)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"receipt":{},"signature":{}}', b"\xff"])
def test_what_is_no_receipt_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidReceipt):
        verify_receipt(content, TRUST)


def test_another_key_is_refused(receipt: Receipt) -> None:
    content = signed(said(receipt), OTHER_KEY)
    with pytest.raises(InvalidReceipt, match="no key you trust"):
        verify_receipt(content, TRUST)
    impostor = Signer(KEY.name, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(InvalidReceipt, match="no key you trust"):
        verify_receipt(build_receipt(receipt, impostor), TRUST)
    with pytest.raises(InvalidReceipt, match="no key you trust"):
        verify_receipt(build_receipt(receipt, KEY), Trust(logs=TRUST.logs))


def test_a_log_that_is_not_trusted_is_refused(receipt: Receipt, tmp_path: Path) -> None:
    elsewhere = replace(receipt, tlog_proof=logged(tmp_path, OTHER_LOG, receipt.manifest))
    with pytest.raises(InvalidReceipt, match=r"other\.example/log"):
        verify_receipt(build_receipt(elsewhere, KEY), TRUST)


def test_a_proof_of_another_leaf_is_refused(receipt: Receipt, tmp_path: Path) -> None:
    other = replace(receipt, tlog_proof=logged(tmp_path, LOG, made("import").encode()))
    with pytest.raises(InvalidReceipt):
        verify_receipt(build_receipt(other, KEY), TRUST)
    with pytest.raises(InvalidReceipt, match="another leaf"):
        verify_receipt(signed(said(receipt, leaf_index=4)), TRUST)


def test_other_bytes_are_refused(receipt: Receipt) -> None:
    content = build_receipt(receipt, KEY)
    with pytest.raises(InvalidReceipt, match="other bytes"):
        verify_receipt(content, TRUST, digest=Digest.of(b"other"))
    with pytest.raises(InvalidReceipt, match="other bytes"):
        verify_receipt(content, TRUST, size=MANIFEST.size + 1)


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "wipe-without-copies": {"copies": []},
    "wipe-with-fewer-than-wanted": {"copies_wanted": 2},
    "wait-although-enough": {"wipe": "wait"},
    "wipe-as-another-word": {"wipe": "yes"},
    "two-copies-in-one-vault": {"copies": [{"vault": "files", "checked": "readback"}] * 2, "copies_wanted": 2},
    "copy-not-checked": {"copies": [{"vault": "files", "checked": "hoped"}]},
    "other-digest": {"sha256": Digest.of(b"other").hex},
    "other-size": {"size": MANIFEST.size + 1},
    "other-manifest-digest": {"manifest_sha256": Digest.of(b"other").hex},
    "other-manifest": {"manifest": made("import").encode().decode()},
    "no-manifest": {"manifest": ""},
    "other-agency": {"agency": "02agency"},
    "nobodys": {"station": None},
    "of-two": {"person": "01person"},
    "better-assurance": {"assurance": "external-authority"},
    "further-field": {"further": 1},
    "other-version": {"format": "tiezheng-receipt-v2"},
    "no-tokens": {"tokens": []},
    "pending-with-a-time": {"tokens": [TokenState("original", None).json(), {"over": "manifest", "state": "pending"}]},
    "token-in-another-state": {"tokens": [{**dict(TokenState("original", STAMP).json()), "state": "hoped"}]},  # type: ignore[arg-type]
}


@pytest.mark.parametrize("changes", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_signed_contradiction_is_refused(receipt: Receipt, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidReceipt):
        verify_receipt(signed(said(receipt, **changes)), TRUST)


@pytest.mark.parametrize("name", [name for name in Receipt.__slots__ if name not in ("digest",)])
def test_every_field_is_needed(receipt: Receipt, name: str) -> None:
    fields = said(receipt)
    del fields[name]
    with pytest.raises(InvalidReceipt):
        verify_receipt(signed(fields), TRUST)


def test_nothing_contradictory_is_signed(receipt: Receipt) -> None:
    with pytest.raises(InvalidReceipt):
        build_receipt(replace(receipt, size=receipt.size + 1), KEY)
    with pytest.raises(InvalidReceipt):
        build_receipt(replace(receipt, tokens=receipt.tokens[:1]), KEY)
    with pytest.raises(InvalidReceipt):
        build_receipt(replace(receipt, manifest=b"\xff"), KEY)


@pytest.mark.parametrize(
    ("vaults", "wanted", "wipe"),
    [([], 0, "wait"), ([], 1, "wait"), (["a"], 1, "allowed"), (["a"], 2, "wait"), (["a", "a"], 2, "wait"),
     (["a", "b"], 2, "allowed"), (["a", "b"], 1, "allowed")],
)  # fmt: skip
def test_the_advice_to_wipe(receipt: Receipt, vaults: list[str], wanted: int, wipe: str) -> None:
    copies = tuple(Copy(vault, "store-checksum") for vault in vaults)
    advised = replace(receipt, copies=copies, copies_wanted=wanted)
    assert advised.wipe == wipe
    assert verify_receipt(build_receipt(advised, KEY), TRUST).wipe == wipe


def test_an_earlier_uploads_manifest_of_the_same_bytes_is_accepted(receipt: Receipt) -> None:
    again = replace(receipt, upload="02upload", station="02station")
    assert verify_receipt(build_receipt(again, KEY), TRUST).upload == "02upload"


def _stamped(over: str, authority: str, qualified: bool) -> TokenState:
    return TokenState(over, Stamp(authority, START, Digest.of(authority.encode()), qualified))


def test_tokens_of_several_authorities(receipt: Receipt) -> None:
    tokens = tuple(_stamped(over, name, name == "b") for over in ("original", "manifest") for name in ("a", "b"))
    told = replace(receipt, tokens=tokens)
    assert verify_receipt(build_receipt(told, KEY), TRUST).tokens == tokens
    assert told.qualified
    assert not replace(receipt, tokens=tokens[:3]).qualified
    waiting = replace(receipt, tokens=(*tokens, TokenState("manifest", None)))
    assert verify_receipt(build_receipt(waiting, KEY), TRUST).pending


@pytest.mark.parametrize(
    "tokens",
    [
        (_stamped("original", "a", False), _stamped("original", "a", False), _stamped("manifest", "a", False)),
        (_stamped("original", "a", False), _stamped("manifest", "a", False), _stamped("other", "a", False)),
        (_stamped("manifest", "a", False), _stamped("manifest", "b", False)),
        (),
    ],
    ids=["one authority twice", "over something else", "none over the original", "none"],
)
def test_tokens_that_no_receipt_tells_of(receipt: Receipt, tokens: tuple[TokenState, ...]) -> None:
    with pytest.raises(InvalidReceipt):
        build_receipt(replace(receipt, tokens=tokens), KEY)
