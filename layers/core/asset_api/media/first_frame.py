"""Truncation of animations to their first frame, because decoders read the headers of all frames before decoding one.

50 MB can contain millions of frames, for which libwebp takes minutes, and libnsgif most of a gigabyte.
"""

import struct
from mmap import mmap

from asset_api.media.file_types import GIF, WEBP, MediaType

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, b";"
_GIF_HEADER, _WEBP_HEADER, _WEBP_CHUNK_HEADER = 13, 12, 8


def cut(file: mmap, media_type: MediaType) -> int:
    """Prepare the file for truncation after its first frame; return the length to truncate to.

    A file of another type, or one that ends within its first frame, is not changed.
    """
    if media_type == GIF:
        end = _gif_end(file)
        if 0 < end < len(file):
            file[end : end + 1] = _GIF_TRAILER
            return end + 1
    elif media_type == WEBP:
        end = _webp_end(file)
        if 0 < end < len(file):
            file[4:8] = struct.pack("<I", end - 8)
            return end
    return len(file)


def _gif_end(file: mmap) -> int:
    """Find the end of the first image (GIF89a, sections 20 to 26); 0 if there is none."""
    size = len(file)
    if size < _GIF_HEADER:
        return 0
    position = _GIF_HEADER + _color_table_length(file[10])
    while position + 10 < size:
        kind = file[position]
        if kind == _GIF_IMAGE:
            # The descriptor, its color table, and the byte that gives the code size.
            return _sub_blocks_end(file, position + 11 + _color_table_length(file[position + 9]))
        if kind == _GIF_EXTENSION:
            position = _sub_blocks_end(file, position + 2)
        elif kind == 0:  # padding, which decoders skip
            position += 1
        else:
            return 0
    return 0


def _color_table_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks_end(file: mmap, position: int) -> int:
    size = len(file)
    while position < size and (length := file[position]):
        position += 1 + length
    return min(position + 1, size)


def _webp_end(file: mmap) -> int:
    """Find the end of an animation's first frame (RFC 9649, section 2.7.1); 0 if there is none."""
    position, size = _WEBP_HEADER, len(file)
    while position + _WEBP_CHUNK_HEADER <= size:
        kind, length = struct.unpack_from("<4sI", file, position)
        position += _WEBP_CHUNK_HEADER + length + length % 2
        if kind == b"ANMF":
            return min(int(position), size)
    return 0
