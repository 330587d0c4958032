"""Removes personal metadata from a file without touching the pixels: what is kept stays the same to the byte.

`plan` says what to keep, `pieces_size` how long that is, `apply` yields it. Here are the walks through PNG
(W3C PNG, third edition, section 5), WebP (RFC 9649) and GIF (GIF89a); JPEG and video have their own modules.
Why this is our own code: docs/adr/0002-metadata-removal.md.

Bytes after an image's end go too where they are known to be personal: there phones put a second picture with its own
GPS (MPF), a video or a trailer of their own, and there a careless crop leaves what was cropped.
"""

import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from asset_api.media import exif_orientation, file_types, jpeg, video
from asset_api.media.file_types import MediaType
from asset_api.media.reader import Reader
from asset_api.media.rewriting import (
    Edit,
    Insert,
    Keep,
    MalformedImage,
    Piece,
    RangeReader,
    ReadAhead,
    Zeros,
    after_edits,
    apply,
    cut_trailer,
    pieces_size,
)

__all__ = [
    "ContentCredentials",
    "Insert",
    "Keep",
    "MalformedImage",
    "Piece",
    "RangeReader",
    "Removal",
    "Zeros",
    "apply",
    "inspect_untouched",
    "pieces_size",
    "plan",
]

ContentCredentials = Literal["kept", "removed", "none"]
"""What became of a file's C2PA manifest."""

# No real file comes near a thousand edits. One with more than these was made to be slow.
_MAX_EDITS = 10_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_MANIFEST = b"caBX"
# zxIf is eXIf's predecessor.
_PNG_REMOVED = frozenset({b"eXIf", b"zxIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", _PNG_MANIFEST})
_PNG_SOFTWARE = b"Software\x00"

_WEBP_REMOVED = frozenset({b"EXIF", b"XMP ", b"C2PA"})
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B
_GIF_COMMENT, _GIF_APPLICATION = 0xFE, 0xFF
# Looping and colour. The others carry XMP, IPTC and content credentials, and change nothing that is shown.
_GIF_KEPT_APPLICATIONS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})


class Removal(NamedTuple):
    """The `pieces` to publish of a file; None where all of it is published as it was sent."""

    pieces: tuple[Piece, ...] | None
    content_credentials: ContentCredentials


def plan(file: Reader, media_type: MediaType) -> Removal:
    """Decide what to publish of a file.

    A C2PA manifest signs every other byte of the file, so it is kept only where nothing is removed. Reads forward, at
    most 1 MiB at a time, so a file of 50 MiB in some 50 reads. Raises `MalformedImage` for an image that cannot be
    followed to its end, since what was not followed could hold anything; only a JPEG cut off within its scans is
    followed to where it stops: such files are common and can be viewed.
    """
    edits: list[Edit] = []
    has_manifest = False
    for edit in _WALKS[media_type](file):
        edits.append(edit)
        has_manifest = has_manifest or edit.is_manifest
        if len(edits) > _MAX_EDITS:
            raise MalformedImage("metadata is scattered over too many places")
    if all(edit.is_manifest for edit in edits):
        return Removal(None, "kept" if has_manifest else "none")
    return Removal(after_edits(edits, file.size), "removed" if has_manifest else "none")


def inspect_untouched(file: Reader, media_type: MediaType) -> Removal:
    """Report on a file that is published as it is: one that a model generated, or where nothing may be removed.

    Takes any file. Stops reading at its manifest, and looks for an image's in its head.
    """
    if media_type.kind == "image":
        file = Reader(file.source, min(file.size, file_types.HEAD_BYTES))
    try:
        has_manifest = any(edit.is_manifest for edit in _WALKS[media_type](file))
    except MalformedImage:
        has_manifest = False
    return Removal(None, "kept" if has_manifest else "none")


def _png(file: ReadAhead) -> Iterator[Edit]:
    if file.read(0, 8) != _PNG_SIGNATURE:
        raise MalformedImage("no PNG signature")
    position, kind, exif_seen = 8, b"", False
    while kind != b"IEND":
        header = file.read(position, 8)
        start, kind, data = position, header[4:], position + 8
        position = data + int.from_bytes(header[:4], "big") + 4
        if position > file.size or not kind.isalpha():
            raise MalformedImage(f"the PNG chunk at byte {start} is not one, or not all there")
        if kind == b"eXIf" and not exif_seen:
            exif_seen = True
            tiff = exif_orientation.replacement(file, data, position - 4)
            if tiff is not None:
                yield Edit(start, position, tiff and _png_exif(tiff))
        elif kind in _PNG_REMOVED and not _png_names_software(file, kind, data, position - 4):
            yield Edit(start, position, is_manifest=kind == _PNG_MANIFEST)
    yield from cut_trailer(file, position)


