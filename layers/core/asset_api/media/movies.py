"""Type and displayed size of MP4 (ISO/IEC 14496-12) and QuickTime files.

The size is what browsers report as `videoWidth` and `videoHeight` (checked in Chromium): the first video track's,
scaled to square pixels, and rotated by its own and the movie's matrix.
"""

import math
import struct
from typing import NamedTuple

from asset_api.media.boxes import SMALLEST, Box, boxes, child
from asset_api.media.file_types import MP4, QUICKTIME, MediaType
from asset_api.media.images import Size
from asset_api.media.reader import EndOfFile, MalformedFile, Reader

# Major brands (ISO/IEC 14496-12, section 4.3; registered at mp4ra.org). Only these are accepted: HEIF, AVIF, M4A,
# M4B, 3GPP, F4V, JPEG 2000 and raw pictures share the container, and often list `isom` as compatible.
_BRANDS = {
    b"qt  ": QUICKTIME,
    **dict.fromkeys((b"isom", *(b"iso%x" % version for version in range(2, 13))), MP4),
    **dict.fromkeys((b"mp41", b"mp42", b"mp71", b"avc1", b"avc3", b"hvc1", b"hev1", b"av01"), MP4),
    **dict.fromkeys((b"dash", b"msdh", b"cmfc", b"cmf2", b"iods", b"dby1"), MP4),
    # Apple's video for iTunes, and cameras and players whose MP4 files carry the maker's own brand.
    **dict.fromkeys((b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"XAVC", b"CAEP", b"NDSM", b"niko", b"pana"), MP4),
    # Unregistered, but in use and played by browsers.
    **dict.fromkeys((b"MP42", b"mp4v"), MP4),
}
# A segment of a stream begins with `styp`; its initialization part may follow.
_BRANDED = (b"ftyp", b"styp")
# Top-level atoms of QuickTime files that predate `ftyp`, and the atoms that begin their index (QuickTime File Format,
# "Movie atoms").
_LEGACY_ATOMS = frozenset((b"mdat", b"free", b"skip", b"wide", b"pnot", b"PICT"))
_INDEX_ATOMS = frozenset((b"mvhd", b"cmov", b"rmra", b"prfl", b"iods", b"udta", b"meta", b"trak"))
# Larger than any file, so that top-level boxes keep their stated end and truncation is noticed.
_NO_END = 2**64
# The fields of a visual sample entry (section 12.1.3) before its boxes, without its header.
_SAMPLE_ENTRY_BYTES = 78
# Offsets of the matrix in a header of version 0 and of version 1 (sections 8.2.2 and 8.3.2).
_MVHD_MATRIX, _TKHD_MATRIX = (36, 48), (40, 52)
_Matrix = tuple[int, int, int, int]
_IDENTITY: _Matrix = (0x10000, 0, 0, 0x10000)
_SCALES_DIFFER = 0.01


class Movie(NamedTuple):
    """A video file's type and size; None if it has no picture track, or its index has not been reached."""

    media_type: MediaType
    size: Size | None


def movie(file: Reader, *, has_more: bool = False) -> Movie | None:
    """Follow the boxes to the index, `moov`; None for a file of another type, or without a complete index.

    With `has_more`, the file continues after the bytes at hand, and a recognized beginning is enough.
    """
    media_type, known = QUICKTIME, False
    branded = False
    try:
        for box in boxes(file, 0, _NO_END):
            if box.kind in _BRANDED and not branded:
                if (brand := _brand(file, box)) is None:
                    return None
                media_type, branded = brand, True
            elif box.kind == b"moov":
                if not _has_index_atom(file, box):
                    return None
                known = True
                end = file.size if box.end == _NO_END else box.end
                file.read(end - 1, 1)
                return Movie(media_type, _size(*_index(file, box._replace(end=end))))
            elif not branded and box.kind not in _LEGACY_ATOMS:
                return None
            known |= branded or box.kind == b"mdat"
    except EndOfFile:
        if has_more and known:
            return Movie(media_type, None)
    return None


def _brand(file: Reader, ftyp: Box) -> MediaType | None:
    size = ftyp.end - ftyp.data
    if size < 8 or size % 4 or ftyp.end > file.size:
        return None
    return _BRANDS.get(file.read(ftyp.data, 4))


def _has_index_atom(file: Reader, moov: Box) -> bool:
    """Tell whether the index begins as one does. Raises `EndOfFile` if it lies beyond the bytes at hand."""
    file.read(moov.data, SMALLEST)
    return any(box.kind in _INDEX_ATOMS for box in boxes(file, moov.data, min(moov.end, file.size)))


