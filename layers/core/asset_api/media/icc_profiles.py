"""Colour profiles (ICC.1, section 7.2), which are kept if their header is a profile's: any bytes can be called one."""

import zlib

HEADER_BYTES = 128
# How much of a profile tells: its size comes first, its signature last.
ENOUGH_BYTES = 40
_SIGNATURE = b"acsp"
# A name of at most 79 characters, the zero after it, and the method (PNG, section 11.3.2.3).
_LONGEST_PNG_NAME = 79


def declared_size(head: bytes) -> int:
    """The size, in bytes, that the profile which begins with `head` states. 0 where it is no profile."""
    size = int.from_bytes(head[:4], "big")
    return size if head[36:40] == _SIGNATURE and size >= HEADER_BYTES else 0


def is_profile(head: bytes, available: int) -> bool:
    """Tell whether `available` bytes that begin with `head` hold a profile."""
    return 0 < declared_size(head) <= available


def is_png_profile(head: bytes) -> bool:
    """Tell whether an `iCCP` chunk whose data begin with `head`, 1 KiB of them or all, holds a compressed profile.

    Inflates no more than the profile's beginning.
    """
    end = head.find(b"\0", 0, _LONGEST_PNG_NAME + 1)
    if end < 1:
        return False
    try:
        return declared_size(zlib.decompressobj().decompress(head[end + 2 :], ENOUGH_BYTES)) > 0
    except zlib.error:
        return False