def _png_names_software(file: ReadAhead, kind: bytes, data: int, end: int) -> bool:
    """A text by which a program names itself, as plotting and drawing programs do: nobody's."""
    return kind == b"tEXt" and end - data > len(_PNG_SOFTWARE) and file.read(data, len(_PNG_SOFTWARE)) == _PNG_SOFTWARE


def _png_exif(tiff: bytes) -> bytes:
    return len(tiff).to_bytes(4, "big") + b"eXIf" + tiff + zlib.crc32(b"eXIf" + tiff).to_bytes(4, "big")


def _webp(file: ReadAhead) -> Iterator[Edit]:
    header = file.read(0, 12)
    riff_size = int.from_bytes(header[4:8], "little")
    if header[:4] != b"RIFF" or header[8:] != b"WEBP" or not 4 < riff_size <= file.size - 8:
        raise MalformedImage("no WebP header, or not the whole file it announces")
    flags_at, grown, edited, exif_seen, exif_stays = None, 0, False, False, False
    for kind, start, data, end in _webp_chunks(file, riff_size + 8):
        if kind == b"VP8X" and data < end:
            flags_at = data
        replacement = b"" if kind in _WEBP_REMOVED else None
        if kind == b"EXIF" and not exif_seen:
            exif_seen = True
            replacement = _webp_exif(file, data, end)
            exif_stays = replacement != b""
        if replacement is not None:
            edited = True
            grown += len(replacement) - (end - start)
            yield Edit(start, end, replacement)
    if edited and flags_at is not None:
        cleared = _WEBP_XMP_FLAG if exif_stays else _WEBP_XMP_FLAG | _WEBP_EXIF_FLAG
        yield Edit(flags_at, flags_at + 1, bytes([file.read(flags_at, 1)[0] & ~cleared]))
    if grown:
        yield Edit(4, 8, (riff_size + grown).to_bytes(4, "little"))
    yield from cut_trailer(file, riff_size + 8)


def _webp_exif(file: ReadAhead, data: int, end: int) -> bytes | None:
    tiff = exif_orientation.replacement(file, data, end)
    return tiff and b"EXIF" + len(tiff).to_bytes(4, "little") + tiff


def _webp_chunks(file: ReadAhead, riff_end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Each chunk's type, where it starts, where its data starts, and where the next one starts."""
    position = 12
    while position < riff_end:
        header = file.read(position, 8)
        data = position + 8
        end = data + int.from_bytes(header[4:], "little")
        if end > riff_end:
            raise MalformedImage(f"the WebP chunk at byte {position} is not all there")
        # Writers have left out the byte that pads the last chunk to an even length.
        following = min(end + (end - data) % 2, riff_end)
        yield header[:4], position, data, following
        position = following


def _gif(file: ReadAhead) -> Iterator[Edit]:
    header = file.read(0, 13)
    if header[:6] not in (b"GIF87a", b"GIF89a"):
        raise MalformedImage("no GIF signature")
    position = 13 + _gif_colour_table_length(header[10])
    if position > file.size:
        raise MalformedImage("the GIF ends within its colour table")
    # Not every writer ends with a trailer; then the last block ends the file.
    while position < file.size:
        start, kind = position, file.read(position, 1)[0]
        if kind == _GIF_TRAILER:
            yield from cut_trailer(file, start + 1)
            return
        if kind == _GIF_EXTENSION:
            stays = _gif_extension_stays(file, start + 1)
            position = _gif_sub_blocks_end(file, start + 2)
            if not stays:
                yield Edit(start, position)
        elif kind == _GIF_IMAGE:
            table = _gif_colour_table_length(file.read(start + 9, 1)[0])
            # The descriptor, its colour table, and the byte that gives the code size.
            position = _gif_sub_blocks_end(file, start + 10 + table + 1)
        else:
            raise MalformedImage(f"no GIF block begins at byte {start}")


def _gif_colour_table_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_sub_blocks_end(file: ReadAhead, position: int) -> int:
    while length := file.read(position, 1)[0]:
        position += 1 + length
    return position + 1


def _gif_extension_stays(file: ReadAhead, label_at: int) -> bool:
    label = file.read(label_at, 1)[0]
    if label != _GIF_APPLICATION:
        return label != _GIF_COMMENT
    return file.read(label_at + 1, 1) == b"\x0b" and file.read(label_at + 2, 11) in _GIF_KEPT_APPLICATIONS


_WALKS = {
    file_types.JPEG: jpeg.edits,
    file_types.PNG: _png,
    file_types.WEBP: _webp,
    file_types.GIF: _gif,
    file_types.MP4: video.edits,
    file_types.QUICKTIME: video.edits,
}
