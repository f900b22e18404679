"""Lists of what may be opened: nothing that reads another file or the network, and first bytes told apart."""

import subprocess

import pytest

from ingest.formats import DECODERS, DEMUXERS, begins_recording, named_as_recording, open_options, picture_format


@pytest.mark.parametrize(
    "name",
    ["concat", "concatf", "hls", "applehttp", "dash", "sdp", "rtsp", "rtp", "image2", "lavfi", "tee", "tty", "srt",
     "webm_dash_manifest", "imf", "ffmetadata", "subviewer", "avisynth", "vapoursynth", "libopenmpt", "libgme"],
)  # fmt: skip
def test_no_demuxer_that_reads_other_files_texts_or_the_network(name: str) -> None:
    assert name not in DEMUXERS.split(",")


def test_every_name_is_known_to_some_ffmpeg() -> None:
    """A misspelt name would silently refuse a format; ffmpeg 5.1 and 7.1 know all of these but a few external ones."""
    told = subprocess.run(["ffmpeg", "-v", "error", "-decoders"], check=True, capture_output=True, text=True).stdout
    known = {line.split()[1] for line in told.splitlines() if len(line.split()) > 1}
    external = {"libopencore_amrnb", "libopencore_amrwb", "libopus", "libvorbis", "libdav1d", "libvpx", "libvpx-vp9"}
    assert set(DECODERS.split(",")) - known - external == set()
    told = subprocess.run(["ffmpeg", "-v", "error", "-demuxers"], check=True, capture_output=True, text=True).stdout
    demuxers = {name for line in told.splitlines() if len(line.split()) > 1 for name in line.split()[1].split(",")}
    assert set(DEMUXERS.split(",")) - demuxers == set()
    assert open_options()["protocol_whitelist"] == "file"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpeg"), (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"), (b"GIF89a....", "gif"),
        (b"BM\x36\0\0\0\0\0\0\0\x36", "bmp"), (b"RIFF\0\0\0\0WEBPVP8 ", "webp"), (b"II*\0\x08\0\0\0", "tiff"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heif"), (b"\0\0\0\x18ftypisom\0\0\0\0", None), (b"BM is a text", None),
        (b"RIFF\0\0\0\0AVI LIST", None), (b"", None),
    ],
)  # fmt: skip
def test_pictures_by_their_first_bytes(head: bytes, kind: str | None) -> None:
    assert picture_format(head) == kind


def test_recordings_by_their_first_bytes_and_names() -> None:
    assert begins_recording(b"\0\0\0\x18ftypisom")
    assert begins_recording(b"\x1a\x45\xdf\xa3")
    assert not begins_recording(b"ffconcat version 1.0")
    assert named_as_recording("现场.MP4")
    assert not named_as_recording("笔录.txt")
    assert not named_as_recording("mp4")
