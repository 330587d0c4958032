"""Metadata removal: what goes from real files and forgeries, and that nothing else does."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageSequence, PngImagePlugin

from asset_api.media import exif_orientation, metadata_removal
from asset_api.media.file_types import GIF, JPEG, MP4, PNG, QUICKTIME, SUPPORTED, WEBP, MediaType
from asset_api.media.metadata_removal import (
    Insert,
    Keep,
    MalformedImage,
    Piece,
    apply,
    inspect_untouched,
    pieces_size,
    plan,
)
from asset_api.media.reader import Reader
from tests import media

MIB = 1024 * 1024
IMAGES = (JPEG, PNG, WEBP, GIF)
# Every text put into a fixture contains this, and every EXIF block this latitude, in one byte order or the other.
SECRET = b"Ada Lovelace"
LATITUDE = (51.0, 30.0, 26.0)
GPS = tuple(struct.pack(order + "6I", 51, 1, 30, 1, 26, 1) for order in "<>")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@dataclass
class Bytes:
    """A file in memory that records what was read of it."""

    data: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    def read(self, start: int, length: int, /) -> bytes:
        assert start >= 0
        assert length > 0
        self.reads.append((start, length))
        return self.data[start : start + length]


def planned(data: bytes, media_type: MediaType) -> tuple[Piece, ...] | None:
    return plan(Reader(Bytes(data), len(data)), media_type).pieces


def published(data: bytes, media_type: MediaType) -> bytes:
    """The file after removal, with what must hold of any removal checked on the way."""
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


def exif(orientation: int | None = None, *, order: str = ">") -> bytes:
    """EXIF with GPS and names, as a camera writes it, after the `Exif` prefix that Pillow puts before it."""
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


def sub_blocks(data: bytes) -> bytes:
    parts = (data[start : start + 255] for start in range(0, len(data), 255))
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def with_gif_extensions(gif: bytes, *extensions: bytes) -> bytes:
    """The GIF with extensions after its global colour table."""
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
    """A file with every kind of personal metadata its type has, and the pixels and profile of `clean`."""
    block = exif(orientation)
    if media_type is JPEG:
        extended = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP)
        iptc = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x11\x1c\x02\x50\0\x0c" + SECRET)
        comment: dict[str, object] = {"comment": SECRET, "progressive": True, "restart_marker_blocks": 2}
        jpeg = encoded("JPEG", exif=block, xmp=XMP, icc_profile=ICC, **comment)
        return after_soi(jpeg, extended, iptc)
    if media_type is PNG:
        png = encoded("PNG", exif=block, icc_profile=ICC, pnginfo=png_text())
        return png[:-12] + chunk(b"tEXt", b"Author\0" + SECRET) + png[-12:]
    if media_type is WEBP:
        return encoded("WEBP", exif=block, xmp=XMP, icc_profile=ICC)
    return with_gif_extensions(animated_gif(comment=SECRET), GIF_XMP, GIF_IPTC)


def frames(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


def orientation_of(data: bytes) -> int | None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        value = image.getexif().get(ExifTags.Base.Orientation)
        assert value is None or isinstance(value, int)
        return value


# What is taken out, and what is not.


@pytest.mark.parametrize("media_type", IMAGES)
def test_removes_everything_personal_and_keeps_every_pixel(media_type: MediaType) -> None:
    before = personal(media_type)
    after = published(before, media_type)
    assert SECRET in before
    assert media_type is GIF or any(latitude in before for latitude in GPS)
    assert is_clean(after)
    assert frames(after) == frames(before)
    with Image.open(io.BytesIO(after)) as image:
        image.load()
        assert not image.getexif()
        assert not {"xmp", "photoshop", "comment", "exif", "Author", "Comment"} & image.info.keys()


@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP])
def test_keeps_the_colour_profile(media_type: MediaType) -> None:
    with Image.open(io.BytesIO(published(personal(media_type, 6), media_type))) as image:
        assert image.info["icc_profile"] == ICC


@pytest.mark.parametrize("media_type", IMAGES)
def test_leaves_a_file_without_metadata_as_it_is(media_type: MediaType) -> None:
    assert planned(clean(media_type), media_type) is None


@pytest.mark.parametrize("media_type", [JPEG, PNG])
def test_a_cleaned_file_is_the_one_that_never_had_metadata(media_type: MediaType) -> None:
    assert published(personal(media_type), media_type) == clean(media_type)


@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_keeps_the_orientation(media_type: MediaType, orientation: int) -> None:
    after = published(personal(media_type, orientation), media_type)
    assert is_clean(after)
    assert orientation_of(after) == orientation
    assert frames(after) == frames(personal(media_type))


@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP])
@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_keeps_no_exif_for_an_upright_image(media_type: MediaType, orientation: int) -> None:
    assert orientation_of(published(personal(media_type, orientation), media_type)) is None


@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP])
@pytest.mark.parametrize("order", ["<", ">"])
def test_leaves_an_exif_block_that_only_states_the_orientation(media_type: MediaType, order: str) -> None:
    block = Image.Exif()
    block.endian = order
    block[ExifTags.Base.Orientation] = 8
    data = encoded(media_type.extensions[-1].upper(), exif=block.tobytes())
    assert orientation_of(data) == 8
    assert planned(data, media_type) is None


def test_reads_the_orientation_in_either_byte_order() -> None:
    for order in "<>":
        assert orientation_of(published(encoded("JPEG", exif=exif(6, order=order)), JPEG)) == 6


@pytest.mark.parametrize(
    "tiff", [b"", b"MM\0*", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\0\0\0\x08\0\x02" + bytes(9)]
)
def test_takes_an_exif_block_it_cannot_read_for_upright(tiff: bytes) -> None:
    assert exif_orientation.orientation(tiff) == 1


@pytest.mark.parametrize(("kind", "count", "value"), [(4, 1, 6), (3, 2, 6), (3, 1, 0), (3, 1, 9)])
def test_takes_an_orientation_it_does_not_know_for_upright(kind: int, count: int, value: int) -> None:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ExifTags.Base.Orientation, kind, count, value, 0, 0)
    assert published(after_soi(clean(JPEG), segment(0xE1, b"Exif\0\0" + tiff)), JPEG) == clean(JPEG)


def test_reads_the_orientation_after_either_prefix() -> None:
    data = after_soi(clean(JPEG), segment(0xE1, b"Exif\0\xff" + exif(6)[6:]))
    assert orientation_of(published(data, JPEG)) == 6


# JPEG.


@pytest.mark.parametrize("code", [0xE0, 0xE2, 0xE4, 0xEB, 0xEC, 0xEF, 0xFE])
def test_removes_jpeg_segments_private_to_a_program(code: int) -> None:
    assert published(after_soi(clean(JPEG), segment(code, b"MPF\0" + SECRET)), JPEG) == clean(JPEG)


def test_keeps_the_adobe_segment_that_says_how_colours_are_coded() -> None:
    cmyk = media.encoded(media.picture(48, 32, "CMYK"), "JPEG")
    assert b"Adobe" in cmyk
    assert planned(cmyk, JPEG) is None
    assert frames(published(after_soi(cmyk, segment(0xFE, SECRET)), JPEG)) == frames(cmyk)


def test_cuts_a_multi_picture_file_down_to_its_first_picture() -> None:
    several = encoded("MPO", save_all=True, append_images=[shaded(1)], exif=exif(6))
    assert b"MPF\0" in several
    after = published(several + encoded("JPEG", exif=exif()), JPEG)
    assert is_clean(after)
    assert b"MPF\0" not in after
    assert after.count(b"\xff\xd8\xff") == 1
    assert frames(after) == frames(several)[:1]


@pytest.mark.parametrize("media_type", IMAGES)
def test_cuts_what_follows_the_end_of_the_image(media_type: MediaType) -> None:
    assert published(clean(media_type) + b"\0\0\0\x18ftypmp42" + SECRET, media_type) == clean(media_type)


@pytest.mark.parametrize("media_type", IMAGES)
@pytest.mark.parametrize(
    "padding", [b"\0" * 4096, b"\xff\xff", b"\r\n", b"\xff\xd9", b"PK\x03\x04 <script>", bytes(range(256)) * 9]
)
def test_leaves_what_is_not_personal_after_the_end_of_the_image(media_type: MediaType, padding: bytes) -> None:
    assert planned(clean(media_type) + padding, media_type) is None


def test_removes_segments_between_the_scans_of_a_progressive_jpeg() -> None:
    second_scan = clean(JPEG).index(b"\xff\xda", clean(JPEG).index(b"\xff\xda") + 2)
    between = clean(JPEG)[:second_scan].rindex(b"\xff\xc4")
    data = clean(JPEG)[:between] + segment(0xFE, SECRET) + clean(JPEG)[between:]
    assert published(data, JPEG) == clean(JPEG)


def test_removes_what_a_badly_measured_segment_spills() -> None:
    spilling = segment(0xE1, exif()[:20]) + exif()[20:]
    after = published(after_soi(clean(JPEG), spilling), JPEG)
    assert after == clean(JPEG)


def test_takes_a_jpeg_cut_off_within_its_scans() -> None:
    data = personal(JPEG, 6)
    cut_off = data[: data.rindex(b"\xff\xda") + 40]
    after = published(cut_off, JPEG)
    assert is_clean(after)
    assert after.endswith(cut_off[-40:])


def test_refuses_a_jpeg_cut_off_before_its_first_scan() -> None:
    with pytest.raises(MalformedImage, match="JPEG"):
        planned(clean(JPEG)[: clean(JPEG).index(b"\xff\xda")], JPEG)


def test_uses_the_first_of_several_exif_segments() -> None:
    data = after_soi(clean(JPEG), segment(0xE1, exif(6)), segment(0xE1, exif(3)))
    after = published(data, JPEG)
    assert orientation_of(after) == 6
    assert after.count(b"Exif\0\0") == 1


@pytest.mark.parametrize(
    "stamp", [b"Lavc61.19.101\0", b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n", b"Created with GIMP"]
)
def test_keeps_a_comment_by_which_an_encoder_names_itself(stamp: bytes) -> None:
    stamped = clean(JPEG)[:2] + segment(0xFE, stamp) + clean(JPEG)[2:]
    assert published(stamped, JPEG) == stamped
    named = clean(JPEG)[:2] + segment(0xFE, stamp + b" by " + SECRET) + clean(JPEG)[2:]
    assert published(named, JPEG) == clean(JPEG)


def test_keeps_a_png_text_by_which_a_program_names_itself() -> None:
    data = b"Software\0Matplotlib version3.10"
    chunk = len(data).to_bytes(4, "big") + b"tEXt" + data + zlib.crc32(b"tEXt" + data).to_bytes(4, "big")
    stamped = clean(PNG)[:33] + chunk + clean(PNG)[33:]
    assert published(stamped, PNG) == stamped


def test_finds_a_marker_that_straddles_two_windows() -> None:
    for shift in range(-3, 3):
        scan = clean(JPEG).index(b"\xff\xda")
        header_end = scan + 2 + int.from_bytes(clean(JPEG)[scan + 2 : scan + 4], "big")
        filler = b"\x11" * (MIB - header_end + shift)
        data = clean(JPEG)[:header_end] + filler + segment(0xFE, SECRET) + b"\xff\xd9" + b"Exif\x00\x00" + SECRET
        assert published(data, JPEG) == clean(JPEG)[:header_end] + filler + b"\xff\xd9"


# A JPEG that stops within its last scan.
OPEN_SCAN = clean(JPEG)[:-2]


@pytest.mark.parametrize(
    "leftover",
    [
        OPEN_SCAN + personal(JPEG),
        OPEN_SCAN + segment(0xFE, SECRET),
        OPEN_SCAN + segment(0xFE, SECRET)[:-3],
        OPEN_SCAN + segment(0xFE, b"") + SECRET,
    ],
    ids=["another image", "a comment", "a part of a comment", "bytes of no segment"],
)
def test_removes_what_follows_a_scan_that_stops(leftover: bytes) -> None:
    assert published(leftover, JPEG) == OPEN_SCAN


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\xff\xc4", b"\xff\xc4\0", b"\xff\xc8\0\0\x11", b"\xff\xff\xd9"])
def test_leaves_what_belongs_to_a_scan(rest: bytes) -> None:
    assert planned(OPEN_SCAN + rest, JPEG) is None


@pytest.mark.parametrize("length", [b"\0\0", b"\0\x01", b"\xff\xff"])
def test_refuses_a_jpeg_segment_of_an_impossible_length(length: bytes) -> None:
    with pytest.raises(MalformedImage, match="impossible length"):
        planned(after_soi(clean(JPEG), b"\xff\xe1" + length), JPEG)


# PNG, WebP, GIF.


def test_leaves_png_chunks_it_does_not_know() -> None:
    data = clean(PNG)[:-12] + chunk(b"prVt", b"what a program left") + clean(PNG)[-12:]
    assert planned(data, PNG) is None


def test_writes_png_chunks_with_a_right_checksum() -> None:
    after = published(personal(PNG, 3), PNG)
    start = after.index(b"eXIf")
    length = int.from_bytes(after[start - 4 : start], "big")
    body_end = start + 4 + length
    assert zlib.crc32(after[start:body_end]) == int.from_bytes(after[body_end : body_end + 4], "big")


@pytest.mark.parametrize(("orientation", "flag"), [(None, 0), (6, 0x08)])
def test_webp_announces_the_metadata_and_the_size_it_has(orientation: int | None, flag: int) -> None:
    after = published(personal(WEBP, orientation), WEBP)
    assert int.from_bytes(after[4:8], "little") == len(after) - 8
    assert after[12:16] == b"VP8X"
    assert after[20] & (0x08 | 0x04) == flag


def test_keeps_the_frames_of_an_animated_webp() -> None:
    more = [shaded(1), shaded(2)]
    data = encoded("WEBP", save_all=True, append_images=more, exif=exif(6), xmp=XMP, lossless=True)
    after = published(data, WEBP)
    assert is_clean(after)
    assert len(frames(after)) == 3
    assert frames(after) == frames(data)


def test_a_cleaned_gif_still_loops() -> None:
    after = published(personal(GIF), GIF)
    assert after == animated_gif()
    with Image.open(io.BytesIO(after)) as image:
        assert image.info["loop"] == 0


def test_takes_a_gif_without_its_trailer() -> None:
    assert published(personal(GIF)[:-1], GIF) == clean(GIF)[:-1]


@pytest.mark.parametrize("media_type", [PNG, WEBP, GIF])
def test_refuses_a_file_that_is_cut_off(media_type: MediaType) -> None:
    for length in (0, 5, 12, 40, len(personal(media_type)) - 2):
        with pytest.raises(MalformedImage):
            planned(personal(media_type)[:length], media_type)


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data


def webp_of(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def test_takes_a_webp_whose_last_chunk_is_not_padded() -> None:
    assert planned(webp_of(clean(WEBP)[12:] + riff_chunk(b"ABCD", b"odd")), WEBP) is None


def test_finds_webp_metadata_after_a_padded_chunk() -> None:
    before = clean(WEBP)[12:] + riff_chunk(b"ABCD", b"odd") + b"\0"
    assert published(webp_of(before + riff_chunk(b"XMP ", XMP)), WEBP)[12:] == before


def test_refuses_a_webp_chunk_that_ends_beyond_the_file_it_is_in() -> None:
    beyond = webp_of(riff_chunk(b"VP8L", b"more")[:-2]) + SECRET
    for data in (beyond, webp_of(b"")):
        with pytest.raises(MalformedImage, match="WebP"):
            planned(data, WEBP)


def test_keeps_one_of_several_exif_chunks() -> None:
    webp = webp_of(clean(WEBP)[12:] + riff_chunk(b"EXIF", exif(6)) + riff_chunk(b"EXIF", exif(3)))
    assert published(webp, WEBP).count(b"EXIF") == 1
    png = clean(PNG)[:-12] + chunk(b"eXIf", exif(6)) + chunk(b"eXIf", exif(3)) + clean(PNG)[-12:]
    assert published(png, PNG).count(b"eXIf") == 1


def test_refuses_a_png_chunk_whose_type_is_not_letters() -> None:
    with pytest.raises(MalformedImage, match="PNG chunk"):
        planned(clean(PNG)[:-12] + chunk(b"tE\0t", b"") + clean(PNG)[-12:], PNG)


def test_removes_a_gif_extension_that_only_begins_like_looping() -> None:
    extension = b"\x21\xff" + sub_blocks(b"NETSCAPE2.0" + SECRET)
    assert published(with_gif_extensions(clean(GIF), extension), GIF) == clean(GIF)


# Video.


def in_movie(movie: bytes, *boxes: bytes) -> bytes:
    """The movie with more boxes at the end of `moov`, which ffmpeg puts last, so that no offset moves."""
    start = movie.rindex(b"moov") - 4
    return movie[:start] + media.box(b"moov", movie[start + 8 :] + b"".join(boxes))


def video_frames(movie: bytes) -> list[bytes]:
    with av.open(io.BytesIO(movie), "r") as container:
        return [b"".join(bytes(plane) for plane in frame.planes) for frame in container.decode(video=0)]


PLACE = b"+51.5074-000.1278/"
IPHONE = media.box(
    b"meta",
    media.box(b"keys", bytes(7) + b"\x01" + media.box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
    + media.box(b"ilst", media.box(b"\0\0\0\x01", media.box(b"data", bytes(8) + PLACE))),
)
LOCATIONS = (
    media.box(b"udta", media.box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE) + media.box(b"\xa9nam", b"Film")),
    media.box(b"udta", media.box(b"loci", bytes(6) + PLACE)),
    media.box(b"trak", media.box(b"udta", media.box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE))),
    IPHONE,
    media.box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + PLACE),
    media.box(b"udta", struct.pack(">I4sQ", 1, b"XMP_", 16 + len(PLACE)) + PLACE),
)


@pytest.mark.parametrize("location", LOCATIONS)
def test_blanks_where_a_video_was_filmed_in_place(location: bytes) -> None:
    before = in_movie(media.mp4(), location)
    after = published(before, MP4)
    assert PLACE in before
    assert PLACE not in after
    assert len(after) == len(before)
    assert after.startswith(media.mp4()[: media.mp4().rindex(b"moov") - 4])


def test_a_video_without_its_location_plays_as_before() -> None:
    before = in_movie(media.mp4(), LOCATIONS[0])
    assert video_frames(published(before, MP4)) == video_frames(before)


def test_leaves_a_video_without_a_location_as_it_is() -> None:
    assert planned(media.mp4(), MP4) is None
    assert planned(media.mov(), QUICKTIME) is None


@pytest.mark.parametrize(
    "last",
    [
        struct.pack(">I4s", 7, b"skip"),
        struct.pack(">I4sQ", 1, b"skip", 0),
        struct.pack(">I4s", 999, b"uuid"),
        struct.pack(">I4s", 0, b"skip"),
    ],
    ids=["too short", "too short in 64 bits", "too long", "to the end"],
)
def test_a_last_box_of_any_size_ends_a_video(last: bytes) -> None:
    assert planned(media.mp4() + last, MP4) is None
    assert PLACE not in published(in_movie(media.mp4(), LOCATIONS[0]) + last, MP4)


def test_blanks_a_last_box_that_reaches_to_the_end() -> None:
    xmp = struct.pack(">I4s", 0, b"uuid") + bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + SECRET
    assert is_clean(published(media.mp4() + xmp, MP4))


def test_blanks_large_boxes_with_little_memory() -> None:
    pieces = planned(in_movie(media.mp4(), media.box(b"udta", media.box(b"\xa9xyz", PLACE * 400_000))), MP4)
    assert pieces is not None
    assert max(len(piece.data) for piece in pieces if isinstance(piece, Insert)) == 4


# Cost.


def large_jpeg() -> bytes:
    scan = clean(JPEG).rindex(b"\xff\xd9")
    return clean(JPEG)[:scan] + b"\x11\x22\xff\x00" * (20 * MIB // 4) + b"\xff\xd9"


def large_png() -> bytes:
    return clean(PNG)[:-12] + chunk(b"IDAT", bytes(8192)) * 2560 + clean(PNG)[-12:]


def large_gif() -> bytes:
    image = b"\x2c" + bytes(9) + b"\x08" + sub_blocks(b"\x11" * (20 * MIB))
    return clean(GIF)[:-1] + image + b";"


@pytest.mark.parametrize(("make", "media_type"), [(large_jpeg, JPEG), (large_png, PNG), (large_gif, GIF)])
def test_reads_a_large_file_once_in_large_windows(make: Callable[[], bytes], media_type: MediaType) -> None:
    source = Bytes(make())
    assert plan(Reader(source, len(source.data)), media_type).pieces is None
    assert max(length for _, length in source.reads) <= MIB
    assert len(source.reads) <= len(source.data) // MIB + 3


def test_does_not_read_the_body_of_a_large_chunk() -> None:
    source = Bytes(clean(PNG)[:-12] + chunk(b"IDAT", bytes(20 * MIB)) + clean(PNG)[-12:])
    assert plan(Reader(source, len(source.data)), PNG).pieces is None
    assert len(source.reads) == 2


def test_applies_many_small_pieces_in_few_reads() -> None:
    data = bytes(range(256)) * 8192
    pieces = tuple(Keep(start, start + 100) for start in range(0, len(data), 256))
    source = Bytes(data)
    assert b"".join(apply(pieces, source)) == bytes(range(100)) * 8192
    assert len(source.reads) <= 3


def test_refuses_metadata_in_too_many_places() -> None:
    with pytest.raises(MalformedImage, match="scattered"):
        planned(clean(PNG)[:-12] + chunk(b"tEXt", b"") * 10_001 + clean(PNG)[-12:], PNG)


def test_refuses_a_file_of_too_many_parts() -> None:
    one_byte_blocks = b"\x2c" + bytes(9) + b"\x08" + b"\x01\x11" * 1_000_001 + b"\0;"
    with pytest.raises(MalformedImage, match="parts"):
        planned(clean(GIF)[:-1] + one_byte_blocks, GIF)


def test_refuses_a_file_shorter_than_it_was_said_to_be() -> None:
    with pytest.raises(MalformedImage, match="stated size"):
        plan(Reader(Bytes(clean(PNG)), len(clean(PNG)) + 1), PNG)
    with pytest.raises(MalformedImage, match="stated size"):
        list(apply((Keep(0, 100),), Bytes(b"short")))


# Whatever the bytes.


def survives(data: bytes, media_type: MediaType) -> None:
    """Is refused, or rewritten so that removing again changes nothing, in a number of reads that is bounded."""
    source = Bytes(data)
    try:
        plan(Reader(source, len(data)), media_type)
        published(data, media_type)
    except MalformedImage:
        return
    finally:
        assert len(source.reads) <= len(data) // MIB + 8


def prefixes() -> Iterator[tuple[MediaType, bytes]]:
    yield JPEG, b"\xff\xd8"
    yield JPEG, clean(JPEG)[: clean(JPEG).index(b"\xff\xda") + 14]
    yield PNG, clean(PNG)[:33]
    yield WEBP, clean(WEBP)[:12]
    yield GIF, clean(GIF)[:13]
    yield MP4, b""


@given(st.sampled_from(list(prefixes())), st.binary(max_size=200))
def test_survives_arbitrary_bytes(prefix: tuple[MediaType, bytes], data: bytes) -> None:
    media_type, start = prefix
    survives(start + data, media_type)


JPEG_PARTS = st.sampled_from(
    (
        *(b"\xff", b"\0", b"\xd9", b"\xff\xd9", b"\xff\xd8", b"\xff\xd0", b"\x11\x22", b"\xff\x3a"),
        *(segment(0xDA, b"\x01"), segment(0xE1, exif(6)), segment(0xC4, b"ab"), segment(0xFE, SECRET)),
        *(b"\xff\xe1\0", b"\xff\xed\xff\xff"),
    )
)


@given(st.lists(JPEG_PARTS, max_size=12))
@settings(max_examples=400)
def test_survives_jpeg_parts_in_any_order(parts: list[bytes]) -> None:
    survives(b"\xff\xd8" + b"".join(parts), JPEG)


@given(st.sampled_from([*IMAGES, MP4]), st.data())
@settings(max_examples=300)
def test_survives_truncations_and_flipped_bits(media_type: MediaType, data: st.DataObject) -> None:
    whole = in_movie(media.mp4(), *LOCATIONS) if media_type is MP4 else personal(media_type, 6)
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if damaged:
        for bit in data.draw(st.lists(st.integers(0, len(damaged) * 8 - 1), max_size=4)):
            damaged[bit // 8] ^= 1 << bit % 8
    survives(bytes(damaged), media_type)


@pytest.mark.parametrize("media_type", IMAGES)
def test_never_leaks_from_a_truncated_file(media_type: MediaType) -> None:
    whole = personal(media_type, 6)
    for length in range(0, len(whole), 7):
        try:
            after = published(whole[:length], media_type)
        except MalformedImage:
            continue
        assert is_clean(after)


@pytest.mark.parametrize("others", [b"", chunk(b"tEXt", b"Author\0" + SECRET)])
def test_keeps_a_manifest_only_where_nothing_is_removed(others: bytes) -> None:
    data = clean(PNG)[:33] + others + chunk(b"caBX", b"a manifest") + clean(PNG)[33:]
    removal = plan(Reader(Bytes(data), len(data)), PNG)
    assert removal.content_credentials == ("removed" if others else "kept")
    assert published(data, PNG) == (clean(PNG) if others else data)
    assert inspect_untouched(Reader(Bytes(data), len(data)), PNG) == (None, "kept")


@pytest.mark.parametrize("data", [clean(PNG), clean(PNG)[:-20]])
def test_a_file_without_a_manifest_has_none(data: bytes) -> None:
    assert inspect_untouched(Reader(Bytes(data), len(data)), PNG) == (None, "none")


def test_every_supported_type_has_its_walk() -> None:
    assert set(metadata_removal._WALKS) == set(SUPPORTED)
