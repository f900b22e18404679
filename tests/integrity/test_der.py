"""DER by hand, compared with pyasn1 and openssl where it writes, and against every second form where it reads."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import univ

from integrity import der
from integrity.errors import InvalidEncoding

INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC)  # noqa: DTZ001 - hypothesis wants them naive
)  # fmt: skip


@given(st.integers(min_value=-(1 << 200), max_value=1 << 200))
def test_integers(value: int) -> None:
    encoded = der.integer(value)
    if value >= 0:  # of -128 and its like pyasn1 writes a byte too many
        assert encoded == encoder.encode(univ.Integer(value))
    assert der.read(encoded, der.INTEGER).integer() == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(-1, "0201ff"), (-128, "020180"), (-129, "0202ff7f"), (-32768, "02028000"), (128, "02020080")],
)
def test_negative_integers_as_the_standard_has_them(value: int, encoded: str) -> None:
    """X.690, 8.3: the fewest bytes in two's complement."""
    assert der.integer(value).hex() == encoded


@given(st.lists(st.integers(min_value=0, max_value=1 << 128), max_size=6), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers(rest: list[int], first: int, second: int) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    encoded = der.oid(dotted)
    assert encoded == encoder.encode(univ.ObjectIdentifier(dotted))
    if len(encoded) <= 66:
        assert der.read(encoded, der.OID).oid() == dotted


@given(st.binary(max_size=70_000))
def test_octets(body: bytes) -> None:
    encoded = der.octets(body)
    assert bytes(decoder.decode(encoded)[0]) == body
    assert der.read(encoded, der.OCTET_STRING).body == body


@given(st.sets(st.integers(0, 30), min_size=1))
def test_named_bits(bits: set[int]) -> None:
    decoded = decoder.decode(der.named_bits(*bits))[0]
    assert {at for at, bit in enumerate(decoded) if bit} == bits
    assert len(decoded) == max(bits) + 1


@given(INSTANTS)
def test_times(at: datetime) -> None:
    encoded = der.generalized_time(at)
    assert not encoded.endswith((b"0Z", b".Z")) or b"." not in encoded
    assert timedelta(0) <= at - der.read(encoded, der.GENERALIZED_TIME).time() < timedelta(milliseconds=1)


def test_sets_are_in_order() -> None:
    assert der.set_of([der.octets(b"b"), der.octets(b"a")]) == der.element(der.SET, der.octets(b"a") + der.octets(b"b"))


@pytest.mark.parametrize(
    "data",
    ["", "30", "3001", "30020500ff", "3080050000000", "308102" + "0500", "30820002" + "0500", "3085000000000205",
     "30ffff", "3084ffffffff"],
)  # fmt: skip
def test_lengths_that_are_not_the_only_one(data: str) -> None:
    raw = bytes.fromhex(data if len(data) % 2 == 0 else data + "0")
    with pytest.raises(InvalidEncoding):
        der.read(raw, der.SEQUENCE)


@pytest.mark.parametrize("body", ["", "0000", "007f", "ff80", "ffff"])
def test_integers_in_a_second_form(body: str) -> None:
    with pytest.raises(InvalidEncoding):
        der.read(der.element(der.INTEGER, bytes.fromhex(body)), der.INTEGER).integer()


@pytest.mark.parametrize("body", ["", "80", "2a8001", "2a80", "2aff", "2a" + "01" * 64])
def test_object_identifiers_in_a_second_form(body: str) -> None:
    with pytest.raises(InvalidEncoding):
        der.read(der.element(der.OID, bytes.fromhex(body)), der.OID).oid()


@pytest.mark.parametrize("body", ["", "01", "ff00", "fe"])
def test_booleans_in_a_second_form(body: str) -> None:
    with pytest.raises(InvalidEncoding):
        der.read(der.element(der.BOOLEAN, bytes.fromhex(body)), der.BOOLEAN).boolean()


@pytest.mark.parametrize(
    "text",
    ["20260302083000", "20260302083000.0Z", "20260302083000.10Z", "20260302083000.Z", "20260302083000+0100",
     "202603020830Z", "20260302083000,1Z", "20261302083000Z", "20260302083060Z", "20260302083000.1234567Z", ""],
)  # fmt: skip
def test_times_in_a_second_form(text: str) -> None:
    with pytest.raises(InvalidEncoding):
        der.read(der.element(der.GENERALIZED_TIME, text.encode()), der.GENERALIZED_TIME).time()


def test_a_primitive_has_no_fields() -> None:
    with pytest.raises(InvalidEncoding):
        der.read(der.octets(der.integer(1)), der.OCTET_STRING).fields()


def test_fields_come_in_their_order() -> None:
    fields = der.read(der.sequence(der.integer(1), der.octets(b"x")), der.SEQUENCE).fields()
    assert fields.maybe(der.OCTET_STRING) is None
    assert fields.take(der.INTEGER).integer() == 1
    with pytest.raises(InvalidEncoding):
        fields.end()
    with pytest.raises(InvalidEncoding):
        fields.take(der.INTEGER)
    assert fields.take(der.OCTET_STRING).raw == der.octets(b"x")
    fields.end()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        element = der.read(data, data[0] if data else der.NULL)
    except InvalidEncoding:
        return
    assert element.raw == data
