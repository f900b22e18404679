"""Names of files in a bundle: what people called them, made harmless for every file system and every shell.

A declared name is hostile text: it may climb folders, hide its extension behind a right-to-left mark, or differ from a
neighbour in case only, so that one overwrites the other where the bundle is unpacked. Never drops a file and never
gives two the same name; the name as declared stays in the manifest.
"""

import re
import unicodedata
from collections.abc import Iterable

LENGTH = 200
"""Bytes of a name that are kept, so that a number still fits below the 255 of most file systems."""

_EXTENSION_LENGTH = 16
_NUMBERED = re.compile(r" \(\d+\)(?=(\.[^.]*)?$)")
_REPLACED = re.compile(r'[<>:"/\\|?*%]')  # % because BagIt escapes with it, and readers disagree about that
_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def safe_names(declared: Iterable[str]) -> list[str]:
    """One name for each, in order, all different even where case or compatibility forms do not count."""
    taken: set[str] = set()
    names = []
    for name in declared:
        stem, extension = _parts(_plain(name))
        number, chosen = 1, stem + extension
        while _folded(chosen) in taken:
            number += 1
            chosen = f"{stem} ({number}){extension}"
        taken.add(_folded(chosen))
        names.append(chosen)
    return names


def copy_name(declared: str, output: str) -> str:
    """What the viewing copy of a file is called, before it is made harmless: derived, in front, where no cut takes it.

    `output` is the copy's name among renditions, which has the extension of what it is.
    """
    extension = f".{output.rpartition('.')[2]}"
    same = declared[-len(extension) :].lower() == extension
    return f"derived-{declared}{'' if same else extension}"


def possible_names(name: str) -> tuple[str, str]:
    """A file's name, and what it was called if the number before its extension came from another of that name."""
    return name, _NUMBERED.sub("", name)


def _plain(name: str) -> str:
    text = _REPLACED.sub("_", unicodedata.normalize("NFC", name))
    text = "".join("_" if unicodedata.category(character) in _CATEGORIES else character for character in text)
    text = text.strip(" .") or "_"
    return f"_{text}" if _RESERVED.fullmatch(text.split(".")[0].rstrip()) else text


def _parts(name: str) -> tuple[str, str]:
    """Stem and extension, dot included, cut to `LENGTH` bytes together."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > _EXTENSION_LENGTH:
        stem, extension = name, ""
    extension = f".{extension}" if extension else ""
    room = LENGTH - len(extension.encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .")
    return stem, extension


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
