"""A run through every durable operation, to be killed at each of its calls; run again, it must end in one state."""

from pathlib import Path

from integrity import durable


def begin(folder: Path) -> None:
    (folder / "old").write_bytes(b"old")
    (folder / "spare").mkdir()
    (folder / "spare" / "file").write_bytes(b"moved")
    (folder / "tree" / "branch").mkdir(parents=True)
    (folder / "tree" / "branch" / "leaf").write_bytes(b"")
    (folder / "gone").write_bytes(b"")


def work(folder: Path) -> None:
    durable.sweep(folder)
    durable.write_new(folder / "new", b"new")
    durable.replace(folder / "old", b"replaced")
    durable.make_folder(folder / "made" / "deep")
    if not (folder / "made" / "linked").exists():
        durable.link(folder / "new", folder / "made" / "linked")
    durable.move(folder / "spare" / "file", folder / "made" / "moved")
    durable.remove(folder / "gone")
    durable.remove_tree(folder / "tree")
