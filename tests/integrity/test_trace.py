"""A trace: only the bytes that passed and were kept have it, in whatever pieces; openssl agrees with its tags."""

import os
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.digest import Digest
from integrity.trace import Comparison, Stretch, Trace, Tracer, Traces

BODY = bytes(range(256)) * 40


def traced(*stretches: bytes) -> Trace:
    tracer = Tracer(os.urandom)
    for stretch in stretches:
        tracer.update(stretch)
        tracer.keep()
    return tracer.trace()


def same(trace: Trace, *pieces: bytes) -> bool:
    comparison = Comparison(trace)
    for piece in pieces:
        comparison.update(piece)
    return comparison.same


def test_a_tag_is_what_openssl_says() -> None:
    trace = traced(BODY)
    (stretch,) = trace.stretches
    options = ["cipher:AES-256-GCM", f"hexkey:{trace.key.hex()}", f"hexiv:{stretch.nonce.hex()}"]
    command = ["openssl", "mac", *(word for option in options for word in ("-macopt", option)), "GMAC"]
    told = subprocess.run(command, input=BODY, capture_output=True, check=True).stdout
    assert bytes.fromhex(told.decode().strip()) == stretch.tag


@given(st.lists(st.binary(max_size=50), max_size=6), st.lists(st.integers(0, 300), max_size=6))
def test_the_same_bytes_in_any_pieces(stretches: list[bytes], cuts: list[int]) -> None:
    body = b"".join(stretches)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    assert same(traced(*stretches), *pieces)


@pytest.mark.parametrize("place", [0, 1, 4095, 4096, 5000, len(BODY) - 1])
def test_one_bit(place: int) -> None:
    other = bytearray(BODY)
    other[place] ^= 1
    assert not same(traced(BODY[:5000], BODY[5000:]), bytes(other))


@pytest.mark.parametrize(
    "other",
    [b"", BODY[:-1], BODY + b"\0", BODY[:5000], BODY[5000:] + BODY[:5000], BODY + BODY],
    ids=["nothing", "cut", "longer", "first stretch", "turned round", "twice"],
)
def test_other_bytes(other: bytes) -> None:
    assert not same(traced(BODY[:5000], BODY[5000:]), other)


def test_a_part_that_differs_is_not_made_good_by_what_follows() -> None:
    comparison = Comparison(traced(b"one", b"two"))
    comparison.update(b"0ne")
    comparison.update(b"two")
    assert not comparison.same


def test_what_was_cut_off_again_does_not_count() -> None:
    tracer = Tracer(os.urandom)
    for kept, dropped in ((b"one", b"lost"), (b"two", b"also lost"), (b"three", b"")):
        tracer.update(dropped)
        tracer.drop()
        tracer.update(kept)
        tracer.keep()
    tracer.update(b"never kept")
    assert same(tracer.trace(), b"onetwothree")
    assert not same(tracer.trace(), b"onetwothreenever kept")


def test_no_nonce_serves_twice_and_each_trace_has_a_key_of_its_own() -> None:
    tracer = Tracer(os.urandom)
    for number in range(20):
        tracer.update(b"x")
        tracer.keep() if number % 3 else tracer.drop()
    trace = tracer.trace()
    assert len({stretch.nonce for stretch in trace.stretches}) == len(trace.stretches) == 13
    assert traced(b"x").key != traced(b"x").key


def test_stretches_of_another_trace_say_nothing() -> None:
    mine, other = traced(b"same"), traced(b"same")
    assert not same(Trace(mine.key, other.stretches), b"same")


def test_a_tag_cut_short_is_none() -> None:
    (stretch,) = (trace := traced(b"same")).stretches
    assert not same(Trace(trace.key, (Stretch(stretch.end, stretch.nonce, stretch.tag[:4]),)), b"same")


def test_a_trace_is_taken_once() -> None:
    traces, trace = Traces(), traced(BODY)
    traces.keep(Digest.of(BODY), trace)
    assert traces.take(Digest.of(b"another")) is None
    assert traces.take(Digest.of(BODY)) == trace
    assert traces.take(Digest.of(BODY)) is None


def test_only_so_many_are_kept() -> None:
    traces = Traces(most=3)
    for number in range(5):
        traces.keep(Digest.of(bytes([number])), traced(b"x"))
    found = [number for number in range(5) if traces.take(Digest.of(bytes([number])))]
    assert found == [2, 3, 4]
