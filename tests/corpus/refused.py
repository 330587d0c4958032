"""Near relatives of the allowed types, forgeries and fragments: files that must be refused."""

import struct
import zlib
from functools import partial

from asset_api.media.file_types import HEAD_BYTES
from tests import media
from tests.corpus.allowed import branded, gif_with_comment, index_beyond_the_head, jpeg_with, jpeg_with_metadata
from tests.media import Encoder, audio, box, boxes, encoded, index_first, picture, video

# HEIF and AVIF pictures, audio, 3GPP and 3GPP2, Adobe's, JPEG 2000, Canon's raw, Smooth Streaming, unknown.
RELATED_BRANDS = (
    *(b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"avci"),
    *(b"M4A ", b"M4B ", b"M4P ", b"3gp4", b"3gp5", b"3gp6", b"3gg6", b"3g2a", b"3g2b"),
    *(b"f4v ", b"F4V ", b"f4a ", b"jp2 ", b"jpx ", b"mjp2", b"crx ", b"isml", b"\0\0\0\0", b"abcd"),
)


def riff(form: bytes, chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + form + chunks


def ihdr(width: int = 64, height: int = 48, kind: bytes = b"IHDR") -> bytes:
    body = kind + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


REFUSED: dict[str, Encoder] = {
    "empty": bytes,
    "one byte": lambda: b"\xff",
    "zeros": lambda: bytes(1000),
    **{f"brand {brand!r}": partial(branded, brand) for brand in RELATED_BRANDS},
    "avif": lambda: encoded(picture(64, 48), "AVIF"),
    "heic": lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(4) + box(b"hdlr", bytes(24))),
    "m4a": lambda: audio("ipod"),
    "3gp": lambda: video("3gp"),
    "3g2": lambda: video("3g2"),
    "f4v": lambda: video("f4v", "libx264"),
    "webm": lambda: video("webm", "libvpx"),
    "mkv": lambda: video("matroska"),
    "avi": lambda: video("avi"),
    "wav": lambda: audio("wav", "pcm_s16le"),
    "mpeg-ts": lambda: video("mpegts", "mpeg2video"),
    "mpeg": lambda: video("mpeg", "mpeg2video"),
    "flv": lambda: video("flv", "flv"),
    "tiff": lambda: encoded(picture(64, 48), "TIFF"),
    "bmp": lambda: encoded(picture(64, 48), "BMP"),
    "ico": lambda: encoded(picture(64, 48), "ICO"),
    "jpeg 2000": lambda: encoded(picture(64, 48), "JPEG2000"),
    "jpeg 2000 codestream": lambda: encoded(picture(64, 48), "JPEG2000", no_jp2=True),
    "jpeg xl": lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ") + box(b"jxlc", bytes(40)),
    "jpeg xl codestream": lambda: b"\xff\x0a" + bytes(100),
    "jpeg xr": lambda: b"II\xbc\x01" + bytes(100),
    "jpeg-ls": lambda: (
        b"\xff\xd8\xff\xf7\0\x0b\x08\0\x30\0\x40\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0" + bytes(99)
    ),
    "psd": lambda: b"8BPS\0\x01" + bytes(100),
    "mng": lambda: b"\x8aMNG\r\n\x1a\n\0\0\0\x1cMHDR" + bytes(32),
    "pdf": lambda: encoded(picture(64, 48), "PDF"),
    "eps": lambda: encoded(picture(64, 48), "EPS"),
    "svg": lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": lambda: b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "javascript": lambda: b"alert(1)//" + media.jpeg(),
    "zip": lambda: b"PK\x03\x04\x14\0\0\0\0\0" + bytes(100),
    "gzip": lambda: b"\x1f\x8b\x08\0" + bytes(100),
    "executable": lambda: b"MZ\x90\0" + bytes(100),
    "text that begins like a gif": lambda: b"GIF89a is a format of 1989, " * 9,
    "gif that is a script": lambda: b"GIF89a=1;/*" + bytes(60) + b"*/alert(1)",
    "gif then nonsense": lambda: b"GIF89a" + bytes(range(200)),
    "gif then zeros": lambda: b"GIF89a" + bytes(500),
    "gif then a page": lambda: b"GIF89a<script>alert(1)</script>" + bytes(500),
    "gif of another version": lambda: media.gif().replace(b"GIF89a", b"GIF88a", 1),
    "gif without a picture": lambda: media.gif()[:13] + b";",
    "png signature then nonsense": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
    "png with another chunk first": lambda: b"\x89PNG\r\n\x1a\n" + ihdr(kind=b"IDAT") + ihdr(),
    "png with a wrong checksum": lambda: media.png()[:29] + b"\0\0\0\0" + media.png()[33:],
    "png without width": lambda: b"\x89PNG\r\n\x1a\n" + ihdr(width=0),
    "png of more pixels than there can be": lambda: b"\x89PNG\r\n\x1a\n" + ihdr(width=2**31),
    "png sent as text": lambda: media.png().replace(b"\r\n", b"\n"),
    "jpeg start then nonsense": lambda: b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>" * 9,
    "jpeg start then text": lambda: b"\xff\xd8\xff<script>alert(1)</script>",
    "jpeg start only": lambda: b"\xff\xd8\xff",
    "jpeg of two starts": lambda: b"\xff\xd8" + media.jpeg(),
    "jpeg start then fill bytes": lambda: b"\xff\xd8" + b"\xff" * HEAD_BYTES,
    "jpeg scan without a frame": lambda: b"\xff\xd8\xff\xda\0\x08\x01\x01\0\0\0\0" + bytes(100),
    "jpeg lossless": lambda: media.jpeg().replace(b"\xff\xc0\0\x11", b"\xff\xc3\0\x11"),
    "webp with a wrong size": lambda: b"RIFF\x04\0\0\0" + media.webp()[8:],
    "webp of an unknown chunk": lambda: riff(b"WEBP", b"VP9 " + media.webp()[16:]),
    "webp without a start code": lambda: media.webp()[:23] + b"\0\0\0" + media.webp()[26:],
    "riff of another form": lambda: riff(b"WEBQ", media.webp()[12:]),
    "mp4 of a ftyp alone": lambda: boxes(media.mp4())[0],
    "mp4 with an endless ftyp": lambda: b"\0\0\0\0" + media.mp4()[4:],
    "mp4 with a huge ftyp": lambda: b"\x7f\xff\xff\xff" + media.mp4()[4:],
    "mp4 with a tiny ftyp": lambda: b"\0\0\0\x08" + media.mp4()[4:],
    "mp4 cut off within its index": lambda: media.mp4()[:-1],
    "mov cut off within its index": lambda: index_first(media.mov())[:400],
    "mp4 then text": lambda: boxes(media.mp4())[0] + b"<script>alert(1)</script>",
    "mp4 of many bytes without an index": lambda: boxes(media.mp4())[0] + box(b"mdat", bytes(2 * HEAD_BYTES)),
    "mp4 of many bytes cut off within its index": lambda: index_beyond_the_head(media.mp4())[:-1],
    "jpeg of many bytes without a picture": lambda: jpeg_with_metadata(200_000)[:190_000],
    "jpeg start then a segment then text": lambda: b"\xff\xd8\xff\xe0\0\2" + b"<script>alert(1)</script>" * 9_000,
    "gif of many bytes without a picture": lambda: gif_with_comment(200_000)[:190_000],
    "jpeg of two frames": lambda: media.jpeg().replace(
        b"\xff\xc0", media.jpeg()[(at := media.jpeg().index(b"\xff\xc0")) : at + 19] + b"\xff\xc0"
    ),
    "jpeg with a reserved marker": lambda: jpeg_with(b"\xff\x02\0\4ab"),
    "jpeg that ends before its frame": lambda: jpeg_with(b"\xff\xd9"),
    "gif with a graphic control of another length": lambda: media.gif().replace(b"\x21\xf9\x04", b"\x21\xf9\x05"),
    "moov then text": lambda: b"\0\0\x40\0moov<script>alert(1)</script>",
    "moov of nothing": lambda: box(b"moov") + box(b"mdat", bytes(20)),
    "mdat alone": lambda: box(b"mdat", bytes(50)),
    "wide alone": lambda: box(b"wide"),
    "free alone": lambda: box(b"free", bytes(100)),
    "media segment without an index": lambda: box(b"styp", b"msdh\0\0\0\0msdh") + box(b"moof", bytes(40)),
}
