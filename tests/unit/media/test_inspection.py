"""Type detection: real files of the allowed types, their near relatives, and forgeries."""

import struct
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.media.file_types import HEAD_BYTES, JPEG, PNG, SUPPORTED, MediaType
from asset_api.media.inspection import DetectedFile, detect, detect_file, inspect
from asset_api.media.reader import MIB, InMemory, Reader
from asset_api.platform.errors import ApiError
from tests import media
from tests.corpus.allowed import ALLOWED, gif_with_comment, index_beyond_the_head, jpeg_with_metadata
from tests.corpus.extremes import png_chunk
from tests.corpus.refused import REFUSED, riff
from tests.media import Encoder, box, encoded, index_first, picture


@cache
def head(encoder: Encoder) -> bytes:
    return encoder()[:HEAD_BYTES]


def found(data: bytes) -> DetectedFile | None:
    return detect_file(Reader(InMemory(data), len(data)))


def size_of(data: bytes) -> tuple[int, int] | None:
    result = found(data)
    assert result is not None
    return result.size


@pytest.mark.parametrize(("media_type", "encoder"), ALLOWED.values(), ids=ALLOWED)
def test_recognizes_every_form_of_an_allowed_type(media_type: MediaType, encoder: Encoder) -> None:
    result = found(encoder())
    assert result is not None
    assert result.media_type is media_type
    assert detect(head(encoder)) is media_type


@pytest.mark.parametrize("encoder", REFUSED.values(), ids=REFUSED)
def test_refuses_relatives_forgeries_and_fragments(encoder: Encoder) -> None:
    assert found(encoder()) is None
    if len(encoder()) <= HEAD_BYTES:
        assert detect(encoder()) is None


@pytest.mark.parametrize(("extension", "encoder"), media.SAMPLES.items(), ids=media.SAMPLES)
def test_recognizes_the_sample_of_every_supported_extension(extension: str, encoder: Encoder) -> None:
    media_type = detect(encoder())
    assert media_type is not None
    assert extension in media_type.extensions


@pytest.mark.parametrize("name", ALLOWED)
def test_reports_the_dimensions_of_every_picture(name: str) -> None:
    sizes = {"mp4 with sound": None, "jpeg with exif": (48, 64)}
    assert size_of(ALLOWED[name][1]()) == sizes.get(name, (64, 48))


@pytest.mark.parametrize("lossless", [False, True])
def test_reports_dimensions_of_more_than_one_byte(lossless: bool) -> None:
    assert size_of(media.webp(1030, 517, lossless=lossless)) == (1030, 517)
    assert size_of(media.gif(1030, 517, frames=1)) == (1030, 517)


# Chromium's `naturalWidth` and `naturalHeight` of these files.


def exif(orientation: int, *, kind: int = 3, order: str = ">") -> bytes:
    """Make an EXIF block with an orientation as a SHORT (3) or a LONG (4)."""
    value = struct.pack(order + "HH", orientation, 0) if kind == 3 else struct.pack(order + "I", orientation)
    entries = struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, 1) + value + bytes(4)
    return (b"MM\0*" if order == ">" else b"II*\0") + entries


def jpeg_segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def app1(tiff: bytes, prefix: bytes = b"Exif\0\0") -> bytes:
    return jpeg_segment(0xE1, prefix + tiff)


def photo(*segments: bytes) -> bytes:
    return media.jpeg()[:2] + b"".join(segments) + media.jpeg()[2:]


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("order", "<>")
def test_rotates_dimensions_by_exif_orientation(orientation: int, order: str) -> None:
    expected = (48, 64) if orientation in (5, 6, 7, 8) else (64, 48)
    assert size_of(photo(app1(exif(orientation, order=order)))) == expected


XMP = jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
BEFORE_SCAN = media.jpeg().index(b"\xff\xda")
PHOTOS: dict[str, tuple[bytes, tuple[int, int]]] = {
    "after XMP": (photo(XMP, app1(exif(6))), (48, 64)),
    "before the scan": (media.jpeg()[:BEFORE_SCAN] + app1(exif(6)) + media.jpeg()[BEFORE_SCAN:], (48, 64)),
    "with another padding": (photo(app1(exif(6), b"Exif\0\xff")), (48, 64)),
    "only in the second EXIF": (photo(app1(exif(1)), app1(exif(6))), (64, 48)),
    "only in the first EXIF": (photo(app1(exif(6)), app1(exif(1))), (48, 64)),
    "after EXIF that cannot be read": (photo(app1(b"nonsense"), app1(exif(6))), (64, 48)),
    "as a LONG": (photo(app1(exif(6, kind=4))), (64, 48)),
    "without a prefix": (photo(app1(exif(6), b"")), (64, 48)),
    "behind large metadata": (photo(*[jpeg_segment(0xEF, bytes(60_000))] * 4, app1(exif(6))), (48, 64)),
}


