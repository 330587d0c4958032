"""What `inspection` takes files for: real ones of the allowed types, their near relatives, and forgeries."""

import struct
import zlib
from functools import cache, partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asset_api.inspection import HEAD_BYTES, detect, dimensions
from asset_api.media_types import GIF, JPEG, MP4, PNG, QUICKTIME, SUPPORTED, WEBP, MediaType
from tests import media
from tests.media import Encoder, audio, box, boxes, encoded, index_first, picture, video

MP4_BRANDS = (
    *(b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV"),
    *(b"M4V ", b"M4VH", b"M4VP", b"XAVC", b"hvc1"),
)
# HEIF and AVIF pictures, audio, 3GPP and 3GPP2, Adobe's, JPEG 2000, Canon's raw, Smooth Streaming, unknown.
RELATED_BRANDS = (
    *(b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"avci"),
    *(b"M4A ", b"M4B ", b"M4P ", b"3gp4", b"3gp5", b"3gp6", b"3gg6", b"3g2a", b"3g2b"),
    *(b"f4v ", b"F4V ", b"f4a ", b"jp2 ", b"jpx ", b"mjp2", b"crx ", b"isml", b"\0\0\0\0", b"abcd"),
)


def branded(brand: bytes, compatible: bytes = b"isommp42") -> bytes:
    """A real MP4 whose `ftyp` names `brand` as its major one, and the usual ones as compatible."""
    return b"".join((box(b"ftyp", brand + struct.pack(">I", 512) + compatible), *boxes(media.mp4())[1:]))


def animated_png() -> bytes:
    frames = [picture(64, 48, phase=phase) for phase in range(3)]
    return encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])


def jpeg_with_metadata(size: int) -> bytes:
    """A JPEG that carries `size` bytes of vendor metadata before its picture."""
    segments, left = b"", size
    while left > 0:
        part = min(left, 65_533)
        segments += b"\xff\xef" + struct.pack(">H", part + 2) + bytes(part)
        left -= part
    return media.jpeg()[:2] + segments + media.jpeg()[2:]


