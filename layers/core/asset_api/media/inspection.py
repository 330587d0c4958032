"""What a file is, by its content: names and declared types are never looked at here.

A signature alone is cheap to forge (`GIF89a=1;/*` is a script), and every signature is shared with relatives
that are not taken (HEIC and 3GP are MP4's container), so each type is recognized by its structure up to its
first picture or its index. Why no detection library decides this: docs/adr/0001-type-detection.md.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import imagesize

from asset_api.media import file_types
from asset_api.media.file_types import GIF, HEAD_BYTES, JPEG, MP4, PNG, QUICKTIME, WEBP, MediaType
from asset_api.platform import errors

# Markers that may come before a JPEG's scan (ITU-T T.81, table B.1): the frames that browsers decode (baseline,
# extended, progressive), tables, restart interval, comment and application segments.
_JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_JPEG_SEGMENTS = _JPEG_FRAMES | {0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_JPEG_START_OF_SCAN = 0xDA

_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"

_GIF_VERSIONS = (b"GIF87a", b"GIF89a")
# Label: length of the extension's first block (GIF89a, sections 23 to 26); a comment's may have any.
_GIF_EXTENSIONS = {0x01: 12, 0xF9: 4, 0xFF: 11, 0xFE: None}
_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C

# A WebP's first chunk (RFC 9649, sections 2.5 to 2.7): its least size, and where in it what must stand.
_WEBP_CHUNKS = {b"VP8 ": (10, 3, b"\x9d\x01\x2a"), b"VP8L": (5, 0, b"\x2f"), b"VP8X": (10, 0, b"")}

# Major brands (ISO/IEC 14496-12, section 4.3; registered at mp4ra.org). Only these are taken: HEIF, AVIF, M4A,
# M4B, 3GPP, F4V, JPEG 2000 and raw pictures share the container, and often name `isom` as compatible.
_BRANDS = {
    b"qt  ": QUICKTIME,
    **dict.fromkeys((b"isom", *(b"iso%x" % version for version in range(2, 13))), MP4),
    **dict.fromkeys((b"mp41", b"mp42", b"mp71", b"avc1", b"avc3", b"hvc1", b"hev1", b"av01"), MP4),
    **dict.fromkeys((b"dash", b"msdh", b"cmfc", b"cmf2", b"iods", b"dby1"), MP4),
    # Apple's video for iTunes, and cameras and players whose MP4 files carry the maker's own brand.
    **dict.fromkeys((b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"XAVC", b"CAEP", b"NDSM", b"niko", b"pana"), MP4),
}
# What a QuickTime file from before the `ftyp` box has at its top level, and what its index begins with
# (QuickTime File Format, "Movie atoms").
_LEGACY_ATOMS = frozenset((b"mdat", b"free", b"skip", b"wide", b"pnot", b"PICT"))
_INDEX_ATOMS = frozenset((b"mvhd", b"cmov", b"rmra", b"prfl", b"iods", b"udta", b"meta", b"trak"))


def inspect(head: bytes, size_bytes: int, declared: MediaType, max_bytes: int = file_types.MAX_BYTES) -> None:
    """Refuse a file of `size_bytes` bytes that begins with `head`, unless it is what it was declared to be.

    Raises the 400 `Empty file`, `File too large` or `Invalid file type`.
    """
    if size_bytes == 0:
        raise errors.empty_file()
    if size_bytes > max_bytes:
        raise errors.file_too_large(max_bytes)
    detected = detect(head)
    if detected is not declared:
        found = f"those of {detected.mime}" if detected else f"not those of {declared.mime}"
        why = f"declared as {declared.mime}, but the bytes are {found}"
        raise errors.invalid_file_type(why, file_types.SUPPORTED_EXTENSIONS)


def detect(head: bytes) -> MediaType | None:
    """The supported type of the file that begins with `head`: its first `HEAD_BYTES` bytes, or all it has.

    None for anything else, and for a file cut off before its first picture, or before a video's index.
    """
    head = head[:HEAD_BYTES]
    try:
        for media_type, has_structure in _IMAGES.items():
            if has_structure(head):
                return media_type
        return _movie_type(head)
    except (struct.error, IndexError):  # cut short
        return None


def dimensions(head: bytes, media_type: MediaType) -> tuple[int, int] | None:
    """Width and height in pixels, as stored (no rotation applied), of the file that begins with `head`.

    None where the head does not tell (a video whose index is at its end, a JPEG with more metadata than
    `HEAD_BYTES`), and where it is no `media_type`.
    """
    head = head[:HEAD_BYTES]
    if detect(head) is not media_type:
        return None
    try:
        width, height = _movie_size(head) if media_type.kind == "video" else _image_size(head)
    except (struct.error, StopIteration):  # cut short, or without a picture track
        return None
    return (width, height) if width > 0 and height > 0 else None


def _goes_on(head: bytes, offset: int) -> bool:
    """Whether `offset` lies behind a head that may have more behind it: what stands there cannot be known."""
    return offset >= len(head) == HEAD_BYTES


def _is_jpeg(head: bytes) -> bool:
    if not head.startswith(b"\xff\xd8\xff"):
        return False
    offset, marker, has_frame = 2, 0xFF, False
    while offset + 4 <= len(head):
        prefix, marker, length = struct.unpack_from(">BBH", head, offset)
        if prefix != 0xFF:
            return False
        if marker == 0xFF:  # fill byte
            offset += 1
            continue
        if marker == _JPEG_START_OF_SCAN:
            return has_frame
        if marker not in _JPEG_SEGMENTS or length < 2:
            return False
        has_frame |= marker in _JPEG_FRAMES
        offset += 2 + length
    return marker in _JPEG_SEGMENTS and _goes_on(head, offset + 4)


def _is_png(head: bytes) -> bool:
    if not head.startswith(_PNG_START):
        return False
    sides = struct.unpack_from(">II", head, 16)
    # "PNG four-byte unsigned integers" (section 7.1): neither none nor 32 bits.
    return all(0 < side < 2**31 for side in sides) and head[29:33] == zlib.crc32(head[12:29]).to_bytes(4, "big")


def _is_gif(head: bytes) -> bool:
    """Whether the blocks up to the first picture are a GIF's (GIF89a, appendix B)."""
    if not head.startswith(_GIF_VERSIONS):
        return False
    flags = head[10]
    colours = 2 << (flags & 7) if flags & 0x80 else 0
    offset = 13 + 3 * colours
    while offset + 2 < len(head):
        if head[offset] == _GIF_IMAGE:
            return len(head) > offset + 10  # its descriptor, and the code size that its data begins with
        label, length = head[offset + 1], head[offset + 2]
        if head[offset] != _GIF_EXTENSION or _GIF_EXTENSIONS.get(label, -1) not in (None, length):
            return False
        offset += 2
        while length := head[offset]:
            offset += 1 + length
            if _goes_on(head, offset):
                return True
        offset += 1
    return _goes_on(head, offset + 2)


