"""Metadata in JPEGs: segments (ITU-T T.81, annex B) before, between and after the scans.

A multi-picture file (CIPA DC-007) is cut down to its first picture, the one viewers show: the others follow its end
of image and have their own EXIF and GPS. So an Ultra HDR picture loses its gain map and is shown in standard range.
"""

import re
from collections.abc import Iterator

from asset_api.media import exif_orientation, icc_profiles
from asset_api.media.content_credentials import MANIFEST_UUID, Manifest
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.rewriting import Edit, cut_trailer

_SOI, _EOI, _SOS, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATION_SEGMENTS = range(0xE0, 0xF0)
# Every marker except reserved ones and those within entropy-coded data (stuffed zeros and restarts).
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd8-\xef\xfe]")
_NOT_FILL = re.compile(rb"[^\xff\x00]")
# Some cameras write the end of image twice.
_NOT_PADDING = re.compile(rb"[^\x00\xff\xd9\r\n ]")

_JFIF, _JFIF_PREFIX = 0xE0, b"JFIF\x00"
_EXIF, _EXIF_PREFIX = 0xE1, b"Exif\x00\x00"
_ICC, _ICC_PREFIX = 0xE2, b"ICC_PROFILE\x00"
_JUMBF, _JUMBF_PREFIX = 0xEB, b"JP"
_ADOBE, _ADOBE_PREFIX = 0xEE, b"Adobe"
# Payload lengths without a JFIF thumbnail or anything else that a program has appended.
_JFIF_LENGTH, _ADOBE_LENGTH = 14, 12
# Encoders' comments about themselves are not personal: a file with nothing else to remove is served unchanged.
_ENCODER_STAMP = re.compile(
    rb"(?:Lavc[\d.]+|CREATOR: gd-jpeg v[\d.]+ \(using IJG JPEG v\d+\)(?:, quality = \d+|, default quality)?"
    rb"|Created with (?:The )?GIMP)\n?\x00?"
)
_LONGEST_STAMP = 128


def edits(file: Reader) -> Iterator[Edit]:
    """Yield the edits that remove segments, and bytes outside of any segment.

    Raises `MalformedFile` unless complete segments lead to a scan.
    """
    if file.read(0, 2) != b"\xff\xd8":
        raise MalformedFile("no JPEG start of image")
    segments = _Segments(file)
    position = 2
    in_scan = scanned = False
    while (marker := file.find(_MARKER, position, file.size, longest=2)) is not None:
        if not in_scan:
            yield from _stray_bytes(file, position, marker)
        code = file.read(marker + 1, 1)[0]
        if code in (_SOI, _EOI):
            if not scanned:
                raise MalformedFile(f"the JPEG ends at byte {marker}, before any scan")
            # The start of another image also ends this one: decoders stop there.
            yield from cut_trailer(file, marker if code == _SOI else marker + 2, _NOT_PADDING)
            return
        if scanned and marker + 4 > file.size:
            return
        position = _segment_end(file, marker, may_be_cut_off=scanned)
        yield from segments.edits(code, marker, position)
        in_scan = code == _SOS
        scanned = scanned or in_scan
    if not scanned:
        raise MalformedFile("the JPEG ends before any scan")
    if not in_scan:
        yield from _stray_bytes(file, position, file.size)


def _stray_bytes(file: Reader, start: int, end: int) -> Iterator[Edit]:
    """Remove bytes between two segments. Decoders skip them, but an EXIF segment with a wrong length spills there."""
    if file.find(_NOT_FILL, start, end, longest=1) is not None:
        yield Edit(start, end)


def _segment_end(file: Reader, marker: int, *, may_be_cut_off: bool) -> int:
    # Decoders read a length below 2, which does not even cover itself, as an empty segment.
    length = max(2, int.from_bytes(file.read(marker + 2, 2), "big"))
    end = marker + 2 + length
    if end > file.size and not may_be_cut_off:
        raise MalformedFile(f"the JPEG segment at byte {marker} has an impossible length")
    return min(end, file.size)


class _Segments:
    """Edits for each segment of one file, in order.

    Application segments are removed unless listed here: all but those that affect how the pixels are shown are
    private to the program that wrote them (EXIF, XMP, IPTC, thumbnails, maker notes).
    """

    def __init__(self, file: Reader) -> None:
        self._file = file
        self._exif_seen = False
        self._manifests: dict[bytes, Manifest] = {}
        self._profile_left = 0

    def edits(self, code: int, start: int, end: int) -> Iterator[Edit]:
        head = self._file.read(start + 4, min(end - start - 4, _LONGEST_STAMP + 1)) if end - start > 4 else b""
        if code == _EXIF and not self._exif_seen and head.startswith(_EXIF_PREFIX[:5]):
            self._exif_seen = True
            yield from self._exif(start, end)
        elif code == _JFIF and head.startswith(_JFIF_PREFIX) and len(head) >= _JFIF_LENGTH:
            if end - start > 4 + _JFIF_LENGTH:
                yield Edit(start, end, _segment(code, head[: _JFIF_LENGTH - 2] + b"\0\0"))
        elif code == _ADOBE and head.startswith(_ADOBE_PREFIX) and len(head) >= _ADOBE_LENGTH:
            if end - start > 4 + _ADOBE_LENGTH:
                yield Edit(start, end, _segment(code, head[:_ADOBE_LENGTH]))
        elif code == _JUMBF and head.startswith(_JUMBF_PREFIX):
            yield Edit(start, end, manifest=self._manifest(head, start, end))
        elif code == _COMMENT:
            if _ENCODER_STAMP.fullmatch(head) is None:
                yield Edit(start, end)
        elif code == _ICC and head.startswith(_ICC_PREFIX):
            if not self._is_profile_part(head, end - start - 4):
                yield Edit(start, end)
        elif code in _APPLICATION_SEGMENTS:
            yield Edit(start, end)

    def _exif(self, start: int, end: int) -> Iterator[Edit]:
        tiff = exif_orientation.replacement(self._file, start + 4, end)
        if tiff is not None:
            yield Edit(start, end, tiff and _segment(_EXIF, _EXIF_PREFIX + tiff))

    def _is_profile_part(self, head: bytes, length: int) -> bool:
        """Tell whether a segment is part of a color profile (ICC.1, annex B.4).

        It is if it begins a profile, or if the size that the profile states is not reached yet. Profiles are split
        only if they exceed a segment, and their parts are in order.
        """
        number, count = head[len(_ICC_PREFIX) :][:1], head[len(_ICC_PREFIX) + 1 :][:1]
        data, available = head[len(_ICC_PREFIX) + 2 :], length - len(_ICC_PREFIX) - 2
        if number == b"\x01":
            self._profile_left = icc_profiles.declared_size(data)
            if count == b"\x01" and self._profile_left > available:
                self._profile_left = 0
        is_part = self._profile_left > 0
        self._profile_left -= available
        return is_part

    def _manifest(self, head: bytes, start: int, end: int) -> Manifest | None:
        """Return the manifest that a segment is part of; None if it holds another box (ISO/IEC 19566-5, annex D).

        All segments of a box carry the same number and repeat its header.
        """
        number = head[2:4]
        if head[24:40] == MANIFEST_UUID:
            self._manifests.setdefault(number, Manifest())
        manifest = self._manifests.get(number)
        if manifest is not None:
            payload = start + 20
            manifest.feed(self._file.read(payload, end - payload) if payload < end else b"")
        return manifest


def _segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(payload) + 2).to_bytes(2, "big") + payload