def gif_with_comment(size: int) -> bytes:
    """A GIF with a comment extension (GIF89a, section 24) of at least `size` bytes before its picture."""
    whole = encoded(picture(64, 48, "P"), "GIF", comment=b"x")
    comment = b"\xff" + b"x" * 255
    return whole.replace(b"\x21\xfe\x01x\x00", b"\x21\xfe" + comment * (size // 255 + 1) + b"\0")


def gif_with_a_local_colour_table() -> bytes:
    """A GIF whose only colours stand with its picture (GIF89a, section 21), none in its header."""
    whole = encoded(picture(64, 48, "P"), "GIF")
    table_end = 13 + 3 * (2 << (whole[10] & 7))
    descriptor = whole[table_end : table_end + 9] + bytes([0x80 | whole[10] & 7])
    return whole[:10] + bytes(3) + descriptor + whole[13:table_end] + whole[table_end + 10 :]


def riff(form: bytes, chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + form + chunks


def ihdr(width: int = 64, height: int = 48, kind: bytes = b"IHDR") -> bytes:
    body = kind + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


ALLOWED: dict[str, tuple[MediaType, Encoder]] = {
    "jpeg baseline": (JPEG, media.jpeg),
    "jpeg with exif": (JPEG, partial(media.jpeg, exif=True)),
    "jpeg progressive": (JPEG, partial(media.jpeg, progressive=True)),
    "jpeg cmyk": (JPEG, lambda: encoded(picture(64, 48, "CMYK"), "JPEG")),
    "jpeg grey": (JPEG, lambda: encoded(picture(64, 48, "L"), "JPEG")),
    "jpeg optimized": (JPEG, lambda: encoded(picture(64, 48), "JPEG", optimize=True)),
    "jpeg with restarts": (JPEG, lambda: encoded(picture(64, 48), "JPEG", restart_marker_rows=1)),
    "jpeg with fill bytes": (JPEG, lambda: media.jpeg()[:2] + b"\xff\xff" + media.jpeg()[2:]),
    "jpeg without an application segment": (JPEG, lambda: media.jpeg()[:2] + media.jpeg()[20:]),
    "jpeg multi-picture": (
        JPEG,
        lambda: encoded(picture(64, 48), "MPO", save_all=True, append_images=[picture(8, 8)]),
    ),
    "jpeg with 200 KB of metadata": (JPEG, lambda: jpeg_with_metadata(200_000)),
    "jpeg with a zip archive behind it": (JPEG, lambda: media.jpeg() + b"PK\x03\x04" + bytes(30)),
    "jpeg with a tar header inside": (
        JPEG,
        lambda: jpeg_with_metadata(600)[:257] + b"ustar" + jpeg_with_metadata(600)[262:],
    ),
    "jpeg whose comment is a page": (
        JPEG,
        lambda: encoded(picture(64, 48), "JPEG", comment=b"<html><script>"),
    ),
    "png": (PNG, media.png),
    "png animated": (PNG, animated_png),
    "png 16-bit": (PNG, lambda: encoded(Image.new("I;16", (64, 48), 40_000), "PNG")),
    "png palette": (PNG, lambda: encoded(picture(64, 48, "P"), "PNG")),
    "png with alpha": (PNG, lambda: encoded(picture(64, 48, "RGBA"), "PNG")),
    "png bilevel": (PNG, lambda: encoded(picture(64, 48, "1"), "PNG")),
    "png with an archive behind it": (PNG, lambda: media.png() + b"PK\x05\x06" + bytes(18)),
    "gif 87a": (GIF, lambda: encoded(picture(64, 48, "P"), "GIF")),
    "gif 89a": (GIF, lambda: encoded(picture(64, 48, "P"), "GIF", comment=b"89a")),
    "gif animated": (GIF, media.gif),
    "gif with a local colour table": (GIF, gif_with_a_local_colour_table),
    "gif with 200 KB of comment": (GIF, lambda: gif_with_comment(200_000)),
    "gif with a page behind it": (GIF, lambda: media.gif() + b"<script>alert(1)</script>"),
    "webp lossy": (WEBP, media.webp),
    "webp lossless": (WEBP, partial(media.webp, lossless=True)),
    "webp animated": (WEBP, partial(media.webp, frames=3)),
    "webp with exif": (WEBP, lambda: encoded(picture(64, 48), "WEBP", exif=b"Exif\0\0II*\0")),
    "webp with alpha": (WEBP, lambda: encoded(picture(64, 48, "RGBA"), "WEBP")),
    "mp4": (MP4, media.mp4),
    "mp4 h264": (MP4, lambda: video("mp4", "libx264")),
    "mp4 index first": (MP4, lambda: index_first(media.mp4())),
    "mp4 fragmented": (MP4, lambda: video("mp4", flags="frag_keyframe+empty_moov+default_base_moof")),
    "mp4 dash": (MP4, lambda: video("mp4", flags="dash+frag_keyframe+empty_moov", brand="dash")),
    "mp4 padded": (MP4, partial(media.padded_mp4, 1_000_000)),
    "mp4 with sound": (MP4, lambda: audio("mp4")),
    "m4v": (MP4, lambda: video("ipod")),
    "mp4 free first": (MP4, lambda: box(b"free", bytes(8)) + media.mp4()),
    "mp4 with one brand": (MP4, lambda: branded(b"mp42", b"")),
    "mp4 with 64-bit mdat": (
        MP4,
        lambda: boxes(media.mp4())[0] + struct.pack(">I4sQ", 1, b"mdat", 2**33) + bytes(HEAD_BYTES),
    ),
    **{f"mp4 brand {brand.decode()}": (MP4, partial(branded, brand, brand)) for brand in MP4_BRANDS},
    "mov": (QUICKTIME, media.mov),
    "mov index first": (QUICKTIME, lambda: index_first(media.mov())),
    "mov brand qt": (QUICKTIME, partial(branded, b"qt  ")),
    "mov legacy wide": (QUICKTIME, media.legacy_quicktime),
    "mov legacy moov": (QUICKTIME, lambda: index_first(b"".join(boxes(media.mov())[2:]))),
    "mov legacy mdat": (QUICKTIME, lambda: b"".join(boxes(media.mov())[2:])),
    "mov legacy free": (QUICKTIME, lambda: box(b"free", bytes(100)) + media.legacy_quicktime()),
    "mov legacy skip": (QUICKTIME, lambda: box(b"skip", bytes(100)) + media.legacy_quicktime()),
    "mov legacy preview": (
        QUICKTIME,
        lambda: box(b"pnot", bytes(12)) + box(b"PICT", bytes(200)) + media.legacy_quicktime(),
    ),
    "mov legacy mdat larger than the head": (
        QUICKTIME,
        lambda: box(b"mdat", bytes(200_000)) + boxes(media.mov())[-1],
    ),
}

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
    "mp4 then text": lambda: boxes(media.mp4())[0] + b"<script>alert(1)</script>",
    "moov then text": lambda: b"\0\0\x40\0moov<script>alert(1)</script>",
    "moov of nothing": lambda: box(b"moov") + box(b"mdat", bytes(20)),
    "mdat alone": lambda: box(b"mdat", bytes(50)),
    "wide alone": lambda: box(b"wide"),
    "free alone": lambda: box(b"free", bytes(100)),
    "media segment without an index": lambda: box(b"styp", b"msdh\0\0\0\0msdh") + box(b"moof", bytes(40)),
}


@cache
def head(encoder: Encoder) -> bytes:
    return encoder()[:HEAD_BYTES]


# Where metadata or video data fill the head, so that the size stands behind it.
NO_DIMENSIONS = (
    *("jpeg with 200 KB of metadata", "mp4 with 64-bit mdat", "mov legacy mdat larger than the head"),
    "mp4 with sound",  # and nothing else
)


@pytest.mark.parametrize(("media_type", "encoder"), ALLOWED.values(), ids=ALLOWED)
def test_recognizes_every_form_of_an_allowed_type(media_type: MediaType, encoder: Encoder) -> None:
    assert detect(head(encoder)) is media_type


@pytest.mark.parametrize("encoder", REFUSED.values(), ids=REFUSED)
def test_refuses_relatives_forgeries_and_fragments(encoder: Encoder) -> None:
    assert detect(head(encoder)) is None


@pytest.mark.parametrize(("extension", "encoder"), media.SAMPLES.items(), ids=media.SAMPLES)
def test_recognizes_the_sample_of_every_supported_extension(extension: str, encoder: Encoder) -> None:
    media_type = detect(encoder())
    assert media_type is not None
    assert extension in media_type.extensions


@pytest.mark.parametrize("name", ALLOWED)
def test_tells_the_stored_size_wherever_the_head_holds_it(name: str) -> None:
    media_type, encoder = ALLOWED[name]
    assert dimensions(head(encoder), media_type) == (None if name in NO_DIMENSIONS else (64, 48))


def test_tells_the_size_as_stored_of_a_rotated_photo() -> None:
    assert dimensions(media.jpeg(120, 80, exif=True), JPEG) == (120, 80)


@pytest.mark.parametrize("lossless", [False, True])
def test_tells_sizes_that_need_more_than_one_byte(lossless: bool) -> None:
    assert dimensions(media.webp(1030, 517, lossless=lossless), WEBP) == (1030, 517)
    assert dimensions(media.gif(1030, 517, frames=1), GIF) == (1030, 517)


def test_tells_no_size_of_a_file_of_another_type() -> None:
    for other in SUPPORTED:
        if other is not PNG:
            assert dimensions(media.png(), other) is None


def test_tells_no_size_of_a_picture_without_area() -> None:
    assert dimensions(media.gif()[:6] + bytes(4) + media.gif()[10:], GIF) is None


def test_reads_no_further_than_the_head() -> None:
    whole = jpeg_with_metadata(200_000)
    assert detect(whole) is JPEG
    assert detect(whole[:HEAD_BYTES] + b"not a segment") is JPEG
    assert dimensions(whole, JPEG) is None


def test_takes_a_head_shorter_than_its_limit_for_the_whole_file() -> None:
    assert detect(jpeg_with_metadata(200_000)[: HEAD_BYTES - 1]) is None
    assert detect(gif_with_comment(200_000)[: HEAD_BYTES - 1]) is None
    assert detect(media.mp4()[: len(media.mp4()) // 4]) is None


EXAMPLES = [head(encoder) for _, encoder in ALLOWED.values()] + [head(encoder) for encoder in REFUSED.values()]
SUPPORTED_OR_NONE = {*SUPPORTED, None}


@given(st.binary(max_size=300), st.sampled_from(EXAMPLES), st.integers(0, 300))
def test_never_raises_on_any_bytes(noise: bytes, example: bytes, kept: int) -> None:
    for hostile in (noise, example[:kept] + noise, example[:kept] + noise + example[kept:]):
        assert detect(hostile) in SUPPORTED_OR_NONE
        for media_type in SUPPORTED:
            size = dimensions(hostile, media_type)
            assert size is None or min(size) > 0


@given(st.sampled_from(list(ALLOWED)), st.data())
def test_a_file_cut_short_never_turns_into_another_type(name: str, data: st.DataObject) -> None:
    media_type, encoder = ALLOWED[name]
    kept = data.draw(st.integers(0, len(head(encoder))))
    assert detect(head(encoder)[:kept]) in (media_type, None)
    assert dimensions(head(encoder)[:kept], media_type) in ((64, 48), None)


@given(st.sampled_from(list(ALLOWED)), st.lists(st.integers(0, 8 * 100 - 1), min_size=1, max_size=3))
def test_a_file_with_flipped_bits_never_turns_into_another_type(name: str, bits: list[int]) -> None:
    media_type, encoder = ALLOWED[name]
    flipped = bytearray(head(encoder))
    for bit in bits:
        flipped[bit // 8 % len(flipped)] ^= 1 << bit % 8
    assert detect(bytes(flipped)) in (media_type, None)


@pytest.mark.parametrize("name", ALLOWED)
def test_a_single_flipped_bit_anywhere_in_the_beginning_never_makes_another_type(name: str) -> None:
    media_type, encoder = ALLOWED[name]
    for bit in range(8 * min(64, len(head(encoder)))):
        flipped = bytearray(head(encoder))
        flipped[bit // 8] ^= 1 << bit % 8
        assert detect(bytes(flipped)) in (media_type, None)
