"""What `inspection` takes files for: real ones of the allowed types, their near relatives, and forgeries."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.media.file_types import GIF, HEAD_BYTES, JPEG, PNG, SUPPORTED, WEBP, MediaType
from asset_api.media.inspection import detect, dimensions
from tests import media
from tests.corpus.allowed import ALLOWED, gif_with_comment, jpeg_with_metadata
from tests.corpus.refused import REFUSED
from tests.media import Encoder


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
