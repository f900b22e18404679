"""RFC 8785: the RFC's own examples, then everything a strict reader must refuse."""

import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.canonical import DEPTH, canonical, parse_canonical
from integrity.errors import InvalidCanonical

EXAMPLE = r"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
EXAMPLE_BYTES = bytes.fromhex(  # RFC 8785, section 3.2.4
    "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e"
    "333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c"
    "225c5c5c5c5c222f227d"
)
SORTING = (  # RFC 8785, section 3.2.3: by UTF-16 code units, so the emoji comes before U+FB33
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",'
    '"1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",'
    '"\\u00f6":"Latin Small Letter O With Diaeresis"}'
)


def test_the_example_of_the_rfc() -> None:
    assert canonical(json.loads(EXAMPLE)) == EXAMPLE_BYTES


def test_keys_are_sorted_as_the_rfc_says() -> None:
    values = list(json.loads(canonical(json.loads(SORTING))).values())
    assert [value.split()[0] for value in values] == ["Carriage", "One", "Control", "Latin", "Euro", "Emoji:", "Hebrew"]


@pytest.mark.parametrize(
    ("bits", "text"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)
def test_numbers_as_the_rfc_says(bits: str, text: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, "\ud800", {"\udfff": 1}, {1: 2}],
    ids=str.split("nan inf int text key name"),
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(InvalidCanonical):
        canonical(value)


REFUSED = {
    "space": b'{"a": 1}',
    "final-newline": b'{"a":1}\n',
    "order": b'{"b":1,"a":2}',
    "repeated-key": b'{"a":1,"a":1}',
    "repeated-key-in-depth": b'{"a":{"b":1,"b":1}}',
    "escape-not-needed": b'{"a":"\\u0041"}',
    "slash-escaped": b'{"a":"\\/"}',
    "uppercase-escape": b'{"a":"\\u000F"}',
    "number-with-zeroes": b'{"a":1.0}',
    "exponent": b'{"a":1E2}',
    "minus-zero": b'{"a":-0}',
    "number-too-large": b'{"a":9007199254740993}',
    "number-of-many-digits": b'{"a":' + b"9" * 5000 + b"}",
    "nan": b'{"a":NaN}',
    "byte-order-mark": b'\xef\xbb\xbf{"a":1}',
    "not-utf-8": b'{"a":"\xff"}',
    "utf-16": '{"a":1}'.encode("utf-16-le"),
    "lone-surrogate": b'{"a":"\\ud800"}',
    "no-object": b"[1]",
    "nothing": b"",
    "cut": b'{"a":1',
    "two": b'{"a":1}{"a":1}',
    "deep": b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
    "very-deep": b'{"a":' + b"[" * 200_000,
    "string-that-never-ends": b'{"a":"' + b'\\"' * 200_000,
    "too-long": b'{"a":"' + b"x" * 1024 * 1024 + b'"}',
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_a_strict_reader_refuses(content: bytes) -> None:
    with pytest.raises(InvalidCanonical):
        parse_canonical(content)


def test_brackets_in_strings_are_no_depth() -> None:
    content = canonical({"a": "[" * 1000 + '\\"' + "{" * 1000})
    assert parse_canonical(content)["a"].startswith("[[")


def test_depth_up_to_the_limit_is_read() -> None:
    content = b'{"a":' + b"[" * (DEPTH - 1) + b"]" * (DEPTH - 1) + b"}"
    assert canonical(parse_canonical(content)) == content


def test_the_limit_is_in_bytes() -> None:
    content = canonical({"a": "证"})
    assert parse_canonical(content, len(content)) == {"a": "证"}
    with pytest.raises(InvalidCanonical):
        parse_canonical(content, len(content) - 1)


TEXT = st.text(st.characters(codec="utf-8"))
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | FRACTIONS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    content = canonical(value)
    assert parse_canonical(content) == value


@given(st.dictionaries(TEXT, VALUES, max_size=3), st.data())
def test_no_flipped_byte_is_read_as_the_same(value: dict[str, Any], data: st.DataObject) -> None:
    content = bytearray(canonical(value))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(InvalidCanonical):
        assert canonical(parse_canonical(bytes(content))) == content
