"""Real files of the allowed types, in every common form."""

import struct
from functools import partial

from PIL import Image

from asset_api.media.file_types import GIF, HEAD_BYTES, JPEG, MP4, PNG, QUICKTIME, WEBP, MediaType
from tests import media
from tests.media import Encoder, audio, box, boxes, encoded, index_first, picture, video

MP4_BRANDS = (
    *(b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV"),
    *(b"M4V ", b"M4VH", b"M4VP", b"XAVC", b"hvc1", b"MP42", b"mp4v"),
)


def branded(brand: bytes, compatible: bytes = b"isommp42") -> bytes:
    """A real MP4 whose `ftyp` has `brand` as its major brand, and the usual compatible brands."""
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


def gif_with_a_local_color_table() -> bytes:
    """A GIF with a local color table (GIF89a, section 21), and none in its header."""
    whole = encoded(picture(64, 48, "P"), "GIF")
    table_end = 13 + 3 * (2 << (whole[10] & 7))
    descriptor = whole[table_end : table_end + 9] + bytes([0x80 | whole[10] & 7])
    return whole[:10] + bytes(3) + descriptor + whole[13:table_end] + whole[table_end + 10 :]


def gif_with_zeros(count: int) -> bytes:
    """A GIF with stray bytes before its first block, and before its end."""
    whole = media.gif()
    start = 13 + 3 * (2 << (whole[10] & 7))
    return b"".join((whole[:start], bytes(count), whole[start:-1], bytes(count), whole[-1:]))


def jpeg_with(stray: bytes) -> bytes:
    """A JPEG with bytes between its first and its second segment."""
    end_of_first = 4 + int.from_bytes(media.jpeg()[4:6], "big")
    return media.jpeg()[:end_of_first] + stray + media.jpeg()[end_of_first:]


def index_beyond_the_head(movie: bytes) -> bytes:
    """`movie` with its index after more samples than the head holds, as encoders write it."""
    *others, index = boxes(movie)
    return b"".join((*others, box(b"mdat", bytes(2 * HEAD_BYTES)), index))


def in_index(movie: bytes, before: bytes) -> bytes:
    """`movie` with another box at the start of its index, which must be its last box."""
    *others, index = boxes(movie)
    return b"".join((*others, box(b"moov", before + index[8:])))


def without_box(movie: bytes, kind: bytes) -> bytes:
    """`movie` with every box of a type turned into free space."""
    return movie.replace(kind, b"free")


ALLOWED: dict[str, tuple[MediaType, Encoder]] = {
    "jpeg baseline": (JPEG, media.jpeg),
    "jpeg with exif": (JPEG, partial(media.jpeg, exif=True)),
    "jpeg progressive": (JPEG, partial(media.jpeg, progressive=True)),
    "jpeg cmyk": (JPEG, lambda: encoded(picture(64, 48, "CMYK"), "JPEG")),
    "jpeg gray": (JPEG, lambda: encoded(picture(64, 48, "L"), "JPEG")),
    "jpeg optimized": (JPEG, lambda: encoded(picture(64, 48), "JPEG", optimize=True)),
    "jpeg with restarts": (JPEG, lambda: encoded(picture(64, 48), "JPEG", restart_marker_rows=1)),
    "jpeg with fill bytes": (JPEG, lambda: media.jpeg()[:2] + b"\xff\xff" + media.jpeg()[2:]),
    "jpeg with stray bytes between segments": (JPEG, lambda: jpeg_with(b"left over")),
    "jpeg with padding between segments": (JPEG, lambda: jpeg_with(bytes(300))),
    "jpeg with an escaped byte between segments": (JPEG, lambda: jpeg_with(b"ab\xff\x00cd\xff\xff")),
    "jpeg with a restart before its frame": (JPEG, lambda: jpeg_with(b"\xff\xd3")),
    "jpeg with a number of lines before its frame": (JPEG, lambda: jpeg_with(b"\xff\xdc\0\4\0\x30")),
    "jpeg with a segment too short for its length": (JPEG, lambda: jpeg_with(b"\xff\xe5\0\0")),
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
    "gif with a local color table": (GIF, gif_with_a_local_color_table),
    "gif with zeros between blocks": (GIF, lambda: gif_with_zeros(3)),
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
        lambda: b"".join(
            (
                boxes(media.mp4())[0],
                *(struct.pack(">I4sQ", 1, b"mdat", 16 + HEAD_BYTES), bytes(HEAD_BYTES)),
                boxes(media.mp4())[-1],
            )
        ),
    ),
    **{f"mp4 brand {brand.decode()}": (MP4, partial(branded, brand, brand)) for brand in MP4_BRANDS},
    "mp4 index last": (MP4, lambda: index_beyond_the_head(media.mp4())),
    "mp4 whose handler alone tells the track": (MP4, lambda: without_box(media.mp4(), b"vmhd")),
    "mp4 whose media header alone tells the track": (MP4, lambda: media.mp4().replace(b"vide", b"\0\0\0\0", 1)),
    "mp4 whose index begins with another box": (MP4, lambda: in_index(media.mp4(), box(b"abcd", bytes(8)))),
    "mp4 that begins as a segment": (MP4, lambda: box(b"styp", b"dash\0\0\0\0dash") + media.mp4()),
    "mov": (QUICKTIME, media.mov),
    "mov index last": (QUICKTIME, lambda: index_beyond_the_head(media.mov())),
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
