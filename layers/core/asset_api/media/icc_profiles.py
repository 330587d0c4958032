"""Color profiles (ICC.1, section 7.2), recognized by their header: other data is also stored under their name."""

import zlib

HEADER_BYTES = 128
# Enough to recognize a profile: from its size to its signature.
ENOUGH_BYTES = 40
_SIGNATURE = b"acsp"
# A name of at most 79 characters, the zero after it, and the method (PNG, section 11.3.2.3).
_LONGEST_PNG_NAME = 79


def declared_size(head: bytes) -> int:
    """Read the size in bytes that a profile's header states; 0 if `head` does not begin a profile."""
    size = int.from_bytes(head[:4], "big")
    return size if head[36:40] == _SIGNATURE and size >= HEADER_BYTES else 0


def is_profile(head: bytes, available: int) -> bool:
    """Tell whether `head` begins a profile that fits into `available` bytes."""
    return 0 < declared_size(head) <= available


def is_png_profile(head: bytes) -> bool:
    """Tell whether an `iCCP` chunk holds a compressed profile. `head` is the first 1 KiB of its data, or all of it.

    Inflates only the beginning of the profile.
    """
    end = head.find(b"\0", 0, _LONGEST_PNG_NAME + 1)
    if end < 1:
        return False
    try:
        return declared_size(zlib.decompressobj().decompress(head[end + 2 :], ENOUGH_BYTES)) > 0
    except zlib.error:
        return False
