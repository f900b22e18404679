"""The folder form of a finished bundle, for a disc or disk that somebody carries: the zip's own files, byte for byte.

So both have one digest, that of `tagmanifest-sha256.txt`. The folder appears under its name only when every file in it
is durable; what a kill leaves has another name and is removed by the next call. Never verifies and never releases:
that is the caller's part, before anybody is told of it.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from integrity import durable
from integrity.container_zip import Zip
from integrity.errors import InvalidBundle

MODE = 0o755
"""Of its folders: it is carried to people whose machines know nobody of ours."""


def write_folder(archive: Path, target: Path, going_on: Callable[[], None] = lambda: None) -> None:
    """Lay the zip's files below `target`; InvalidBundle when it cannot be read or written, or something is there.

    `going_on` is called after each file.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        if target.exists():
            raise InvalidBundle(f"{target.name} is there already")
        durable.make_folder(target.parent, MODE)
        durable.remove_tree(part)
        try:
            _lay(archive, part, going_on)
            durable.move(part, target)
        except BaseException:
            durable.remove_tree(part)
            raise
    except OSError as error:
        raise InvalidBundle(f"the folder cannot be written: {error}") from error


def _lay(archive: Path, part: Path, going_on: Callable[[], None]) -> None:
    with closing(Zip(archive)) as files:
        if files.defects:
            raise InvalidBundle(f"{archive.name}: {files.defects[0].detail}")
        durable.make_folder(part, MODE)
        for path in files.sizes:
            durable.make_folder((part / path).parent, MODE)
            with durable.new_file(part / path, 0o644) as file:
                file.writelines(files.chunks(path))
            going_on()
