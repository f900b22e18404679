"""Still pictures: their viewing copy and poster. Runs in a confined child.

OpenCV decodes bytes in memory (`imdecode`), never a file name and never a video; its own limit on pixels stands
behind ours. HEIF and AVIF go another way (`ingest.heif_picture`). The copies are upright and carry no metadata.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy

from ingest.errors import Unplayable
from ingest.formats import picture_format
from ingest.heif_picture import Image, decode_heif
from ingest.task import MIB, Work

__all__ = ["TOOL", "Image", "decode", "draw", "fitted", "write"]

_FILE_LIMIT = 256 * MIB
_VIEWING, _POSTER = 2560, 640
"""The longer side of each copy, in pixels; a smaller picture is not enlarged."""

TOOL = f"OpenCV {cv2.__version__}"


def decode(path: Path) -> Image:
    """The picture as rows × columns × 3 (BGR), upright; Unplayable `too-large`, `damaged` …"""
    if path.stat().st_size > _FILE_LIMIT:
        raise Unplayable("too-large", f"a picture of more than {_FILE_LIMIT // MIB} MiB is not decoded")
    with path.open("rb") as file:
        if picture_format(file.read(64)) == "heif":
            return decode_heif(file)
    try:
        image = cv2.imdecode(numpy.frombuffer(path.read_bytes(), numpy.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in str(error) or "Insufficient memory" in str(error):
            raise Unplayable("too-large", "the picture has more pixels than a decoder may hold") from error
        raise Unplayable("damaged", "the picture cannot be decoded") from error
    if image is None:
        raise Unplayable("damaged", "the picture cannot be decoded")
    return image.astype(numpy.uint8, copy=False)


def draw(work: Work) -> dict[str, Any]:
    """Write `picture.jpg` and `poster.jpg`; answers the decoded size in pixels."""
    image = decode(work.original)
    write(work.folder / "picture.jpg", fitted(image, _VIEWING), 90)
    write(work.folder / "poster.jpg", fitted(image, _POSTER), 82)
    return {"width": int(image.shape[1]), "height": int(image.shape[0])}


def fitted(image: Image, side: int) -> Image:
    """The picture with its longer side at most `side` pixels."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(numpy.uint8, copy=False)


def write(path: Path, image: Image, quality: int) -> None:
    """Encode as JPEG and write; the caller owns the folder."""
    path.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
