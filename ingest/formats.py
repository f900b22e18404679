"""What decoders may open and decode: fixed lists, so a text file that names other files is no recording.

FFmpeg guesses a format from the content; `ffconcat` or a playlist inside `holiday.mp4` would make it read a
neighbouring file. Only demuxers and decoders in these lists exist for a confined child, and only the `file` protocol.
"""

from pathlib import PurePath

DEMUXERS = (
    "mov,matroska,avi,mpegts,mpeg,asf,flv,dv,dhav,ogg,"  # pictures with sound; dhav is what Dahua recorders write
    "wav,w64,aiff,au,caf,flac,mp3,aac,ac3,amr,amrnb,amrwb"
)
"""FFmpeg's `format_whitelist`."""

VIDEO_DECODERS = (
    "h264,hevc,mpeg1video,mpeg2video,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,h263,h263i,h263p,flv,mjpeg,mjpegb,"
    "vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,wmv1,wmv2,wmv3,vc1,dvvideo,theora,prores,svq3,cinepak,rawvideo"
)
AUDIO_DECODERS = (
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,mp1,mp1float,ac3,ac3_fixed,eac3,opus,libopus,vorbis,libvorbis,flac,alac,"
    "amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,wmav1,wmav2,wmapro,wmavoice,gsm,gsm_ms,g726,g726le,g729,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,g722,adpcm_yamaha,adpcm_swf"
)
DECODERS = f"{VIDEO_DECODERS},{AUDIO_DECODERS}"
"""FFmpeg's `codec_whitelist`."""

_PICTURES = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "bmp": (b"BM",),
    "tiff": (b"II*\0", b"MM\0*"),
}
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
_CONTAINERS = (b"RIFF", b"RIFX", b"\x1a\x45\xdf\xa3", b"OggS", b"fLaC", b"FLV\x01", b"#!AMR", b"DHAV",
               b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\0\0\x01\xba")  # fmt: skip
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_RECORDING_SUFFIXES = frozenset(
    f".{suffix}"
    for suffixes in (
        "3g2 3gp asf avi dav dv flv m2ts m4v mkv mov mp4 mpeg mpg mts ogv ps ts vob webm wmv",
        "aac ac3 aif aiff amr au caf flac m4a mp2 mp3 oga ogg opus w64 wav wma",
        "bmp gif heic jpeg jpg png tif tiff webp",
    )
    for suffix in suffixes.split()
)


def open_options() -> dict[str, str]:
    """Options that every demuxer of an upload is opened with, in PyAV and on ffmpeg's command line alike."""
    return {"format_whitelist": DEMUXERS, "codec_whitelist": DECODERS, "protocol_whitelist": "file"}


def picture_format(head: bytes) -> str | None:
    """Which kind of still picture these first bytes begin, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return "heif"
    if head[:2] == b"BM" and head[6:10] != bytes(4):  # two letters alone begin many a text
        return None
    return next((name for name, starts in _PICTURES.items() if head.startswith(starts)), None)


def begins_recording(head: bytes) -> bool:
    """Whether the first bytes are those of a known container, so what follows is damage rather than another format."""
    return head[4:8] in _BOXES or head.startswith(_CONTAINERS)


def named_as_recording(name: str) -> bool:
    """Whether the name claims sound or pictures; a text under such a name is not what it says."""
    return PurePath(name).suffix.lower() in _RECORDING_SUFFIXES
