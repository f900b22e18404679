"""Zips that are being verified: good ones by several programs, and each way in which a zip can show two faces."""

import io
import os
import shutil
import stat
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrity import container_zip
from integrity.container import content_of, digest_of
from integrity.container_zip import Zip
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.trust import Trust
from integrity.verify import verify_bundle
from tests.integrity.zoo import zips
from tests.integrity.zoo.zips import hidden, overlapping, patched

FILES = {"bag/bagit.txt": b"BagIt", "bag/data/询问 01.mp4": b"video" * 1000}


def zipped(files: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> bytes:
    return zips.zipped(files or FILES, compression)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], Zip]]:
    """Open bytes as a zip; closed when the test ends."""
    held: list[Zip] = []

    def open_zip(content: bytes) -> Zip:
        (tmp_path / "bundle.zip").write_bytes(content)
        held.append(Zip(tmp_path / "bundle.zip"))
        return held[-1]

    yield open_zip
    for found in held:
        found.close()


def read(found: Zip) -> dict[str, bytes]:
    content = {path: content_of(found, path, 1 << 20) for path in found.sizes}
    found.close()
    return content


GOOD = {"bagit.txt": b"BagIt", "data/询问 01.mp4": b"video" * 1000}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_good_ones(opened: Callable[[bytes], Zip], compression: int) -> None:
    found = opened(zipped(compression=compression))
    assert found.defects == []
    assert digest_of(found, "bagit.txt") == Digest.of(b"BagIt")
    assert read(found) == GOOD


def test_one_written_without_seeking_and_one_with_64_bits(opened: Callable[[bytes], Zip]) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in FILES.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
                file.write(content)
    assert read(opened(made.getvalue())) == GOOD
    sized = io.BytesIO()
    with (
        zipfile.ZipFile(sized, "w") as archive,
        archive.open(zipfile.ZipInfo("bag/bagit.txt"), "w", force_zip64=True) as file,
    ):
        file.write(b"BagIt")
    assert read(opened(sized.getvalue())) == {"bagit.txt": b"BagIt"}


