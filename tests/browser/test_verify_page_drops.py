"""Folders dropped on `verify.html`: through a handle, through an entry where there are none, or not at all."""

from pathlib import Path

import pytest

from tests.browser.reader import Opened, Reader, opened, reader, served, specimen
from tests.integrity.zoo.specimen import SECOND_PATH, Specimen, write_folder

__all__ = ["opened", "reader", "served", "specimen"]

pytestmark = pytest.mark.xdist_group("browser")


def test_a_folder_is_dropped_as_people_drop_it(reader: Reader, specimen: Specimen, tmp_path: Path) -> None:
    """Through the handle that Chromium gives for it; what is no folder is refused with a word."""
    folder = write_folder(tmp_path / "dropped", specimen.bundle)
    assert reader.drops(folder) == ("verified", set())
    (folder / SECOND_PATH).write_bytes(b"changed")
    assert reader.drops(folder) == ("refused", {"file-changed", "payload-size"})
    verdict, words = reader.drops(tmp_path / "trust.json")
    assert verdict == "trouble"
    assert "解压缩" in "".join(words)


HANDLES = ["undefined", "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"]


@pytest.mark.parametrize("handle", HANDLES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_folder_dropped_where_there_are_no_handles(
    opened: Opened, specimen: Specimen, tmp_path: Path, handle: str, language: str
) -> None:
    """From disk Chromium lets nobody read its entry either: the reader is told of the button, which works."""
    reader = opened(language)
    reader.trusts(specimen.evidence.trust)
    reader.page.evaluate(f"() => {{ DataTransferItem.prototype.getAsFileSystemHandle = {handle}; }}")
    folder = write_folder(tmp_path / "dropped", specimen.bundle)
    verdict, words = reader.drops(folder)
    assert verdict == "trouble"
    assert {"zh-CN": "请改用“选择文件夹”按钮", "en": "Use the button “choose the folder”"}[language] in "".join(words)
    assert reader.opens(folder) == ("verified", set())


@pytest.mark.parametrize("handle", HANDLES)
def test_a_folder_dropped_on_the_page_of_a_service_is_read_through_its_entry(
    opened: Opened, specimen: Specimen, tmp_path: Path, served: str, handle: str
) -> None:
    """Where the browser has no handles: what is no folder is refused there too, and every file is found."""
    reader = opened(address=served)
    reader.trusts(specimen.evidence.trust)
    reader.page.evaluate(f"() => {{ DataTransferItem.prototype.getAsFileSystemHandle = {handle}; }}")
    folder = write_folder(tmp_path / "dropped", specimen.bundle)
    assert reader.drops(folder) == ("verified", set())
    for number in range(150):  # entries come a hundred at a time
        (folder / f"data/originals/{number}.mp4").touch()
    assert reader.drops(folder) == ("refused", {"file-unexpected", "payload-size"})
    assert len(reader.page.query_selector_all(".finding")) == 150 + 1
    (folder / SECOND_PATH).write_bytes(b"changed")
    assert "file-changed" in reader.drops(folder)[1]
    verdict, words = reader.drops(tmp_path / "trust.json")
    assert verdict == "trouble"
    assert "解压缩" in "".join(words)
