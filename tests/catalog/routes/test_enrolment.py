"""A station's own doors over HTTP: codes, tokens that change, stations that are shut out, and bodies that mean harm."""

import base64
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.entry import SYSTEM
from catalog.routes.bodies import LIMIT
from catalog.routes.enrolment import router
from catalog.stations import CODE_LASTS, FORMER_LASTS
from integrity.enrolment import prove_key, token_request
from integrity.note import Signer
from tests.catalog.door import Door
from tests.fakes.signers import KEY, OTHER

MINE, OTHERS = Signer("station", KEY), Signer("station", OTHER._key)


class Doors:
    """The doors, an invited station, and its code's secret."""

    def __init__(self, door: Door) -> None:
        door.app.include_router(router)
        self.house = door.house
        self.client = TestClient(door.app)
        self.station, self.secret = self.house.stations.invite(SYSTEM, self.house.agency.id, "采集站 1")

    def redeem(self, secret: str | None = None, signer: Signer = MINE, fields: dict[str, Any] | None = None) -> Any:
        secret = self.secret if secret is None else secret
        body = {
            "secret": secret,
            "key": base64.b64encode(signer.verifier.public_key).decode(),
            "proof": base64.b64encode(prove_key(secret, signer)).decode(),
        }
        return self.client.post("/stations/enrolment", json=body | (fields or {}))

    def enrolled(self) -> str:
        """The token of the station, once it has redeemed its code."""
        answer = self.redeem()
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def self(self, token: str) -> Any:
        return self.client.get("/stations/self", headers={"authorization": f"Bearer {token}"})

    def rotate(self, token: str, signed: bytes | None = None, key: Signer = MINE) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        if signed is not None:
            headers["tiezheng-signature"] = base64.b64encode(key.sign(signed).raw).decode()
        return self.client.post("/stations/token", headers=headers)


@pytest.fixture
def doors(door: Door) -> Doors:
    return Doors(door)


def test_a_code_makes_a_station(doors: Doors) -> None:
    answer = doors.redeem()
    assert answer.status_code == 201
    told = answer.json()
    assert told == {
        "station": doors.station.id, "name": "采集站 1", "agency": doors.house.agency.id, "token": told["token"],
        "trust": "{}",
    }  # fmt: skip
    who = doors.self(told["token"])
    assert who.json() == {
        "station": doors.station.id, "name": "采集站 1", "agency": doors.house.agency.id,
        "key": Signer(doors.station.id, KEY).vkey,
    }  # fmt: skip
    assert doors.secret not in who.text + answer.text


def test_a_code_is_used_once_but_for_an_answer_that_was_lost(doors: Doors) -> None:
    lost = doors.enrolled()
    again = doors.redeem()
    assert again.status_code == 201
    assert doors.self(lost).status_code == 401
    stolen = doors.redeem(signer=OTHERS)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "sign-in-required")
    assert doors.self(again.json()["token"]).status_code == 200, "who tries a used code ends nothing"


def test_wrong_and_expired_codes_are_refused_alike_and_counted(doors: Doors) -> None:
    answers = [doors.redeem("0" * 20), doors.redeem(doors.secret.lower()), doors.redeem("")]
    answers.append(doors.redeem(fields={"proof": base64.b64encode(prove_key("1" * 20, MINE)).decode()}))
    doors.house.clock.advance(CODE_LASTS.total_seconds() + 1)
    answers.append(doors.redeem())
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["code"] for answer in answers} == {"sign-in-required"}
    assert answers[0].json()["detail"] == answers[-1].json()["detail"], "a wrong code tells nothing of a right one"
    doors.house.ledger.flush(everything=True)
    counted = [one["details"] for one in doors.house.entries() if one["actor"]["kind"] == "stranger"]
    assert sum(one["doors"]["stations"] for one in counted) == len(answers)


def test_a_newer_code_ends_the_one_before(doors: Doors) -> None:
    newer = doors.house.stations.invite_again(SYSTEM, doors.station.id)
    assert doors.redeem().status_code == 401
    assert doors.redeem(newer).status_code == 201


def test_a_station_that_is_shut_out_enrols_and_asks_for_nothing(doors: Doors) -> None:
    token = doors.enrolled()
    code = doors.house.stations.invite_again(SYSTEM, doors.station.id)
    doors.house.stations.revoke(SYSTEM, doors.station.id)
    assert doors.self(token).status_code == 401
    assert doors.rotate(token, token_request(token)).status_code == 401
    assert doors.redeem(code).status_code == 401