@pytest.mark.skipif(shutil.which("zip") is None, reason="Info-ZIP's zip is not installed")
def test_one_of_info_zip(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    subprocess.run(["zip", "-q", "-r", "bundle.zip", "bag"], cwd=tmp_path, check=True)
    found = Zip(tmp_path / "bundle.zip")
    assert found.defects == []
    assert read(found) == GOOD


def entry(name: str, content: bytes = b"x", mode: int = 0, flags: int = 0) -> Callable[[zipfile.ZipFile], None]:
    def add(archive: zipfile.ZipFile) -> None:
        made = zipfile.ZipInfo("x" * len(name.encode("utf-8", "surrogateescape")))
        made.filename = name
        made.external_attr = mode << 16
        made.flag_bits = flags
        archive.writestr(made, content)

    return add


@pytest.mark.parametrize(
    ("name", "mode", "code"),
    [
        ("bag/../../etc/passwd", 0, "name-unsafe"),
        ("bag//etc/passwd", 0, "name-unsafe"),
        ("bag/a\\b", 0, "name-unsafe"),
        ("bag/a\nb", 0, "name-unsafe"),
        ("bag/C:evil", 0, "name-unsafe"),
        ("bag/BAGIT.TXT", 0, "name-repeated"),
        ("bag/bagit.txt", 0, "name-repeated"),
        ("bag/bagit.txt/inside", 0, "name-repeated"),
        ("bag/data", 0, "name-repeated"),
        ("bag/link", stat.S_IFLNK | 0o777, "not-a-file"),
        ("bag/pipe", stat.S_IFIFO | 0o600, "not-a-file"),
        ("bag/device", stat.S_IFBLK | 0o600, "not-a-file"),
        ("bag/folder", stat.S_IFDIR | 0o700, "not-a-file"),
        ("bag/folder/../../", stat.S_IFDIR | 0o700, "name-unsafe"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's word on what this test makes
def test_entries_that_could_do_harm(opened: Callable[[bytes], Zip], name: str, mode: int, code: str) -> None:
    made = io.BytesIO(zipped())
    with zipfile.ZipFile(made, "a") as archive:
        entry(name, b"" if name.endswith("/") else b"x", mode)(archive)
    found = opened(made.getvalue())
    assert code in {finding.code for finding in found.defects}
    if name not in FILES:
        assert read(found) == GOOD


def test_a_name_in_no_known_encoding(opened: Callable[[bytes], Zip]) -> None:
    content = zipped({"bag/bagit.txt": b"x", "bag/aaaa": b"y"}).replace(b"bag/aaaa", b"bag/\xd1\xaf\xce\xca")
    found = opened(content)
    assert [(finding.code, finding.detail) for finding in found.defects] == [("name-unsafe", "not in UTF-8")]


def test_a_name_with_a_null_character(opened: Callable[[bytes], Zip]) -> None:
    found = opened(zipped({"bag/bagit.txt": b"x", "bag/aaaa": b"y"}).replace(b"bag/aaaa", b"bag/a\x00aa"))
    assert [finding.code for finding in found.defects] == ["name-unsafe"]


def test_a_second_name_in_an_extra_field(opened: Callable[[bytes], Zip]) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("bag/bagit.txt")
        info.extra = struct.pack("<HHBL", 0x7075, 8, 1, 0) + b"xyz"
        archive.writestr(info, b"x")
    assert [finding.detail for finding in opened(made.getvalue()).defects] == ["has a second name"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06",
        zipped()[:-1],
        zipped()[:-30],
        zipped()[1:],
        b"#!/bin/sh\n" + zipped(),
        zipped() + b"\0",
        zipped() + zipped(),
        zipped()[:-2] + b"\x05\x00hello",
        hidden(zipped()),
        overlapping(zipped()),
        patched(zipped(), b"PK\x03\x04", 6, b"\x01\x00"),
        patched(patched(zipped(), b"PK\x03\x04", 6, b"\x01\x00"), b"PK\x01\x02", 8, b"\x01\x00"),
        patched(zipped(), b"PK\x03\x04", 8, b"\x08\x00"),
        patched(zipped(), b"PK\x03\x04", 22, b"\x04"),
        patched(zipped(), b"PK\x03\x04", 14, b"\x04"),
        patched(zipped(), b"PK\x01\x02", 42, b"\xff\xff\xff\x7f"),
        patched(zipped(), b"PK\x05\x06", 12, b"\xff\xff\xff\x7f"),
        patched(zipped(), b"PK\x05\x06", 12, b"\xff\xff\xff\xff"),
    ],
    ids=[
        "nothing", "an end only", "a byte short", "its end cut off", "its start cut off", "a program in front",
        "a byte after", "two zips", "a comment", "a hidden entry", "entries over each other", "encrypted here",
        "encrypted", "another method here", "another size here", "another checksum here", "an offset outside",
        "an absurd directory", "an absurd directory of 64 bits",
    ],
)  # fmt: skip
def test_zips_with_two_faces_are_not_read(opened: Callable[[bytes], Zip], content: bytes) -> None:
    with pytest.raises(InvalidBundle):
        opened(content)


def test_an_entry_named_otherwise_in_its_own_header(opened: Callable[[bytes], Zip]) -> None:
    found = opened(patched(zipped(), b"PK\x03\x04", 30, b"bag/bagit.exe"))
    with pytest.raises(InvalidBundle, match="cannot be read"):
        digest_of(found, "bagit.txt")


def test_what_was_changed_inside_is_another_digest_or_cannot_be_read(opened: Callable[[bytes], Zip]) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = zipped(compression=method)
        at = content.index(b".mp4") + 20
        found = opened(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
        try:
            assert digest_of(found, "data/询问 01.mp4") != Digest.of(FILES["bag/data/询问 01.mp4"])
        except InvalidBundle:
            assert method == zipfile.ZIP_DEFLATED


def test_a_zip_that_became_shorter(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(zipped())
    with closing(Zip(path)) as found:
        os.truncate(path, 200)
        with pytest.raises(InvalidBundle, match="cannot be read"):
            digest_of(found, "data/询问 01.mp4")


def test_bytes_hidden_in_an_entry(opened: Callable[[bytes], Zip]) -> None:
    content = zipped({"bag/bagit.txt": b"x" * 10})
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        content = patched(content, signature, offset, struct.pack("<L", 4))
    with pytest.raises(InvalidBundle, match="not as long as what it stores"):
        opened(content)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_unpacks_at_once(opened: Callable[[bytes], Zip], compression: int) -> None:
    """zipfile gives these no limit: a few hundred bytes fill the memory, whatever size they claim."""
    with pytest.raises(InvalidBundle, match="packed by another method"):
        opened(zipped(compression=compression))


def test_a_method_nobody_knows(opened: Callable[[bytes], Zip]) -> None:
    content = patched(patched(zipped(), b"PK\x03\x04", 8, b"\x63\x00"), b"PK\x01\x02", 10, b"\x63\x00")
    with pytest.raises(InvalidBundle, match="packed by another method"):
        opened(content)


def test_a_bomb(opened: Callable[[bytes], Zip], monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({"bag/bagit.txt": bytes(1_000_000)}, zipfile.ZIP_DEFLATED)
    opened(content).close()
    monkeypatch.setattr(container_zip, "GRACE", 0)
    with pytest.raises(InvalidBundle, match="would grow to 1000000"):
        opened(content)


def test_too_large_a_directory(opened: Callable[[bytes], Zip], monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped()
    monkeypatch.setattr(container_zip, "DIRECTORY_LIMIT", 100)
    with pytest.raises(InvalidBundle, match="a directory of"):
        opened(content)


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["bag/a", "bag/b/c"], {"a", "b/c"}),
        (["a", "b/c"], {"a", "b/c"}),
        (["bag/a", "other/b"], {"bag/a", "other/b"}),
        (["bag/", "bag/a"], {"a"}),
    ],
)
def test_the_folder_at_the_top(opened: Callable[[bytes], Zip], names: list[str], paths: set[str]) -> None:
    found = opened(zipped({name: b"" if name.endswith("/") else b"x" for name in names}))
    assert set(found.sizes) == paths


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_damage_is_a_finding_and_never_more(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever bytes: a verdict, in bounded time, without a traceback."""
    content = bytearray(zipped(compression=data.draw(st.sampled_from([0, 8]))))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.sampled_from([len(content), len(content) - 7]))]
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    assert not verify_bundle(path, Trust()).ok
    try:
        found = Zip(path)
    except InvalidBundle:
        return
    with closing(found):
        for name in found.sizes:
            try:
                content_of(found, name, 1 << 20)
            except InvalidBundle:
                continue


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_bundle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    os.utime(path)
    assert not verify_bundle(path, Trust()).ok