@pytest.mark.parametrize(("data", "expected"), PHOTOS.values(), ids=PHOTOS)
def test_reads_the_orientation_that_browsers_apply(data: bytes, expected: tuple[int, int]) -> None:
    assert size_of(data) == expected


def png_with(*chunks: bytes, at: int = 33) -> bytes:
    return media.png()[:at] + b"".join(chunks) + media.png()[at:]


def test_ignores_png_exif_after_the_pixels() -> None:
    turned = png_chunk(b"eXIf", exif(6))
    assert size_of(png_with(turned)) == (48, 64)
    assert size_of(png_with(png_chunk(b"eXIf", exif(1)), turned)) == (64, 48)
    assert size_of(png_with(turned, at=len(media.png()) - 12)) == (64, 48)
    assert size_of(png_with(png_chunk(b"eXIf", b"Exif\0\0" + exif(6)))) == (64, 48)
    assert size_of(png_with(png_chunk(b"tEXt", bytes(100_000)), turned)) == (48, 64)


def test_ignores_the_orientation_of_a_webp() -> None:
    assert size_of(encoded(picture(64, 48), "WEBP", exif=exif(6))) == (64, 48)


def test_measures_the_smallest_webp() -> None:
    assert size_of(riff(b"WEBP", b"VP8L\6\0\0\0\x2fAlo\0k")) == (11330, 446)


GIF_PICTURE = media.gif(frames=1).index(b"\x2c", 13)


def gif_of(canvas: tuple[int, int], left: int = 0, top: int = 0, frame: tuple[int, int] = (64, 48)) -> bytes:
    gif = media.gif(frames=1)
    descriptor = b"\x2c" + struct.pack("<HHHH", left, top, *frame)
    return gif[:6] + struct.pack("<HH", *canvas) + gif[10:GIF_PICTURE] + descriptor + gif[GIF_PICTURE + 9 :]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gif_of((100, 200)), (100, 200)),
        (gif_of((10, 100)), (64, 100)),
        (gif_of((0, 0)), (64, 48)),
        (gif_of((40_000, 4)), (40_000, 48)),
        (gif_of((64, 48), 10, 20), (74, 68)),
        (gif_of((64, 48), frame=(0, 0)), (64, 48)),
        (gif_of((65_535, 65_535)), (65_535, 65_535)),
    ],
)
def test_a_gif_covers_its_canvas_and_first_frame(data: bytes, expected: tuple[int, int]) -> None:
    assert size_of(data) == expected


@pytest.mark.parametrize("extension", [b"\x21\x99\3abc\0", b"\x21\xff\5abcde\0", b"\x21\x42\0", b"\0\0\0"])
def test_accepts_a_gif_with_stray_blocks(extension: bytes) -> None:
    gif = media.gif()
    start = 13 + 3 * (2 << (gif[10] & 7))
    assert size_of(gif[:start] + extension + gif[start:]) == (64, 48)


@pytest.mark.parametrize("code", [0xC1, 0xC9, 0xCA])
def test_accepts_every_jpeg_frame_that_browsers_decode(code: int) -> None:
    assert size_of(media.jpeg().replace(b"\xff\xc0", bytes((0xFF, code)))) == (64, 48)


def test_accepts_a_jpeg_segment_shorter_than_its_length_field() -> None:
    for length in (0, 1):
        assert size_of(photo(b"\xff\xe5" + length.to_bytes(2, "big"))) == (64, 48)


def test_reports_no_dimensions_of_a_picture_without_area() -> None:
    height = media.jpeg().index(b"\xff\xc0") + 5
    assert size_of(media.jpeg()[:height] + b"\0\0" + media.jpeg()[height + 2 :]) is None


def test_detect_reads_no_further_than_the_head() -> None:
    whole = jpeg_with_metadata(200_000)
    assert detect(whole) is JPEG
    assert detect(whole[:HEAD_BYTES] + b"not a segment") is JPEG


