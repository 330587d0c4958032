"""Two files of the same size and MD5, so of the same ETag: a picture that is accepted, and a page that is refused.

Both begin with the same GIF comment. Within two blocks on which MD5 collides, one byte, the length of a part of the
comment, differs by 128: in one file the comment ends before a picture, in the other before a page. The blocks were
found in seven seconds by Marc Stevens' md5fastcoll ("Fast Collision Attack on MD5", 2006).
"""

import base64

_TEXT = b"One of two files with the same MD5: twin "
# A screen of one pixel, black and white; a comment, whose second part ends at the byte that differs.
_PREFIX = b"GIF89a\1\0\1\0\x80\0\0" + b"\0\0\0\xff\xff\xff" + b"\x21\xfe" + bytes([len(_TEXT)]) + _TEXT + bytes([123])
_COLLISION_OF_PICTURE = (
    "AXweIs2jBndk/sCdjShmE68Fn52aWhOVVyp5zftMEGosxr7kTKwTeusFPfnOjy5pCufvmwnMXOiJciOPmx7Nzo7X"
    "4P/g4wwFYW/ooUNDlO84FKn+C/eAHeHXEs3YcVmyB2cfvm0ro+eDpaAvxDpXwpai5IHPTIqUGpKgZobupaw="
)
_COLLISION_OF_PAGE = (
    "AXweIs2jBndk/sCdjShmE68Fnx2aWhOVVyp5zftMEGosxr7kTKwTeusFPfnODy9pCufvmwnMXOiJciMPmx7Nzo7X"
    "4P/g4wwFYW/ooUNDlO84FKl+C/eAHeHXEs3YcVmyB2cfvm0ro+eDpaAvxLpWwpai5IHPTIqUGpKg5obupaw="
)
# Where the next part of the comment begins in either file: 102 or 230 bytes after the byte that differs.
_PICTURE_AT, _PAGE_AT = 290, 418
_END_OF_COMMENT = b"\0"
_PICTURE = b"\x2c\0\0\0\0\1\0\1\0\0" + b"\2\2\x44\1\0" + b"\x3b"
_PAGE = b"<!doctype html><script>alert(document.domain)</script>"


def _twin(collision: str) -> bytes:
    begin = _PREFIX + base64.b64decode(collision)
    suffix = (_END_OF_COMMENT + _PICTURE).rjust(_PICTURE_AT - len(begin) + 1 + len(_PICTURE), b"-")
    suffix += (_END_OF_COMMENT + _PAGE).rjust(_PAGE_AT - len(begin) - len(suffix) + 1 + len(_PAGE), b"-")
    return begin + suffix


PICTURE, PAGE = _twin(_COLLISION_OF_PICTURE), _twin(_COLLISION_OF_PAGE)
