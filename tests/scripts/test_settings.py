"""Settings: the file, the environment over it, and every wrong one named."""

import json
from pathlib import Path

import pytest

from scripts.settings import Settings, WrongSettings, load
from tests.fakes.signers import SECOND_WITNESS, SIGNER, WITNESS


def test_defaults_need_nothing() -> None:
    assert load(environment={}) == Settings()


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('agency_name = "某市城市管理局"\nview_minutes = 10\n', encoding="utf-8")
    found = load(file, {"TIEZHENG_VIEW_MINUTES": "20", "PATH": "/bin", "TIEZHENG_TEST_SEED": "1"})
    assert (found.agency_name, found.view_minutes) == ("某市城市管理局", 20)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"TIEZHENG_VIEW_MINUTE": "10"}, "TIEZHENG_VIEW_MINUTE"),
        ({"TIEZHENG_VIEW_MINUTES": "soon"}, "TIEZHENG_VIEW_MINUTES"),
        ({"TIEZHENG_VIEW_MINUTES": "0"}, "TIEZHENG_VIEW_MINUTES"),
        ({"TIEZHENG_LANGUAGE": "fr"}, "TIEZHENG_LANGUAGE"),
        ({"TIEZHENG_AGENCY_NAME": ""}, "TIEZHENG_AGENCY_NAME"),
        ({"TIEZHENG_WITNESSES": "http://w.example"}, "TIEZHENG_WITNESSES"),
        ({"TIEZHENG_WITNESSES": f"w.example {WITNESS.key.vkey}"}, "TIEZHENG_WITNESSES"),
        ({"TIEZHENG_WITNESSES": f"ftp://w.example {WITNESS.key.vkey}"}, "TIEZHENG_WITNESSES"),
        ({"TIEZHENG_WITNESSES": f"http://w.example {SIGNER.vkey}"}, "TIEZHENG_WITNESSES"),
        ({"TIEZHENG_WITNESSES": f"http://a {WITNESS.key.vkey} http://b {WITNESS.key.vkey}"}, "TIEZHENG_WITNESSES"),
        ({"TIEZHENG_WITNESS_QUORUM": "1"}, "TIEZHENG_WITNESS_QUORUM"),
        ({"TIEZHENG_NAME_PATTERNS": "(?P<time>.*)"}, "TIEZHENG_NAME_PATTERNS"),
        ({"TIEZHENG_NAME_PATTERNS": '["(("]'}, "TIEZHENG_NAME_PATTERNS"),
        ({"TIEZHENG_NAME_PATTERNS": '["no time"]'}, "TIEZHENG_NAME_PATTERNS"),
        ({"TIEZHENG_NAME_PATTERNS": '{"maker": "no time"}'}, "TIEZHENG_NAME_PATTERNS"),
        ({"TIEZHENG_NAME_PATTERNS": '{"maker": 5}'}, "TIEZHENG_NAME_PATTERNS"),
        ({"TIEZHENG_NAME_PATTERNS": "5"}, "TIEZHENG_NAME_PATTERNS"),
        (
            {"TIEZHENG_WITNESSES": f"http://w {WITNESS.key.vkey}", "TIEZHENG_WITNESS_QUORUM": "2"},
            "TIEZHENG_WITNESS_QUORUM",
        ),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(WrongSettings, match=named):
        load(environment=environment)


@pytest.mark.parametrize("content", [b"view_minutes = ", b"\xff\xfe", b"[section]\nview_minutes = 1\n"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(WrongSettings):
        load(file, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize(("url", "tls"), [(None, False), ("http://a.example", False), ("https://a.example", True)])
def test_cookies_are_secure_where_people_come_by_tls(url: str | None, tls: bool) -> None:
    assert Settings(public_url=url).tls is tls


def test_witnesses_are_addresses_with_keys() -> None:
    text = f"https://w1.example/prefix/ {WITNESS.key.vkey}\n http://127.0.0.1:8090 {SECOND_WITNESS.key.vkey} "
    found = load(environment={"TIEZHENG_WITNESSES": text, "TIEZHENG_WITNESS_QUORUM": "2"}).witness_addresses
    assert [(one.url, one.key) for one in found] == [
        ("https://w1.example/prefix", WITNESS.key),
        ("http://127.0.0.1:8090", SECOND_WITNESS.key),
    ]
    assert Settings().witness_addresses == ()


def test_patterns_of_names_come_from_a_file_and_from_the_environment(tmp_path: Path) -> None:
    pattern = r"K(?P<device>\d+)T(?P<time>\d{14})\.mp4"
    for number, text in enumerate((f"name_patterns = ['{pattern}']\n", f"[name_patterns]\nmaker = '{pattern}'\n")):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        assert load(file, {}).name_patterns == (pattern,)
    for told in ([pattern], {"maker": pattern}):
        assert load(environment={"TIEZHENG_NAME_PATTERNS": json.dumps(told)}).name_patterns == (pattern,)
