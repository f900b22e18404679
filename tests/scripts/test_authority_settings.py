"""External authorities as they are set: tables or JSON, each named when it does not fit, secrets in files."""

import json
from pathlib import Path
from typing import Any

import pytest

from integrity.errors import InvalidTrust
from scripts.settings import WrongSettings, load
from tests.fakes import certificates

ROOT = certificates.root("of the settings")
ONE: dict[str, Any] = {"name": "tsa-1", "url": "https://tsa.example/tsp", "root": "root.pem"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    return tmp_path / "root.pem"


def test_tables_of_the_file(tmp_path: Path, root: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        f"""
tokens_wanted = 2
[[authorities]]
name = "tsa-1"
url = "https://tsa.example/tsp"
root = "{root}"
qualified = true
policies = ["1.2.3.4"]
[[authorities]]
name = "tsa-2"
url = "http://127.0.0.1:1/"
root = "{root}"
"""
    )
    first, second = load(tmp_path / "settings.toml", {}).authorities
    assert (first.name, first.qualified, first.policies) == ("tsa-1", True, ("1.2.3.4",))
    assert first.trusted.certificate == ROOT.certificate
    assert (second.name, second.qualified, second.policies) == ("tsa-2", False, ())


def test_json_in_the_environment(root: Path) -> None:
    value = json.dumps([{**ONE, "root": str(root)}])
    settings = load(environment={"TIEZHENG_AUTHORITIES": value, "TIEZHENG_EMBEDDED_AUTHORITY": "false"})
    assert [authority.name for authority in settings.authorities] == ["tsa-1"]
    assert not settings.embedded_authority


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"TIEZHENG_AUTHORITIES": "not json"}, "authorities"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([ONE, ONE])}, "two authorities of one name"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "name": "embedded"}])}, "embedded"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "name": "../x"}])}, "authorities.0.name"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "url": "file:///x"}])}, "authorities.0.url"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "password": "x"}])}, "authorities.0.password"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "username": "x"}])}, "password_file"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "client_key": "x"}])}, "client_certificate"),
        ({"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "revocations": ["ldap://x/y"]}])}, "addresses of HTTP"),
        ({"TIEZHENG_EMBEDDED_AUTHORITY": "false"}, "embedded_authority"),
        ({"TIEZHENG_TOKENS_WANTED": "2"}, "tokens_wanted"),
        (
            {
                "TIEZHENG_AUTHORITIES": json.dumps([ONE]),
                "TIEZHENG_TOKENS_WANTED": "2",
                "TIEZHENG_EMBEDDED_AUTHORITY": "false",
            },
            "tokens_wanted",
        ),
    ],
)
def test_what_does_not_fit_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(WrongSettings, match=named):
        load(environment=environment)


def test_a_root_that_is_none(tmp_path: Path) -> None:
    setting = load(environment={"TIEZHENG_AUTHORITIES": json.dumps([{**ONE, "root": str(tmp_path / "no.pem")}])})
    with pytest.raises(InvalidTrust, match="tsa-1"):
        setting.authorities[0].trusted  # noqa: B018  read when asked for
    (tmp_path / "no.pem").write_bytes(ROOT.pem * 2)
    with pytest.raises(InvalidTrust, match="tsa-1"):
        setting.authorities[0].trusted  # noqa: B018  read when asked for


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    one = {**ONE, "username": "us", "password_file": str(tmp_path / "password")}
    setting = load(environment={"TIEZHENG_AUTHORITIES": json.dumps([one])}).authorities[0]
    assert setting.credentials == ("us", "secret")
    assert "secret" not in repr(setting)
    (tmp_path / "password").unlink()
    with pytest.raises(InvalidTrust, match="password_file"):
        setting.credentials  # noqa: B018  read when asked for
