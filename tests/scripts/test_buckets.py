"""Buckets by the settings: what is missing or does not fit is named, and no key that others can read is used."""

from pathlib import Path

import pytest

from scripts.buckets import Buckets
from scripts.settings import Settings, WrongSettings, load


def settings(path: Path, **further: str) -> Settings:
    named = {"BUCKET": "evidence", "CREDENTIALS": str(path), "ENDPOINT": "http://127.0.0.1:1"} | further
    return load(environment={f"TIEZHENG_LOG_S3_{name}": value for name, value in named.items()})


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.touch(0o600)
    path.write_text('{"access_key": "a", "secret_key": "b"}')
    return path


def test_a_bucket_is_reached_as_the_settings_say(credentials: Path) -> None:
    bucket = Buckets(settings(credentials, PREFIX="a/"), "log_").reach()
    place = bucket.place
    assert (place.bucket, place.endpoint, place.region, place.prefix) == (
        "evidence", "http://127.0.0.1:1", "us-east-1", "a/",
    )  # fmt: skip
    bucket.close()


def test_another_credential_is_none_where_it_is_not_set(credentials: Path) -> None:
    found = load(environment={"TIEZHENG_S3_BUCKET": "evidence", "TIEZHENG_S3_CREDENTIALS": str(credentials)})
    assert Buckets(found, "").reach_as("hold_credentials") is None


@pytest.mark.parametrize("lacking", ["bucket", "credentials"])
def test_what_is_missing_is_named(credentials: Path, lacking: str) -> None:
    with pytest.raises(WrongSettings, match=f"TIEZHENG_LOG_S3_{lacking.upper()}"):
        Buckets(settings(credentials).model_copy(update={f"log_s3_{lacking}": None}), "log_")


def test_an_address_that_is_none_is_named(credentials: Path) -> None:
    with pytest.raises(WrongSettings, match="TIEZHENG_LOG_S3_ENDPOINT"):
        Buckets(settings(credentials, ENDPOINT="nowhere"), "log_").reach()


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(credentials: Path, mode: int) -> None:
    credentials.chmod(mode)
    with pytest.raises(WrongSettings, match=r"log_s3_credentials.*0600"):
        Buckets(settings(credentials), "log_").reach()


@pytest.mark.parametrize("content", ["", "[]", '{"access_key": "a"}', "\xff"])
def test_a_file_without_a_key_is_refused(credentials: Path, content: str) -> None:
    credentials.write_text(content, encoding="latin-1")
    with pytest.raises(WrongSettings, match="log_s3_credentials"):
        Buckets(settings(credentials), "log_").reach()
    credentials.unlink()
    with pytest.raises(WrongSettings, match="log_s3_credentials"):
        Buckets(settings(credentials), "log_").reach()
