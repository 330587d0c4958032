"""Metadata in GIFs: the extensions that do not affect the picture (GIF89a, sections 23 to 26)."""

from collections.abc import Iterator

from asset_api.media import icc_profiles
from asset_api.media.content_credentials import Manifest
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.rewriting import Edit, cut_trailer

_EXTENSION, _IMAGE, _TRAILER, _PADDING = 0x21, 0x2C, 0x3B, 0x00
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
# Repetition, and the color profile. Other application extensions carry XMP and IPTC and do not affect the picture.
_LOOPING, _COLOR_PROFILE = (b"NETSCAPE2.0", b"ANIMEXTS1.0"), b"ICCRGBG1012"
# Introducer, label, name; then at most a repetition count (5 bytes), a buffer size (6) and the terminator.
_LONGEST_LOOPING = 14 + 5 + 6 + 1
_MANIFEST = b"C2PA_GIF\x01\x00\x00"


def edits(file: Reader) -> Iterator[Edit]:
    """Yield the edits that remove extensions, and everything after the last block.

    The trailer may be missing: some writers leave it out. Bytes that begin no block end the file, as they do in
    browsers. Raises `MalformedFile` if they come before any picture, or if a block is incomplete.
    """
    header = file.read(0, 13)
    if header[:6] not in (b"GIF87a", b"GIF89a"):
        raise MalformedFile("no GIF signature")
    position = 13 + _color_table_length(header[10])
    if position > file.size:
        raise MalformedFile("the GIF ends within its color table")
    has_picture = False
    while position < file.size:
        start, kind = position, file.read(position, 1)[0]
        if kind == _TRAILER:
            yield from cut_trailer(file, start + 1)
            return
        if kind == _EXTENSION:
            position = _sub_blocks_end(file, start + 2)
            yield from _extension(file, start, position)
        elif kind == _IMAGE:
            table = _color_table_length(file.read(start + 9, 1)[0])
            # The descriptor, its color table, and the byte that gives the code size.
            position = _sub_blocks_end(file, start + 10 + table + 1)
            has_picture = True
        elif kind == _PADDING:
            position += 1
        elif has_picture:
            yield Edit(start, file.size, bytes((_TRAILER,)))
            return
        else:
            raise MalformedFile(f"no GIF block begins at byte {start}")


def _color_table_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks_end(file: Reader, position: int) -> int:
    while length := file.read(position, 1)[0]:
        position += 1 + length
    return position + 1


def _extension(file: Reader, start: int, end: int) -> Iterator[Edit]:
    head = file.read(start, min(end - start, 14))
    if head[1] == _GRAPHIC_CONTROL:
        return
    name = head[3:] if head[1] == _APPLICATION and head[2] == 11 else b""
    if name == _MANIFEST:
        yield Edit(start, end, manifest=_manifest(file, start + 14))
    elif name == _COLOR_PROFILE:
        if not icc_profiles.is_profile(_beginning(file, start + 14), end - start):
            yield Edit(start, end)
    elif not (name in _LOOPING and end - start <= _LONGEST_LOOPING):
        yield Edit(start, end)


def _beginning(file: Reader, position: int) -> bytes:
    """Read enough of the sub-blocks at `position` to recognize a color profile."""
    found = b""
    while len(found) < icc_profiles.ENOUGH_BYTES and (length := file.read(position, 1)[0]):
        found += file.read(position + 1, length)
        position += 1 + length
    return found


def _manifest(file: Reader, position: int) -> Manifest:
    manifest = Manifest()
    while length := file.read(position, 1)[0]:
        manifest.feed(file.read(position + 1, length))
        position += 1 + length
    return manifest
