"""The codec of a track, by FFmpeg's name, from its sample descriptions (ISO/IEC 14496-12, section 8.5.2)."""

import re

from asset_api.media.boxes import Box, boxes, child
from asset_api.media.reader import Reader

# Registered at mp4ra.org and in the QuickTime File Format. Others keep their own four characters as name.
_NAMES = {
    **dict.fromkeys((b"avc1", b"avc2", b"avc3", b"avc4", b"dvav", b"dva1"), "h264"),
    **dict.fromkeys((b"hvc1", b"hev1", b"hvc2", b"hev2", b"dvh1", b"dvhe"), "hevc"),
    **dict.fromkeys((b"vvc1", b"vvi1"), "vvc"),
    **dict.fromkeys((b"av01", b"dav1"), "av1"),
    **dict.fromkeys((b"vp08",), "vp8"),
    **dict.fromkeys((b"vp09",), "vp9"),
    **dict.fromkeys((b"jpeg", b"mjpg", b"mjpa", b"AVDJ", b"dmb1"), "mjpeg"),
    b"mjpb": "mjpegb",
    **dict.fromkeys((b"apch", b"apcn", b"apcs", b"apco", b"ap4h", b"ap4x"), "prores"),
    **dict.fromkeys((b"s263", b"h263"), "h263"),
    **dict.fromkeys((b"AVdn", b"AVdh"), "dnxhd"),
    **dict.fromkeys((b"m1v ", b"m1v1", b"mpeg"), "mpeg1video"),
    **dict.fromkeys((b"m2v1", b"mp2v", b"hdv1", b"hdv2", b"hdv3", b"mx3p", b"mx5p", b"xd5b", b"xdv1"), "mpeg2video"),
    **dict.fromkeys((b"dvc ", b"dvcp", b"dvp ", b"dvpp", b"dv5n", b"dv5p", b"dvh5", b"dvh6"), "dvvideo"),
    **dict.fromkeys((b"raw ", b"2vuy", b"yuv2", b"v210", b"yuvs"), "rawvideo"),
    **dict.fromkeys((b"3IV2", b"DIVX", b"DX50", b"FMP4", b"XVID", b"xvid"), "mpeg4"),
    b"rle ": "qtrle",
    b"cvid": "cinepak",
    b"rpza": "rpza",
    b"smc ": "smc",
    b"SVQ1": "svq1",
    b"SVQ3": "svq3",
    b"Opus": "opus",
    b"fLaC": "flac",
    b"ac-3": "ac3",
    b"ec-3": "eac3",
    b"ac-4": "ac4",
    **dict.fromkeys((b"dtsc", b"dtse", b"dtsh", b"dtsl"), "dts"),
    **dict.fromkeys((b".mp3", b"ms\0U", b"mp3 "), "mp3"),
    b"samr": "amr_nb",
    b"sawb": "amr_wb",
    b"ima4": "adpcm_ima_qt",
    b"Qclp": "qcelp",
    b"QDM2": "qdm2",
    b"mhm1": "mpegh_3d_audio",
}
# Uncompressed sound, with many tags for byte orders and sizes.
_PCM = frozenset((b"NONE", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"ipcm", b"fpcm"))
_PCM_NAMES = {b"alaw": "pcm_alaw", b"ulaw": "pcm_mulaw"}
# Object types of ES descriptors (ISO/IEC 14496-1, table 5; mp4ra.org, "object types").
_OBJECT_TYPES = {
    0x20: "mpeg4",
    **dict.fromkeys(range(0x60, 0x66), "mpeg2video"),
    0x6A: "mpeg1video",
    0x6C: "mjpeg",
    0x6D: "png",
    0x6E: "jpeg2000",
    **dict.fromkeys((0x40, 0x66, 0x67, 0x68), "aac"),
    **dict.fromkeys((0x69, 0x6B), "mp3"),
    0xA5: "ac3",
    0xA6: "eac3",
    0xA9: "dts",
    0xAD: "opus",
    0xB1: "vp9",
    0xDD: "vorbis",
    0xE1: "qcelp",
}
_BY_DESCRIPTOR = {b"mp4v": "mpeg4", b"mp4a": "aac"}
_ENCRYPTED = frozenset((b"encv", b"enca"))
_UNNAMED = re.compile(r"[a-z0-9][a-z0-9_.-]{1,3}")
# Bytes before the boxes of an entry: for pictures, and for sound by the entry's version (QuickTime File Format).
_PICTURE_FIELDS, _SOUND_FIELDS = 78, {0: 28, 1: 44, 2: 64}
_ES, _DECODER_CONFIG = 3, 4
_LONGEST_DESCRIPTOR = 64


def codec(file: Reader, descriptions: Box, *, is_sound: bool) -> str | None:
    """Read the codec of the first sample description; None if it has no name."""
    # Past the table's version, flags and count.
    entry = next(boxes(file, descriptions.data + 8, descriptions.end), None)
    if entry is None:
        return None
    fields = _PICTURE_FIELDS
    if is_sound:
        fields = _SOUND_FIELDS.get(int.from_bytes(file.read_up_to(entry.data + 8, 2), "big"), 28)
    inside = entry._replace(data=entry.data + fields)
    tag = _original_tag(file, inside) if entry.kind in _ENCRYPTED else entry.kind
    if tag in _BY_DESCRIPTOR:
        return _OBJECT_TYPES.get(_object_type(file, inside), _BY_DESCRIPTOR[tag])
    return _name(tag, is_sound=is_sound)


def _name(tag: bytes, *, is_sound: bool) -> str | None:
    if tag in _PCM or (is_sound and tag == b"raw "):
        return "pcm"
    if name := _PCM_NAMES.get(tag) or _NAMES.get(tag):
        return name
    own = tag.decode("latin-1").strip().lower()
    return own if _UNNAMED.fullmatch(own) else None


def _original_tag(file: Reader, entry: Box) -> bytes:
    """Read the original tag of encrypted samples (ISO/IEC 14496-12, section 8.12)."""
    scheme = child(file, entry, b"sinf")
    original = scheme and child(file, scheme, b"frma")
    return file.read_up_to(original.data, 4) if original else entry.kind


def _object_type(file: Reader, entry: Box) -> int:
    """Read the object type in an ES descriptor; 0 if there is none."""
    holder = child(file, entry, b"wave") or entry
    box = child(file, holder, b"esds")
    data = file.read_up_to(box.data + 4, min(box.end - box.data - 4, _LONGEST_DESCRIPTOR)) if box else b""
    at = _descriptor(data, 0, _ES)
    if at is None or at + 3 > len(data):
        return 0
    flags = data[at + 2]
    at += 3 + 2 * bool(flags & 0x80)
    if flags & 0x40 and at < len(data):
        at += 1 + data[at]
    found = _descriptor(data, at + 2 * bool(flags & 0x20), _DECODER_CONFIG)
    return data[found] if found is not None and found < len(data) else 0


def _descriptor(data: bytes, at: int, kind: int) -> int | None:
    """Return the offset of the data of the descriptor at `at`, if it is of this kind. Its size takes up to 4 bytes."""
    if at >= len(data) or data[at] != kind:
        return None
    at += 1
    for _ in range(4):
        if at >= len(data):
            return None
        at += 1
        if not data[at - 1] & 0x80:
            break
    return at