def _is_webp(head: bytes) -> bool:
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or head[12:16] not in _WEBP_CHUNKS:
        return False
    riff_size, chunk_size = struct.unpack_from("<I8xI", head, 4)
    least, position, signature = _WEBP_CHUNKS[head[12:16]]
    return least <= chunk_size <= riff_size - 12 and head.startswith(signature, 20 + position) and len(head) >= 30


_IMAGES: dict[MediaType, Callable[[bytes], bool]] = {
    JPEG: _is_jpeg,
    PNG: _is_png,
    GIF: _is_gif,
    WEBP: _is_webp,
}


def _boxes(head: bytes, offset: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, payload's start and box's end of each box from `offset` to `end` (ISO/IEC 14496-12, section 4.2).

    Stops at a box whose size cannot be; the last one's end may lie behind `end`.
    """
    while offset + 8 <= end:
        size, kind = struct.unpack_from(">I4s", head, offset)
        payload = offset + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", head, payload)
            payload += 8
        elif size == 0:
            size = end - offset
        if payload > offset + size:
            return
        yield kind, payload, offset + size
        offset += size


def _movie_type(head: bytes) -> MediaType | None:
    """The type of a file of boxes with a known brand, or of QuickTime's atoms, up to its index."""
    branded, has_media, box_end = None, False, 0
    for kind, payload, box_end in _boxes(head, 0, len(head)):
        if kind == b"ftyp" and branded is None:
            branded = _BRANDS.get(head[payload : payload + 4])
            if branded is None or box_end > len(head) or box_end - payload < 8 or (box_end - payload) % 4:
                return None
        elif kind == b"moov":
            if box_end > len(head) < HEAD_BYTES:  # cut short
                return None
            first_child = next(_boxes(head, payload, min(box_end, len(head))), (None,))[0]
            known = first_child in _INDEX_ATOMS or _goes_on(head, payload + 8)
            return (branded or QUICKTIME) if known else None
        elif branded is None and kind not in _LEGACY_ATOMS:
            return None
        has_media |= kind == b"mdat"
    return (branded or QUICKTIME) if (branded or has_media) and _goes_on(head, box_end) else None


def _image_size(head: bytes) -> tuple[int, int]:
    size: tuple[int, int] = imagesize.get(io.BytesIO(head), exif_rotation=False)  # (-1, -1) where it cannot tell
    return size


def _movie_size(head: bytes) -> tuple[int, int]:
    """Width and height of the first picture track's sample description (ISO/IEC 14496-12, section 12.1.3).

    Raises StopIteration where the head holds none.
    """

    def children(kind: bytes, parents: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for start, end in parents:
            for child, payload, child_end in _boxes(head, start, min(end, len(head))):
                if child == kind:
                    yield payload, child_end

    tracks = children(b"minf", children(b"mdia", children(b"trak", children(b"moov", iter([(0, len(head))])))))
    pictures = (track for track in tracks if next(children(b"vmhd", iter([track])), None))
    (description, _end) = next(children(b"stsd", children(b"stbl", pictures)))
    # Past the table's version, flags and count, its first entry: type and size, then 24 bytes to the width.
    width, height = struct.unpack_from(">HH", head, description + 8 + 32)
    return width, height
