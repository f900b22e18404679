"""The BagIt part of a bundle: what is used further is what was hashed, and nothing that no list names."""

from pathlib import Path

from integrity.bag import Bag, check_files
from integrity.container import Folder
from integrity.digest import Digest
from integrity.finding import Assurance
from integrity.inquiry import Inquiry

GOOD = b"good"


def bag(inquiry: Inquiry, folder: Path) -> Bag:
    (folder / "data").mkdir()
    (folder / "data" / "a").write_bytes(GOOD)
    (folder / "manifest-sha256.txt").write_text(f"{Digest.of(GOOD)}  data/a\n")
    (folder / "further").write_bytes(GOOD)
    tags = {"manifest-sha256.txt": Digest.of_file(folder / "manifest-sha256.txt")}
    (folder / "tagmanifest-sha256.txt").write_text("".join(f"{digest}  {path}\n" for path, digest in tags.items()))
    return check_files(inquiry, Folder(folder), {})


def codes(inquiry: Inquiry) -> list[str]:
    return [finding.code for finding in inquiry.verdict(Assurance.SELF_ASSERTED).findings]


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    inquiry = Inquiry()
    found = bag(inquiry, tmp_path)
    assert found.payload == ["data/a"]
    assert found.read("data/a", 4) == GOOD
    assert codes(inquiry) == ["file-unexpected"]


def test_a_file_that_no_list_names_is_not_read(tmp_path: Path) -> None:
    found = bag(Inquiry(), tmp_path)
    assert found.has("further")
    assert found.read("further", 4) is None
    assert found.read("never", 4) is None


def test_a_file_that_changes_while_it_is_verified(tmp_path: Path) -> None:
    inquiry = Inquiry()
    found = bag(inquiry, tmp_path)
    (tmp_path / "data" / "a").write_bytes(b"evil")
    assert found.read("data/a", 4) is None
    assert codes(inquiry) == ["file-unexpected", "file-changed"]


def test_a_file_that_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    """It became a link since the folder was listed: a finding by itself, and not only one of its list."""
    inquiry = Inquiry()
    bag(inquiry, tmp_path)
    container = Folder(tmp_path)
    (tmp_path / "data" / "a").unlink()
    (tmp_path / "data" / "a").symlink_to(tmp_path / "further")
    assert check_files(inquiry, container, {}).payload == []
    assert codes(inquiry) == ["file-unexpected", "file-unreadable", "file-unexpected"]


def test_a_file_that_is_larger_than_it_may_be(tmp_path: Path) -> None:
    inquiry = Inquiry()
    assert bag(inquiry, tmp_path).read("data/a", 3) is None
    assert codes(inquiry) == ["file-unexpected", "file-unreadable"]