def _index(file: Reader, moov: Box) -> tuple[Reader, Box]:
    """Return the index, inflated if it is compressed and can be inflated."""
    if child(file, moov, b"cmov") is None:
        return file, moov
    # Imported late, because modern writers do not compress indexes.
    from asset_api.media.compressed_index import compressed_index

    try:
        found = compressed_index(file, moov)
    except MalformedFile:
        return file, moov
    return (found.file, found.moov) if found else (file, moov)


def _size(file: Reader, moov: Box) -> Size | None:
    matrix = _IDENTITY
    try:
        for box in boxes(file, moov.data, moov.end):
            if box.kind == b"mvhd":
                matrix = _matrix(file, box, *_MVHD_MATRIX)
            elif box.kind == b"trak" and (size := _track_size(file, box, matrix)):
                return size
    except EndOfFile:  # a box is too short for its fields
        return None
    return None


def _track_size(file: Reader, track: Box, movie_matrix: _Matrix) -> Size | None:
    """Return a track's displayed size; None for sound, text or data."""
    header, media = child(file, track, b"tkhd"), child(file, track, b"mdia")
    information = media and child(file, media, b"minf")
    if not media or not information or not _has_pictures(file, media, information):
        return None
    table = child(file, information, b"stbl")
    descriptions = table and child(file, table, b"stsd")
    # Past the table's version, flags and count.
    entry = descriptions and next(boxes(file, descriptions.data + 8, descriptions.end), None)
    if not entry:
        return None
    size: Size = struct.unpack(">HH", file.read(entry.data + 24, 4))
    matrix, shown = (_matrix(file, header, *_TKHD_MATRIX), _shown(file, header)) if header else (_IDENTITY, None)
    if not all(size) and shown:
        size = shown
    size = _with_square_pixels(size, _pixel_aspect_ratio(file, entry) or _implied_ratio(size, matrix, shown))
    return size[::-1] if _turns(matrix, movie_matrix) else size


def _has_pictures(file: Reader, media: Box, information: Box) -> bool:
    """Tell whether a track is video. Either of two boxes is enough: some writers leave out one or the other."""
    handler = child(file, media, b"hdlr")
    if handler and file.read(handler.data + 8, 4) == b"vide":
        return True
    return child(file, information, b"vmhd") is not None


def _matrix(file: Reader, header: Box, offset: int, offset_in_version_1: int) -> _Matrix:
    """Read the part of a matrix that rotates and scales (ISO/IEC 14496-12, section 6.2.2), in 16.16 fixed point."""
    start = header.data + (offset_in_version_1 if file.read(header.data, 1) == b"\1" else offset)
    a, b, c, d = struct.unpack(">ii4xii", file.read(start, 20))
    return a, b, c, d


def _shown(file: Reader, header: Box) -> Size:
    """Read the display size in a track header, in whole pixels."""
    start = header.data + 36 + _TKHD_MATRIX[file.read(header.data, 1) == b"\1"]
    width, height = struct.unpack(">HxxH", file.read(start, 6))
    return width, height


def _pixel_aspect_ratio(file: Reader, entry: Box) -> float | None:
    """Read a pixel's width divided by its height from a sample entry's `pasp` box (section 12.1.4)."""
    for box in boxes(file, entry.data + _SAMPLE_ENTRY_BYTES, entry.end):
        if box.kind == b"pasp":
            horizontal, vertical = struct.unpack(">II", file.read(box.data, 8))
            return horizontal / vertical if horizontal and vertical else None
    return None


def _implied_ratio(size: Size, matrix: _Matrix, shown: Size | None) -> float:
    """Infer the pixel aspect ratio from the track header, as FFmpeg does."""
    if not shown or not all(shown) or not all(size):
        return 1
    a, b, c, d = matrix
    across, down = math.hypot(a, c), math.hypot(b, d)
    if across and down and abs(across / down - 1) > _SCALES_DIFFER:
        return across / down
    return size[1] * shown[0] / (size[0] * shown[1])


def _with_square_pixels(size: Size, ratio: float) -> Size:
    """Enlarge one side, as HTML defines a video's natural dimensions."""
    width, height = size
    return (round(width * ratio), height) if ratio >= 1 else (width, round(height / ratio))


def _turns(matrix: _Matrix, movie_matrix: _Matrix) -> bool:
    """Tell whether a track is rotated by 90 degrees, either way."""
    (a, b, c, d), (e, f, g, h) = matrix, movie_matrix
    across, turned_across, turned_down, down = a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
    return across == down == 0 and abs(turned_across) == abs(turned_down) > 0
