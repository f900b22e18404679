"""Manifests: what is written is read back, every flipped byte is another manifest or none, and the leaf follows."""

import hashlib
from dataclasses import replace

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.clock import ClockState
from integrity.digest import Digest
from integrity.errors import InvalidManifest
from integrity.manifest import IMPORTED, Manifest, leaf_of
from integrity.sm3 import Sm3
from integrity.statement import LIMIT
from tests.fakes.clocks import START, FakeRandom
from tests.integrity.test_statement import FILED, WORN


def made(kind: str = "body-camera") -> Manifest:
    return Manifest.of(
        replace(WORN, kind=kind),
        digest=Digest.of(b"footage"),
        size=7,
        upload="01upload",
        received_at=START,
        clock=ClockState(True, 5),
        salt=FakeRandom()(32),
    )


def test_what_is_written_is_read_back() -> None:
    assert Manifest.parse(made().encode()) == made()


def test_a_documents_manifest_names_the_person() -> None:
    manifest = Manifest.of(FILED, Digest.of(b""), 0, "01upload", START, ClockState(False, None), bytes(32))
    assert Manifest.parse(manifest.encode()).source.person == "01person"


def test_it_has_the_fields_of_the_format() -> None:
    fields = parse_canonical(made().encode())
    assert fields["format"] == "tiezheng-manifest-v1"
    assert fields["sha256"] == hashlib.sha256(b"footage").hexdigest()
    assert fields["name"] == "询问 01.mp4"
    assert fields["source"]["upload"] == "01upload"
    assert fields["declared"] == {
        "case": "案〔2026〕7号",
        "clock_offset_ms": -1500,
        "clock_uncertainty_ms": 200,
        "ended_at": "2026-03-02T08:33:00.000000Z",
        "started_at": "2026-03-02T08:30:00.000000Z",
    }
    assert fields["statement"] == hashlib.sha256(WORN.encode()).hexdigest()
    assert fields["clock"] == {"synchronised": True, "max_error_ms": 5}
    assert len(bytes.fromhex(fields["salt"])) == 32


def test_an_import_says_that_earlier_integrity_is_unknown() -> None:
    assert made().note is None
    assert made("import").note == IMPORTED


def test_the_leaf_is_the_commitment_under_its_own_salt() -> None:
    content = made().encode()
    salt = bytes.fromhex(parse_canonical(content)["salt"])
    assert leaf_of(content) == hashlib.sha256(b"tiezheng-leaf-v1\n" + salt + hashlib.sha256(content).digest()).digest()


def test_no_flipped_byte_gives_the_same_leaf() -> None:
    content = made().encode()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1
        try:
            assert leaf_of(bytes(flipped)) != leaf_of(content)
        except InvalidManifest:
            continue


@pytest.mark.parametrize("name", parse_canonical(made().encode()))
def test_every_field_is_needed_and_of_its_type(name: str) -> None:
    fields = parse_canonical(made().encode())
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical({key: value for key, value in fields.items() if key != name}))
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical({**fields, name: []}))


@pytest.mark.parametrize("name", ["source", "declared", "clock"])
def test_inner_objects_are_read_as_strictly(name: str) -> None:
    fields = parse_canonical(made().encode())
    for inner in fields[name]:
        with pytest.raises(InvalidManifest):
            Manifest.parse(canonical({**fields, name: {key: 1 for key in fields[name] if key != inner}}))
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical({**fields, name: {**fields[name], "further": None}}))


@pytest.mark.parametrize(
    "change", [{"format": "tiezheng-manifest-v2"}, {"further": 1}, {"size": -1}, {"size": True}, {"salt": "00" * 31}]
)
def test_other_values_are_refused(change: dict[str, int | str]) -> None:
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical({**parse_canonical(made().encode()), **change}))


def test_one_that_is_too_long_is_neither_written_nor_read() -> None:
    with pytest.raises(InvalidManifest):
        replace(made(), name="x" * LIMIT).encode()
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical({**parse_canonical(made().encode()), "name": "x" * LIMIT}))


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(InvalidManifest):
        replace(made(), salt=bytes(31))


def test_with_sm3_it_is_of_the_second_version() -> None:
    manifest = replace(made(), sm3=Sm3.of(b"footage"))
    fields = parse_canonical(manifest.encode())
    assert (fields["format"], fields["sm3"]) == ("tiezheng-manifest-v2", Sm3.of(b"footage").hex)
    assert Manifest.parse(manifest.encode()) == manifest
    assert set(fields) - set(parse_canonical(made().encode())) == {"sm3"}


@pytest.mark.parametrize(
    "change", [{"format": "tiezheng-manifest-v1"}, {"sm3": None}, {"sm3": "0"}, {"format": "tiezheng-manifest-v3"}]
)
def test_an_sm3_belongs_to_the_second_version_alone(change: dict[str, str | None]) -> None:
    fields = parse_canonical(replace(made(), sm3=Sm3.of(b"footage")).encode())
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical(fields | change))
    with pytest.raises(InvalidManifest):
        Manifest.parse(canonical(parse_canonical(made().encode()) | {"format": "tiezheng-manifest-v2"}))
