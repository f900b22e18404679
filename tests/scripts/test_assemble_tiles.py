"""An installation whose log lies in a real S3: sealed, audited, moved there, set back and recovered."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.entry import SYSTEM, Entry, Subject
from integrity.custody import CustodyEntry
from integrity.errors import LogCorrupt
from integrity.s3 import Bucket, Credentials, Place
from integrity.tiles_files import FileTiles
from integrity.tlog_proof import TlogProof
from scripts.admin import command
from scripts.application import log_file
from scripts.assemble import House, open_house
from scripts.assemble_tiles import open_places
from scripts.audit import run
from scripts.key_change import change_key
from scripts.known import LogSetBack
from scripts.log_records import read_records
from scripts.settings import WrongSettings, load
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.immutable import clear_immutable
from tests.scripts.installation import Making, copied
from tests.servers.seaweed import Seaweed, secret_of

pytestmark = pytest.mark.xdist_group("s3")


@dataclass
class Installation:
    """A data folder with a settings file that leads its log into a bucket."""

    data: Path
    file: Path
    bucket: Bucket

    def house(self) -> House:
        return open_house(self.data, load(self.file, environment={}))

    def work(self, name: str) -> None:
        """A recording docked and receipted, and every entry's leaf."""
        making = Making(self.data, self.file, f"采集站 {name}")
        making.upload(name.encode() * 50, making.footage(f"{name}.mp4"))
        while making.house.sequencer.drain():
            pass
        making.house.close()

    def codes(self) -> list[str]:
        """What the audit finds."""
        return [finding.code for finding in run(self.data, self.file).findings]

    def lying(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        prefix = self.bucket.place.prefix
        keys = list(self.bucket.keys(prefix))
        return {key.removeprefix(prefix): self.bucket.newest(key, 1 << 24) or b"" for key in keys}

    def put_back(self, content: dict[str, bytes]) -> None:
        """What an operator does who restores the bucket as it was."""
        prefix = self.bucket.place.prefix
        for name in set(self.lying()) - set(content):
            self.bucket.delete(prefix + name)
        for name, body in content.items():
            self.bucket.replace(prefix + name, body)


@pytest.fixture
def place(seaweed: Seaweed, s3_place: Place, tmp_path: Path) -> Iterator[Installation]:
    """No installation yet."""
    key = tmp_path / "log-key.json"
    key.touch(0o600)
    key.write_text(json.dumps({"access_key": "ingest", "secret_key": secret_of("ingest")}))
    chosen = {"log_s3_endpoint": seaweed.url, "log_s3_bucket": s3_place.bucket, "log_s3_prefix": s3_place.prefix,
              "log_s3_credentials": str(key)}  # fmt: skip
    file = tmp_path / "settings.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()))
    bucket = Bucket(s3_place, Credentials("ingest", secret_of("ingest")))
    yield Installation(tmp_path / "data", file, bucket)
    bucket.close()
    clear_immutable(tmp_path)


@pytest.fixture
def there(place: Installation) -> Installation:
    """One with some leaves."""
    place.data.mkdir()
    place.work("first")
    return place


def test_without_settings_a_log_lies_in_its_folder(tmp_path: Path, installed: Path) -> None:
    places = open_places(installed, load(environment={}))
    [record] = read_records(installed)
    assert isinstance(places.of(record), FileTiles)
    places.close()
    with pytest.raises(WrongSettings, match="TIEZHENG_LOG_S3_CREDENTIALS"):
        open_places(tmp_path, load(environment={"TIEZHENG_LOG_S3_BUCKET": "evidence"}))


def test_everything_of_the_log_but_its_head_is_in_the_bucket(there: Installation) -> None:
    assert {path.name for path in (there.data / "log").iterdir()} == {"head", "lock"}
    lying = there.lying()
    assert lying["log/checkpoint"] == (there.data / "log" / "head").read_bytes()
    tile = max(name for name in lying if name.startswith("log/tile/0/"))
    house = there.house()
    assert log_file(house, tile.removeprefix("log/")) == lying[tile]
    assert log_file(house, "tile/0/077") is log_file(house, "staging") is log_file(house, "succession.json") is None
    house.close()
    assert there.codes() == []


def test_the_audit_reads_the_bucket(there: Installation) -> None:
    clean = there.lying()
    tile = max(name for name in clean if name.startswith("log/tile/entries/"))
    flipped = bytes([clean[tile][0]]) + bytes([clean[tile][1], clean[tile][2] ^ 1]) + clean[tile][3:]
    for content, code in (
        (clean | {tile: flipped}, "log-entry-differs"),
        ({name: body for name, body in clean.items() if name != tile}, "log-tile-missing"),
        (clean | {"log/tile/0/999": bytes(8192)}, "log-tile-unexpected"),
        ({name: body for name, body in clean.items() if name != "log/checkpoint"}, "log-checkpoint-missing"),
    ):
        there.put_back(content)
        assert code in there.codes()
    there.put_back(clean)
    assert there.codes() == []


def test_a_log_moves_into_the_bucket_as_files(place: Installation, installed: Path) -> None:
    """By `aws s3 sync`, as README says; before that nothing goes on, and nothing is begun anew."""
    copied(installed, place.data)
    house = place.house()
    with pytest.raises(LogCorrupt, match="missing"), house.log.exclusive():
        pass
    house.close()
    assert place.lying() == {}, "no second beginning"
    folder = place.data / "log"
    files = [path for path in (*folder.glob("checkpoint"), *(folder / "tile").rglob("*")) if path.is_file()]
    place.put_back({f"log/{path.relative_to(folder)}": path.read_bytes() for path in files})
    for path in files:
        path.unlink()
    place.work("moved")
    assert place.codes() == []


def test_a_changed_key_is_published_there(there: Installation) -> None:
    house = there.house()
    with house.sequencing():
        change_key(house, SYSTEM)
    house.close()
    assert there.lying()["log/checkpoint"] == (there.data / "log" / "head").read_bytes()
    there.work("after")
    assert there.codes() == []


def set_back(there: Installation, name: str = "lost") -> bytes:
    """An hour's work, then the data folder as it was before; the last checkpoint of that hour."""
    shutil.copytree(there.data, there.data.with_name("backup"))
    there.work(name)
    known = there.lying()[f"{read_records(there.data)[-1].folder}/checkpoint"]
    clear_immutable(there.data)
    shutil.rmtree(there.data)
    shutil.move(there.data.with_name("backup"), there.data)
    return known


def recover(there: Installation, known: bytes) -> None:
    """By the command, as an operator would."""
    outside = there.data.with_name("checkpoint")
    outside.write_bytes(known)
    arguments = ["--data", str(there.data), "--settings", str(there.file), "--known", str(outside)]
    done = CliRunner().invoke(command, ["recover-log", *arguments])
    assert done.exit_code == 0, done.output + repr(done.exception)


def test_set_back_with_its_bucket_it_does_not_go_on_and_recovered_it_does(there: Installation) -> None:
    """The restore drill, with data folder and bucket of one moment."""
    backup = there.lying()
    known = set_back(there)
    there.put_back(backup)
    (there.data.with_name("known")).write_bytes(known)
    told = load(there.file, environment={"TIEZHENG_KNOWN_CHECKPOINTS": str(there.data.with_name("known"))})
    house = open_house(there.data, told)
    with pytest.raises(LogSetBack, match="log-set-back"), house.sequencing():
        pass
    end = house.log.head()
    house.close()
    recover(there, known)
    there.work("after")
    house = there.house()
    with house.sequencing():
        house.ledger.record(Entry("sign-in", SYSTEM, Subject("service", "test"), "done"))
    line = CustodyEntry.parse(log_file(house, "succession.json") or b"")
    TlogProof.from_bytes(line.tlog_proof).verify(line.commitment, [house.log.verifier], house.log.origin)
    assert log_file(house, "ended/1/checkpoint") == end.note
    assert log_file(house, "ended/1/succession.json") is None
    house.close()
    assert there.lying()["log-2/succession.json"] == line.encode()
    assert {path.name for path in (there.data / "log-2").iterdir()} == {"head", "lock"}
    assert there.codes() == []


def test_set_back_under_its_bucket_it_is_recovered_too_and_what_was_lost_stays(there: Installation) -> None:
    """A bucket is seldom set back: what it has published tells by itself that the folder was."""
    known, full = set_back(there), there.lying()
    house = there.house()
    end, ahead = house.log.head(), house.log.ahead
    assert ahead is not None
    assert ahead.note == known
    with pytest.raises(LogSetBack, match="the published checkpoint"), house.sequencing():
        pass
    with pytest.raises(LogCorrupt, match="does not follow"), house.log.exclusive():
        pass
    house.close()
    assert "log-checkpoint-ahead" in there.codes()
    assert there.lying() == full, "nothing was repaired"
    recover(there, known)
    there.work("after")
    assert there.codes() == []
    house = there.house()
    assert (house.logs.ended[0].log.head(), house.log.ahead) == (end, None)
    assert log_file(house, "ended/1/checkpoint") == known
    house.close()
    kept = there.lying()
    assert {name: kept[name] for name in full} == full

    tile = max(name for name in full if name.startswith("log/tile/entries/"))
    there.put_back(kept | {tile: full[tile][:-1] + bytes([full[tile][-1] ^ 1])})
    assert "log-entry-differs" in there.codes(), "of what was lost too every byte is read"
    there.put_back(kept | {"log/tile/0/999": bytes(8192)})
    assert "log-tile-unexpected" in there.codes()


def test_a_succession_that_was_set_back_itself_is_not_begun_over(there: Installation) -> None:
    """The bucket has a second log, of which the folder knows nothing any more."""
    known = set_back(there)
    shutil.copytree(there.data, there.data.with_name("older"))
    recover(there, known)
    there.work("second")
    second = {name: body for name, body in there.lying().items() if name.startswith("log-2/")}
    clear_immutable(there.data)
    shutil.rmtree(there.data)
    shutil.move(there.data.with_name("older"), there.data)
    recover(there, known)
    assert [record.folder for record in read_records(there.data)] == ["log", "log-3"]
    there.work("third")
    lying = there.lying()
    assert {name: lying[name] for name in second} == second
    assert there.codes() == []
