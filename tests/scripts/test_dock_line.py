"""Requests: what is tried again, what is not, and a token that another run changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from scripts.dock_line import Line, asked_wait, refusal
from scripts.dock_patience import DockError, Interrupted, Patience
from scripts.dock_state import Credentials

OLD, NEW = "0" * 64, "1" * 64
Answers = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    known = Credentials(tmp_path / "dock.json", "0" * 26, "dock", OLD, None)
    known.write()
    return known


def line_to(credentials: Credentials, answers: Answers) -> Line:
    client = httpx2.Client(transport=httpx2.MockTransport(answers))
    return Line("http://service.example", credentials, client, Patience(0, sleep=lambda _: None))


def knowing(token: str) -> Answers:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200 if request.headers["authorization"] == f"Bearer {token}" else 401)

    return answer


def test_a_token_that_another_run_changed_is_read_anew(credentials: Credentials) -> None:
    line = line_to(credentials, knowing(NEW))
    assert line.ask("GET", line.url("files")).status_code == 401, "nobody changed it: it is simply wrong"
    replace(credentials, token=NEW).write()
    with pytest.raises(Interrupted):
        line.ask("GET", line.url("files"))
    assert line.ask("GET", line.url("files")).status_code == 200


def test_credentials_that_are_gone_are_no_new_token(credentials: Credentials) -> None:
    line = line_to(credentials, knowing(NEW))
    credentials.path.unlink()
    assert line.ask("GET", line.url("files")).status_code == 401


@pytest.mark.parametrize("status", [408, 409, 423, 425, 429, 500, 502, 503, 504, 507])
def test_what_may_be_another_answer_later(credentials: Credentials, status: int) -> None:
    line = line_to(credentials, lambda _: httpx2.Response(status, headers={"Retry-After": "7"}))
    with pytest.raises(Interrupted) as interrupted:
        line.ask("GET", line.url("files"))
    assert interrupted.value.wait == 7
    with pytest.raises(DockError, match="gave up"):
        line.patiently(lambda: line.ask("GET", line.url("files")))


def test_a_line_that_breaks(credentials: Credentials) -> None:
    def broken(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("the test")

    line = line_to(credentials, broken)
    with pytest.raises(Interrupted) as interrupted:
        line.ask("GET", line.url("files"))
    assert interrupted.value.code == "server-unreachable"


def test_patience_asks_until_it_is_answered(credentials: Credentials) -> None:
    answers: Iterator[int] = iter([503, 200])
    line = line_to(credentials, lambda _: httpx2.Response(next(answers)))
    line.patience.seconds = 10
    assert line.patiently(lambda: line.ask("GET", line.url("files"))).status_code == 200


@pytest.mark.parametrize("content", [b"", b"[]", b'"text"', b'{"detail": "x"}', b"\xff"])
def test_a_refusal_without_a_problem(content: bytes) -> None:
    assert refusal(httpx2.Response(418, content=content)).code == "http-418"


@pytest.mark.parametrize(("told", "waits"), [("3", 3.0), ("9999", 60.0), ("soon", None), ("-1", None), ("", None)])
def test_a_wait_that_is_asked_for_has_an_end(told: str, waits: float | None) -> None:
    assert asked_wait(httpx2.Response(503, headers={"Retry-After": told})) == waits


def test_addresses_of_others_are_told_apart(credentials: Credentials) -> None:
    line = line_to(credentials, knowing(OLD))
    assert line.leads_to("http://service.example/files/1")
    assert not line.leads_to("http://service.example.evil/files/1")
