"""Targets of what the doors read: bags, zips and seals handed to `verify`, headers, settings, credentials."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from catalog.errors import InvalidInput
from catalog.identity import AgencyId, StationId
from catalog.inventory import Inventory
from ingest import telemetry
from ingest.derived import checked
from ingest.errors import InvalidMetadata
from ingest.metadata import read_statement
from ingest.novatek import read_block
from ingest.task import Work
from integrity.bag import INFO, PAYLOAD_LIST, TAG_LIST, check_files, check_version
from integrity.clock import instant
from integrity.digest import Digest
from integrity.finding import Assurance, Finding
from integrity.inquiry import Inquiry
from integrity.opened import OpenedFile
from integrity.statement import Statement
from integrity.verify import verify_bundle, verify_file
from player.stream import Content, slice_of
from scripts.dock_state import Credentials, WrongCredentials
from scripts.settings import WrongSettings, load
from tests.fakes.clocks import FakeClock
from tests.fuzz import scratch
from tests.fuzz.explore import Differs, Target
from tests.integrity.zoo.exhibits import GOOD_SEAL, NOW, VIDEO, unpacked


class _Shelf:
    """A container in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self.sizes = {path: len(content) for path, content in files.items()}
        self.defects: list[Finding] = []

    def chunks(self, path: str) -> Iterator[bytes]:
        yield self._files[path]

    def close(self) -> None: ...


def _bag_list(content: bytes) -> None:
    inquiry = Inquiry()
    check_files(inquiry, _Shelf({TAG_LIST: content, PAYLOAD_LIST: content, "data/originals/a": b"a"}), {})
    _raise_first(inquiry)


def _bag_info(content: bytes) -> None:
    inquiry = Inquiry()
    check_version(inquiry, _Shelf({INFO: content, "bagit.txt": content}))
    _raise_first(inquiry)


class Found(Exception):
    """A finding, as a refusal: so that a new one is seen as a new way to go."""


def _raise_first(inquiry: Inquiry) -> None:
    for finding in inquiry.verdict(Assurance.SELF_ASSERTED).findings:
        raise Found(f"{finding.code} {finding.detail}")


def _zip(content: bytes) -> None:
    verdict = verify_bundle(scratch.as_file("bundle.zip", content), scratch.trust(), clock=FakeClock(NOW))
    if verdict.findings:
        raise Found(", ".join(f"{finding.code} {finding.detail}" for finding in verdict.findings[:2]))


@cache
def _seal() -> Path:
    return unpacked(GOOD_SEAL, scratch.folder() / "sealed")


def _sealed(content: bytes) -> None:
    """The first byte says which part of a good seal the rest is put in place of."""
    parts = sorted(path for path in (_seal() / "seal").rglob("*") if path.is_file())
    path = parts[(content[0] if content else 0) % len(parts)]
    good = path.read_bytes()
    try:
        path.write_bytes(content[1:])
        verdict = verify_file(_seal() / VIDEO, _seal() / "seal", scratch.trust(), clock=FakeClock(NOW))
    finally:
        path.write_bytes(good)
    if verdict.findings:
        raise Found(", ".join(f"{finding.code} {finding.detail}" for finding in verdict.findings[:2]))


def _metadata(content: bytes) -> None:
    statement = read_statement(content.decode("latin-1"), AgencyId("01agency"), StationId("01station"))
    encoded_statement = statement.encode()
    if Statement.parse(encoded_statement) != statement:
        raise Differs("a statement that is not itself when read again")


def _range(content: bytes) -> None:
    size = 1000
    lines = content.decode("latin-1").split("\n")
    headers = dict(zip(("range", "if-range", "if-match", "if-none-match"), lines, strict=False))
    part = slice_of(_content(size), headers)
    if not (0 <= part.start <= part.start + part.length <= size):
        raise Differs(f"{part} of {size} bytes")


def _content(size: int) -> Content:
    return Content(OpenedFile(-1, size), size, "video/mp4", Digest.of(b""))


def _settings(content: bytes) -> None:
    load(scratch.as_file("settings.toml", content), {})


def _inventory(content: bytes) -> None:
    for item in (inventory := Inventory.parse(content)).items:
        if item.ended_at and inventory.clock:
            instant(inventory.clock.corrected(item.ended_at))


def _telemetry(content: bytes) -> None:
    """Whatever is in a file, it is read to an answer that passes the service's own check."""
    facts = checked(telemetry.read(Work({}, scratch.as_file("original", content), scratch.folder())))
    if not facts:
        raise Found("nothing said")


def _novatek(content: bytes) -> None:
    """A place, if there is one, is on a map and of a time."""
    point = read_block(content)
    if point is None:
        raise Found("no place")
    at, latitude, longitude = point
    if abs(latitude) > 181 or abs(longitude) > 181 or (at is not None and not 2000 <= at.year < 2100):
        raise Differs("a place that nothing of the kind can be")


def _credentials(content: bytes) -> None:
    Credentials.read(scratch.as_file("credentials.json", content))


TARGETS = (
    Target("bag-list", _bag_list, (Found,)),
    Target("bag-info", _bag_info, (Found,)),
    Target("zip", _zip, (Found,)),
    Target("seal", _sealed, (Found,)),
    Target("metadata", _metadata, (InvalidMetadata,)),
    Target("range", _range),
    Target("settings", _settings, (WrongSettings,)),
    Target("inventory", _inventory, (InvalidInput,)),
    Target("telemetry", _telemetry, (Found,)),
    Target("novatek", _novatek, (Found,)),
    Target("credentials", _credentials, (WrongCredentials,)),
)
