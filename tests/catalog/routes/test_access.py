"""Sessions, people, stations, agencies and posts over HTTP."""

from catalog.permissions import Role
from tests.catalog.door import Door


def test_signing_in_and_out(door: Door) -> None:
    caller = door.person("officer", Role.OFFICER)
    me = caller.get("/session")
    assert (me["login"], me["roles"], me["csrf"]) == ("officer", [[door.house.agency.id, "officer"]], caller.csrf)
    assert caller.ask("DELETE", "/session").status_code == 204
    assert caller.ask("GET", "/session").status_code == 401


def test_wrong_credentials_and_the_lock(door: Door) -> None:
    door.house.person("officer")
    codes = [
        door.stranger().ask("POST", "/session", {"login": "officer", "password": "x"}).json()["code"] for _ in range(6)
    ]
    assert codes == ["credentials-wrong"] * 5 + ["too-many-attempts"]
    assert door.stranger().ask("POST", "/session", {"login": "officer"}).json()["field"] == "password"


def test_an_administrators_day(door: Door) -> None:
    admin, agency = door.person("admin", Role.ADMINISTRATOR), door.house.agency.id
    new = admin.make("/people", {"login": "li", "name": "李四", "agency": agency, "roles": ["officer"]})
    assert door.caller("li", new["secret"]).get("/session")["password_once"]
    role = admin.make(f"/people/{new['id']}/roles", {"agency": agency, "role": "reviewer"})
    listed = {person["login"]: person for person in admin.get("/people")}
    assert {held["role"] for held in listed["li"]["roles"]} == {"officer", "reviewer"}
    assert "password_hash" not in str(listed)
    assert admin.ask("DELETE", f"/roles/{role['id']}").status_code == 204
    again = admin.ask("POST", f"/people/{new['id']}/password").json()
    assert again["secret"] != new["secret"]
    assert admin.ask("DELETE", f"/people/{new['id']}").status_code == 204
    station = admin.make("/stations", {"agency": agency, "name": "采集站 1"})
    assert door.house.stations.authenticate(station["secret"]).id == station["id"]
    assert admin.ask("DELETE", f"/stations/{station['id']}").status_code == 204
    assert admin.get("/stations")[0]["revoked_at"]
    assert station["secret"] not in str(admin.get("/stations"))


def test_agencies_and_posts(door: Door) -> None:
    admin, agency = door.person("admin", Role.ADMINISTRATOR), door.house.agency.id
    below = admin.make("/agencies", {"code": "below", "name": "分局", "superior": agency})
    related = admin.ask("PUT", f"/agencies/{below['id']}/relations", {"superior": agency, "supervisor": None})
    assert related.json()["superior_id"] == agency
    assert {each["code"] for each in admin.get("/agencies")} == {"main", "below"}
    post = admin.make("/posts", {"agency": agency, "name": "法制科长"})["id"]
    chief = door.house.person("chief").person_id
    holding = admin.make(f"/posts/{post}/holders", {"person": chief})["id"]
    admin.make(f"/posts/{post}/routes", {"relation": "own", "action": "copy", "recipient_kind": "any"})
    assert admin.get("/posts")[0]["holders"] == [[holding, chief, "Chief"]]
    assert admin.ask("DELETE", f"/holders/{holding}").status_code == 204
    assert admin.get("/posts")[0]["holders"] == []


def test_an_officer_administers_nothing(door: Door) -> None:
    officer, agency = door.person("officer", Role.OFFICER), door.house.agency.id
    tries = [
        officer.ask("GET", "/people"), officer.ask("GET", "/stations"), officer.ask("GET", "/posts"),
        officer.ask("POST", "/people", {"login": "li", "name": "Li", "agency": agency}),
        officer.ask("POST", "/stations", {"agency": agency, "name": "x"}),
        officer.ask("POST", "/agencies", {"code": "x", "name": "x", "superior": agency}),
        officer.ask("POST", "/posts", {"agency": agency, "name": "x"}),
    ]  # fmt: skip
    assert {(answer.status_code, answer.json()["code"]) for answer in tries} == {(403, "not-permitted")}


def test_an_unknown_role(door: Door) -> None:
    admin = door.person("admin", Role.ADMINISTRATOR)
    wrong = {"login": "li", "name": "Li", "agency": door.house.agency.id, "roles": ["king"]}
    assert admin.ask("POST", "/people", wrong).json()["field"] == "role"
