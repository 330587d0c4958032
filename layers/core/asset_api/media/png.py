"""Metadata in PNGs: the chunks that do not affect the picture (W3C PNG, third edition, section 5)."""

import re
import zlib
from collections.abc import Iterator

from asset_api.media import exif_orientation, icc_profiles
from asset_api.media.content_credentials import Manifest
from asset_api.media.reader import MIB, MalformedFile, Reader
from asset_api.media.rewriting import Edit, cut_trailer

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The picture, its animation, its colors, its physical size. `mDCv` and `cLLi` are the names in drafts; `vpAg` and
# `oFFs` place the picture on a canvas.
_PICTURE = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT")
_COLORS = (b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"mDCv", b"cLLi", b"bKGD")
_KEPT = frozenset((*_PICTURE, *_COLORS, b"hIST", b"pHYs", b"oFFs", b"vpAg", b"sTER"))
_EXIF, _TEXT, _MANIFEST, _PROFILE = b"eXIf", b"tEXt", b"caBX", b"iCCP"
_HEAD_OF_A_PROFILE = 1024
# Names of common programs are not personal: a file with nothing else to remove is served unchanged.
_PROGRAM = re.compile(
    rb"Software\x00(?:Matplotlib version ?[\d.]+(?:, https?://matplotlib\.org/)?|Adobe ImageReady|www\.inkscape\.org"
    rb"|gnome-screenshot|GIMP [\d.]+|Lavc[\d.]+|Paint\.NET v?[\d.]+|Mathematica|ImageMagick [\w. :/()-]+)"
)
_LONGEST_PROGRAM = 128


def edits(file: Reader) -> Iterator[Edit]:
    """Yield the edits that remove chunks, and everything after the last. Raises `MalformedFile` at a broken chunk."""
    if file.read(0, 8) != _SIGNATURE:
        raise MalformedFile("no PNG signature")
    position, kind, exif_seen = 8, b"", False
    while kind != b"IEND":
        header = file.read(position, 8)
        start, kind, data = position, header[4:], position + 8
        position = data + int.from_bytes(header[:4], "big") + 4
        if position > file.size or not kind.isalpha():
            raise MalformedFile(f"the PNG chunk at byte {start} is malformed or truncated")
        if kind == _EXIF and not exif_seen:
            exif_seen = True
            tiff = exif_orientation.replacement(file, data, position - 4)
            if tiff is not None:
                yield Edit(start, position, tiff and _chunk(kind, tiff))
        elif kind == _MANIFEST:
            yield Edit(start, position, manifest=_manifest(file, data, position - 4))
        elif kind == _PROFILE:
            if not icc_profiles.is_png_profile(file.read(data, min(position - 4 - data, _HEAD_OF_A_PROFILE))):
                yield Edit(start, position)
        elif kind not in _KEPT and not (kind == _TEXT and _is_program_name(file, data, position - 4)):
            yield Edit(start, position)
    yield from cut_trailer(file, position)


def _is_program_name(file: Reader, data: int, end: int) -> bool:
    return end - data <= _LONGEST_PROGRAM and _PROGRAM.fullmatch(file.read(data, end - data)) is not None


def _manifest(file: Reader, data: int, end: int) -> Manifest:
    manifest = Manifest()
    for start in range(data, end, MIB):
        manifest.feed(file.read(start, min(MIB, end - start)))
    return manifest


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