def test_detect_treats_a_short_head_as_the_whole_file() -> None:
    assert detect(jpeg_with_metadata(200_000)[: HEAD_BYTES - 1]) is None
    assert detect(gif_with_comment(200_000)[: HEAD_BYTES - 1]) is None
    assert detect(media.mp4()[: len(media.mp4()) // 4]) is None


class Counted(InMemory):
    """Bytes in memory that count the requests beyond the head."""

    requests = 0

    def read(self, start: int, length: int, /) -> bytes:
        self.requests += start + length > HEAD_BYTES
        return super().read(start, length)


@pytest.mark.parametrize(
    ("data", "requests"),
    [
        (media.mp4(), 0),
        (index_first(media.mp4()) + box(b"free", bytes(10 * MIB)), 0),
        (index_beyond_the_head(media.mp4()), 1),
        (jpeg_with_metadata(200_000), 1),
        (jpeg_with_metadata(10 * MIB), 10),
    ],
)
def test_reads_beyond_the_head_only_for_dimensions(data: bytes, requests: int) -> None:
    source = Counted(data)
    result = detect_file(Reader(source, len(data)))
    assert result is not None
    assert result.size == (64, 48)
    assert source.requests == requests


# The result of `inspect`.


def inspected(data: bytes, declared: MediaType, max_bytes: int = 1000 * MIB) -> tuple[int, int] | None:
    return inspect(Reader(InMemory(data), len(data)), declared, max_bytes)


def test_accepts_a_file_of_its_declared_type() -> None:
    assert inspected(media.png(), PNG) == (64, 48)


@pytest.mark.parametrize(
    ("data", "declared", "max_bytes", "why"),
    [
        (b"", PNG, MIB, "Empty file"),
        (media.png(), PNG, 10, "File too large"),
        (media.png(), JPEG, MIB, "Invalid file type: declared as image/jpeg, but the bytes are those of image/png"),
        (bytes(100), PNG, MIB, "Invalid file type: declared as image/png, but the bytes are not those of image/png"),
        (media.jpeg()[:20] + b"\xff\xd0" * 20_000, JPEG, MIB, "Invalid file type: the file is divided into more parts"),
    ],
)
def test_refuses_with_a_reason(data: bytes, declared: MediaType, max_bytes: int, why: str) -> None:
    with pytest.raises(ApiError, match=why) as refusal:
        inspected(data, declared, max_bytes)
    assert refusal.value.status == 400


# Arbitrary bytes.

EXAMPLES = [head(encoder) for _, encoder in ALLOWED.values()] + [head(encoder) for encoder in REFUSED.values()]
SUPPORTED_OR_NONE = {*SUPPORTED, None}


@given(st.binary(max_size=300), st.sampled_from(EXAMPLES), st.integers(0, 300))
def test_any_bytes_have_a_type_or_none(noise: bytes, example: bytes, kept: int) -> None:
    for hostile in (noise, example[:kept] + noise, example[:kept] + noise + example[kept:]):
        assert detect(hostile) in SUPPORTED_OR_NONE
        result = found(hostile)
        assert result is None or result.size is None or min(result.size) > 0


@given(st.sampled_from(list(ALLOWED)), st.data())
def test_a_truncated_file_never_becomes_another_type(name: str, data: st.DataObject) -> None:
    media_type, encoder = ALLOWED[name]
    kept = data.draw(st.integers(0, len(head(encoder))))
    assert detect(head(encoder)[:kept]) in (media_type, None)
    result = found(head(encoder)[:kept])
    assert result is None or (result.media_type is media_type and result.size in ((64, 48), (48, 64), None))


@given(st.sampled_from(list(ALLOWED)), st.lists(st.integers(0, 8 * 100 - 1), min_size=1, max_size=3))
def test_a_file_with_flipped_bits_never_becomes_another_type(name: str, bits: list[int]) -> None:
    media_type, encoder = ALLOWED[name]
    flipped = bytearray(head(encoder))
    for bit in bits:
        flipped[bit // 8 % len(flipped)] ^= 1 << bit % 8
    assert detect(bytes(flipped)) in (media_type, None)


@pytest.mark.parametrize("name", ALLOWED)
def test_one_flipped_bit_in_the_head_never_makes_another_type(name: str) -> None:
    media_type, encoder = ALLOWED[name]
    for bit in range(8 * min(64, len(head(encoder)))):
        flipped = bytearray(head(encoder))
        flipped[bit // 8] ^= 1 << bit % 8
        assert detect(bytes(flipped)) in (media_type, None)
