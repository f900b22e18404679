"""Where viewing copies lie, by the settings, and what is said of it at the start."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from catalog.renditions_files import FileRenditions
from catalog.renditions_s3 import S3Renditions
from integrity.s3 import Place
from scripts.assemble_renditions import open_renditions, tried
from scripts.settings import Settings, WrongSettings, load
from tests.contracts.rendition_store import RECORDING, kept
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.servers.seaweed import secret_of

pytestmark = pytest.mark.xdist_group("s3")


def settings_of(place: Place, folder: Path, **further: str) -> Settings:
    key = folder / "key.json"
    key.touch(0o600)
    key.write_text(json.dumps({"access_key": "ingest", "secret_key": secret_of("ingest")}))
    named = {"ENDPOINT": place.endpoint or "", "BUCKET": place.bucket, "PREFIX": place.prefix,
             "CREDENTIALS": str(key)} | further  # fmt: skip
    return load(environment={f"TIEZHENG_RENDITIONS_S3_{name}": value for name, value in named.items()})


def test_in_a_folder_unless_told_otherwise(tmp_path: Path) -> None:
    store = open_renditions(tmp_path, Settings(), "one")
    assert isinstance(store, FileRenditions)
    place = kept(store)
    assert (tmp_path / "renditions" / RECORDING / place / "media.mp4").is_file()
    assert list(tried(Settings(), store)) == []


def test_in_a_bucket_and_made_in_the_data_folder(s3_place: Place, tmp_path: Path) -> None:
    settings = settings_of(s3_place, tmp_path)
    with closing(open_renditions(tmp_path, settings, "one")) as store:
        assert isinstance(store, S3Renditions)
        assert store.begin(RECORDING).is_relative_to(tmp_path / "renditions" / ".work")
        place = kept(store)
        with closing(open_renditions(tmp_path / "elsewhere", settings, "two")) as other:
            assert dict(other.lying()) == {RECORDING: {place}}
        assert list(tried(settings, store)) == [f"viewing copies: bucket {s3_place.bucket}: put, read and removed"]
        assert dict(store.lying()) == {RECORDING: {place}}, "and nothing of it stays"


def test_a_bucket_that_does_not_work_is_told_of_and_stops_nobody(s3_place: Place, tmp_path: Path) -> None:
    settings = settings_of(s3_place, tmp_path, BUCKET="nowhere")
    with closing(open_renditions(tmp_path, settings, "one")) as store:
        [line] = tried(settings, store)
    assert line.startswith("viewing copies: bucket nowhere does not work: the store of viewing copies: ")


def test_what_is_missing_is_named(s3_place: Place, tmp_path: Path) -> None:
    settings = settings_of(s3_place, tmp_path).model_copy(update={"renditions_s3_credentials": None})
    with pytest.raises(WrongSettings, match="TIEZHENG_RENDITIONS_S3_CREDENTIALS"):
        open_renditions(tmp_path, settings)