def test_a_key_is_one_stations(doors: Doors) -> None:
    """The same pair under another station is another verifier key; under the same one again it is refused."""
    doors.enrolled()
    other, secret = doors.house.stations.invite(SYSTEM, doors.house.agency.id, "采集站 2")
    assert doors.redeem(secret).json()["station"] == other.id
    doors.redeem(doors.house.stations.invite_again(SYSTEM, doors.station.id), OTHERS)
    back = doors.redeem(doors.house.stations.invite_again(SYSTEM, doors.station.id))
    assert (back.status_code, back.json()["code"]) == (409, "conflict")


def test_a_token_changes_without_a_gap(doors: Doors) -> None:
    token = doors.enrolled()
    answer = doors.rotate(token, token_request(token))
    assert answer.status_code == 201
    following = answer.json()["token"]
    assert doors.self(token).status_code == 200, "the next one was not used yet"
    assert doors.self(following).status_code == 200
    assert doors.self(token).status_code == 200, "for an hour"
    assert doors.rotate(token, token_request(token)).status_code == 401, "but it changes nothing any more"
    doors.house.clock.advance(FORMER_LASTS.total_seconds())
    assert doors.self(token).status_code == 401
    assert doors.self(following).status_code == 200


def test_the_next_token_is_asked_for_by_the_station_only(doors: Doors) -> None:
    token = doors.enrolled()
    refused = [
        doors.rotate(token),
        doors.rotate(token, token_request(token), OTHERS),
        doors.rotate(token, token_request("0" * 64)),
        doors.rotate(token, token.encode()),
    ]
    assert [(one.status_code, one.json()["field"]) for one in refused] == [(422, "tiezheng-signature")] * 4
    assert doors.house.entries("station-token") == []
    _, plain = doors.house.stations.enrol(SYSTEM, doors.house.agency.id, "采集站 2")
    assert doors.rotate(plain).status_code == 201
    assert doors.rotate(plain, token_request(plain)).status_code == 422, "a signature nobody can check"
    assert doors.rotate("0" * 64).status_code == 401


def test_a_stations_token_is_nobody_elses(doors: Doors) -> None:
    """Of two agencies: each token is its station's, and signing for one is not signing for the other."""
    token = doors.enrolled()
    away = doors.house.agencies.add(SYSTEM, "away", "外局")
    foreign, secret = doors.house.stations.invite(SYSTEM, away.id, "采集站 1")
    theirs = doors.redeem(secret, OTHERS).json()["token"]
    assert doors.self(theirs).json()["agency"] == away.id
    assert doors.rotate(theirs, token_request(theirs), MINE).status_code == 422
    doors.house.stations.revoke(SYSTEM, foreign.id)
    assert (doors.self(theirs).status_code, doors.self(token).status_code) == (401, 200)


@pytest.mark.parametrize(("method", "path"), [("GET", "/stations/self"), ("POST", "/stations/token")])
def test_who_has_no_token_is_a_stranger_whatever_the_body(doors: Doors, method: str, path: str) -> None:
    for header in (b"", b"Bearer", b"Bearer ", b"Basic 0", b"Bearer " + b"0" * 63, b"Bearer " + b"\xc9" * 64):
        answer = doors.client.request(method, path, headers={b"authorization": header}, content=b"{" * 100)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-required")


def test_a_field_that_does_not_fit_is_named(doors: Doors) -> None:
    short, long = (base64.b64encode(b"k" * length).decode() for length in (31, 65))
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"key": "?"}, "key"), ({"key": ""}, "key"), ({"key": short}, "key"), ({"key": 7}, "key"),
        ({"proof": long}, "proof"), ({"proof": None}, "proof"), ({"secret": None}, "secret"),
        ({"secret": ["0" * 20]}, "secret"), ({"name": "采集站 9"}, "name"),
    )  # fmt: skip
    for fields, field in wrong:
        answer = doors.redeem(fields=fields)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "input-invalid", field)
    assert doors.redeem().status_code == 201, "the code was not spent on it"


HOSTILE = (
    b"", b"[]", b"null", b"{", b"\xff", b"{}", b'{"secret":"\\ud800","key":"","proof":""}', b"[" * 100_000,
    json.dumps({"secret": "0" * LIMIT, "key": "", "proof": ""}).encode(),
    b'{"secret":"' + "０".encode() * 20 + b'","key":"","proof":""}',
)  # fmt: skip


def test_hostile_bodies(doors: Doors) -> None:
    for body in HOSTILE:
        answer = doors.client.post("/stations/enrolment", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (401, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert doors.house.entries("station-key") == []


def test_a_form_is_no_enrolment(doors: Doors) -> None:
    answer = doors.client.post("/stations/enrolment", data={"secret": doors.secret})
    assert answer.json()["field"] == "body"


def test_openapi_tells_of_the_doors(doors: Doors) -> None:
    paths = doors.client.get("/openapi.json").json()["paths"]
    assert {"/stations/enrolment", "/stations/self", "/stations/token"} <= set(paths)
