"""What of a JPEG is personal: its segments (ITU-T T.81, annex B), also those between and after its scans.

A multi-picture file (CIPA DC-007, the `MPF` segment) is cut down to its first picture, which viewers show.
The others follow its end of image, each with EXIF and GPS of its own, and the segment's offsets to them would
no longer be right. So an Ultra HDR picture loses its gain map and is shown in standard range.
"""

import re
from collections.abc import Iterator

from asset_api.media import exif_orientation
from asset_api.media.rewriting import Edit, MalformedImage, ReadAhead, cut_trailer, cut_where_any

_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATION_SEGMENTS = range(0xE0, 0xF0)
# Any marker that is not part of entropy-coded data, as stuffed zeros and restarts are, nor reserved.
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd8-\xef\xfe]")
_NOT_FILL = re.compile(rb"[^\xff\x00]")
# The application segments that decide how the pixels are shown. All others are private to the program that
# wrote them: EXIF, XMP, IPTC, thumbnails, content credentials, maker's notes.
_KEPT = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
_EXIF, _EXIF_PREFIX = 0xE1, b"Exif\x00\x00"
_MPF, _MPF_PREFIX = 0xE2, b"MPF\x00"
# Comments by which encoders name themselves: nobody's, and a file that has nothing else is served as it was sent.
_ENCODER_STAMP = re.compile(
    rb"(?:Lavc[\d.]+|CREATOR: gd-jpeg v[\d.]+ \(using IJG JPEG v\d+\)(?:, quality = \d+|, default quality)?"
    rb"|Created with (?:The )?GIMP)\n?\x00?"
)
_LONGEST_STAMP = 128


def edits(file: ReadAhead) -> Iterator[Edit]:
    """The segments, and the bytes outside of any, to remove.

    Raises `MalformedImage` unless there is a scan, preceded by whole segments.
    """
    if file.read(0, 2) != b"\xff\xd8":
        raise MalformedImage("no JPEG start of image")
    position = 2
    in_scan = scanned = exif_seen = is_multi_picture = False
    while (marker := file.find(_MARKER, position, file.size, longest=2)) is not None:
        if not in_scan:
            # Decoders skip what lies between two segments: it is what a badly measured EXIF segment spills.
            yield from cut_where_any(file, _NOT_FILL, position, marker)
        code = file.read(marker + 1, 1)[0]
        if code in (_SOI, _EOI):
            if not scanned:
                raise MalformedImage(f"the JPEG ends at byte {marker}, before any scan")
            # Where another image starts this one ends as well: decoders refuse to go on.
            image_end = marker if code == _SOI else marker + 2
            if is_multi_picture and image_end < file.size:
                yield Edit(image_end, file.size)
            else:
                yield from cut_trailer(file, image_end)
            return
        if scanned and marker + 4 > file.size:
            return
        position = _segment_end(file, marker, may_be_cut_off=scanned)
        if code == _EXIF and not exif_seen and _holds(file, marker, position, _EXIF_PREFIX[:5]):
            exif_seen = True
            yield from _exif_edit(file, marker, position)
        elif not _stays(file, code, marker, position):
            is_multi_picture = is_multi_picture or (code == _MPF and _holds(file, marker, position, _MPF_PREFIX))
            yield Edit(marker, position)
        in_scan = code == _SOS
        scanned = scanned or in_scan
    if not scanned:
        raise MalformedImage("the JPEG ends before any scan")
    if not in_scan:
        yield from cut_where_any(file, _NOT_FILL, position, file.size)


def _segment_end(file: ReadAhead, marker: int, *, may_be_cut_off: bool) -> int:
    length = int.from_bytes(file.read(marker + 2, 2), "big")
    end = marker + 2 + length
    if length < 2 or (end > file.size and not may_be_cut_off):
        raise MalformedImage(f"the JPEG segment at byte {marker} has an impossible length")
    return min(end, file.size)


def _stays(file: ReadAhead, code: int, marker: int, end: int) -> bool:
    if code in _KEPT:
        return _holds(file, marker, end, _KEPT[code])
    if code == _COMMENT:
        text = file.read(marker + 4, min(end - marker - 4, _LONGEST_STAMP + 1))
        return _ENCODER_STAMP.fullmatch(text) is not None
    return code not in _APPLICATION_SEGMENTS


def _holds(file: ReadAhead, marker: int, end: int, prefix: bytes) -> bool:
    start = marker + 4
    return end - start >= len(prefix) and file.read(start, len(prefix)) == prefix


def _exif_edit(file: ReadAhead, marker: int, end: int) -> Iterator[Edit]:
    tiff = exif_orientation.replacement(file, marker + 4, end)
    if tiff is None:
        return
    payload = _EXIF_PREFIX + tiff
    yield Edit(marker, end, tiff and b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload)
