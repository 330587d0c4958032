"""Files with personal metadata, and checks of every removal."""

import io
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache

from PIL import ExifTags, Image, ImageCms, ImageSequence, PngImagePlugin

from asset_api.media.file_types import GIF, JPEG, PNG, WEBP, MediaType
from asset_api.media.metadata_removal import RemovalPlan, plan
from asset_api.media.reader import Reader
from asset_api.media.rewriting import Piece, apply, pieces_size
from tests import media

MIB = 1024 * 1024
IMAGES = (JPEG, PNG, WEBP, GIF)
# Every text in a sample contains this, and every EXIF block has this latitude in either byte order.
SECRET = b"Ada Lovelace"
LATITUDE = (51.0, 30.0, 26.0)
GPS = tuple(struct.pack(order + "6I", 51, 1, 30, 1, 26, 1) for order in "<>")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@dataclass
class Bytes:
    """A file in memory that records its reads."""

    data: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    def read(self, start: int, length: int, /) -> bytes:
        assert start >= 0
        assert length > 0
        self.reads.append((start, length))
        return self.data[start : start + length]


def removal(data: bytes, media_type: MediaType) -> RemovalPlan:
    return plan(Reader(Bytes(data), len(data)), media_type)


def planned(data: bytes, media_type: MediaType) -> tuple[Piece, ...] | None:
    return removal(data, media_type).pieces


def published(data: bytes, media_type: MediaType) -> bytes:
    """Remove the metadata, and check the properties of every removal."""
    pieces = planned(data, media_type)
    if pieces is None:
        return data
    assert all(pieces_size([piece]) > 0 for piece in pieces)
    chunks = list(apply(pieces, Bytes(data)))
    assert all(1 <= len(chunk) <= MIB for chunk in chunks)
    result = b"".join(chunks)
    assert len(result) == pieces_size(pieces)
    assert planned(result, media_type) is None, "removing again would remove more"
    return result


def is_clean(data: bytes) -> bool:
    return not any(secret in data for secret in (SECRET, *GPS))


def frames(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


def orientation_of(data: bytes) -> int | None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        value = image.getexif().get(ExifTags.Base.Orientation)
        assert value is None or isinstance(value, int)
        return value


def exif(orientation: int | None = None, *, order: str = ">") -> bytes:
    """Make a camera's EXIF with GPS and names, after the `Exif` prefix that Pillow writes."""
    block = Image.Exif()
    block.endian = order
    block[ExifTags.Base.Artist] = SECRET.decode()
    block[ExifTags.Base.Make] = "Analytical Engine"
    if orientation is not None:
        block[ExifTags.Base.Orientation] = orientation
    block.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: LATITUDE, 3: "W", 4: (0.1, 7.0, 39.0)})
    return block.tobytes()


def shaded(phase: int = 0) -> Image.Image:
    return media.picture(48, 32, phase=phase)


def encoded(image_format: str, **options: object) -> bytes:
    return media.encoded(shaded(), image_format, **options)


def segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(payload) + 2) + payload


def after_soi(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def before_iend(png: bytes, *chunks: bytes) -> bytes:
    return png[:-12] + b"".join(chunks) + png[-12:]


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def webp_of(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def sub_blocks(data: bytes) -> bytes:
    parts = (data[start : start + 255] for start in range(0, len(data), 255))
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def with_gif_extensions(gif: bytes, *extensions: bytes) -> bytes:
    """Add extensions to a GIF after its global color table."""
    start = 13 + (3 << ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0)
    return gif[:start] + b"".join(extensions) + gif[start:]


GIF_XMP = b"\x21\xff\x0bXMP DataXMP" + XMP + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
GIF_IPTC = b"\x21\xff\x0bMGK8BIM0000" + sub_blocks(SECRET)


def animated_gif(**options: object) -> bytes:
    more = [shaded(1), shaded(2)]
    return encoded("GIF", save_all=True, append_images=more, loop=0, duration=40, **options)


@cache
def clean(media_type: MediaType) -> bytes:
    if media_type is GIF:
        return animated_gif()
    options: dict[str, object] = {"icc_profile": ICC}
    if media_type is JPEG:
        options |= {"progressive": True, "restart_marker_blocks": 2}
    return encoded(media_type.extensions[-1].upper(), **options)


def png_text() -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", SECRET.decode())
    text.add_text("Comment", SECRET.decode() * 50, zip=True)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add(b"tIME", struct.pack(">HBBBBB", 2025, 11, 15, 12, 34, 56))
    return text


@cache
def personal(media_type: MediaType, orientation: int | None = None) -> bytes:
    """Make a file with every kind of personal metadata of its type, and the pixels and profile of `clean`."""
    block = exif(orientation)
    if media_type is JPEG:
        extended = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP)
        iptc = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x11\x1c\x02\x50\0\x0c" + SECRET)
        comment: dict[str, object] = {"comment": SECRET, "progressive": True, "restart_marker_blocks": 2}
        jpeg = encoded("JPEG", exif=block, xmp=XMP, icc_profile=ICC, **comment)
        return after_soi(jpeg, extended, iptc)
    if media_type is PNG:
        png = encoded("PNG", exif=block, icc_profile=ICC, pnginfo=png_text())
        return before_iend(png, chunk(b"tEXt", b"Author\0" + SECRET))
    if media_type is WEBP:
        return encoded("WEBP", exif=block, xmp=XMP, icc_profile=ICC)
    return with_gif_extensions(animated_gif(comment=SECRET), GIF_XMP, GIF_IPTC)
