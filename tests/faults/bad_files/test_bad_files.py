"""The corpus of bad files (`tests/corpus`): each sent in one request, and by a form, then its event and `complete`.

A file is either refused with a reason, or published as its declared and actual type.
"""

import io
import tracemalloc
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image

from tests import media
from tests.corpus import allowed, damaged, extremes, polyglots, refused
from tests.faults.bad_files.sending import (
    MIME,
    assert_nothing_published,
    assert_published,
    assert_refused,
    sent_both_ways,
)
from tests.functions.gateway import Caller

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MIB = 1024 * 1024

# Files refused under any name are sent under the most similar one.
_NEAREST = {b"\x89": "png", b"GIF": "gif", b"RIFF": "webp", b"\xff\xd8": "jpg"}


def nearest_extension(data: bytes) -> str:
    return next((extension for start, extension in _NEAREST.items() if data.startswith(start)), "mp4")


def by_name(files: Mapping[str, object], names: Iterable[str] | None = None) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", files if names is None else list(names))


def can_be_shown(data: bytes, extension: str) -> None:
    """Decode the file with an ordinary decoder. Raises if it finds no picture."""
    if MIME[extension].startswith("image/"):
        Image.open(io.BytesIO(data)).load()
    else:
        with av.open(io.BytesIO(data), "r") as container:
            assert next(container.decode(video=0)).width == 64


@by_name(allowed.ALLOWED)
def test_accepts_every_form_of_an_allowed_type(name: str, alice: Caller, s3: "S3Client") -> None:
    media_type, make = allowed.ALLOWED[name]
    extension = media_type.extensions[0]
    for response in sent_both_ways(alice, s3, extension, make()):
        assert_published(alice, s3, extension, response)


@by_name(refused.REFUSED, sorted(refused.REFUSED.keys() - {"empty"}))
def test_refuses_every_relative_forgery_and_fragment(name: str, alice: Caller, s3: "S3Client") -> None:
    data = refused.REFUSED[name]()
    extension = nearest_extension(data)
    for response in sent_both_ways(alice, s3, extension, data):
        assert_refused(response, f"declared as {MIME[extension]}, but the bytes are not")
    assert_nothing_published(alice, s3)


@by_name(damaged.SPOOFED)
def test_refuses_an_allowed_type_under_the_name_of_another(name: str, alice: Caller, s3: "S3Client") -> None:
    actual, _, claimed = name.partition(" named ")
    extension, make = damaged.SPOOFED[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        assert_refused(response, f"declared as {MIME[claimed]}, but the bytes are those of {MIME[actual]}")
    assert_nothing_published(alice, s3)


@by_name(polyglots.PUBLISHED)
def test_publishes_a_polyglot_as_its_allowed_type(name: str, alice: Caller, s3: "S3Client") -> None:
    extension, make = polyglots.PUBLISHED[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        can_be_shown(assert_published(alice, s3, extension, response), extension)


@by_name(polyglots.REFUSED)
def test_refuses_a_polyglot_of_another_leading_type(name: str, alice: Caller, s3: "S3Client") -> None:
    extension, make = polyglots.REFUSED[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        assert_refused(response, f"{MIME[extension]}")
    assert_nothing_published(alice, s3)


@by_name(damaged.CUT_SHORT)
def test_a_truncated_file_is_refused_or_shows_what_is_left(
    name: str, alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    extension, make = damaged.CUT_SHORT[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        if response.status == 201:
            # A JPEG truncated within its scan can be shown up to there, like many in use; a GIF may lack its last byte.
            assert extension in ("jpg", "jpeg", "gif")
            can_be_shown(assert_published(alice, s3, extension, response), extension)
        else:
            assert_refused(response, "the bytes are not", MIME[extension])
            assert_nothing_published(alice, s3)


@by_name(damaged.CHANGED)
def test_a_file_with_a_changed_header_is_refused_or_keeps_its_type(name: str, alice: Caller, s3: "S3Client") -> None:
    extension, make = damaged.CHANGED[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        if response.status == 201:
            assert_published(alice, s3, extension, response)
        else:
            assert_refused(response, MIME[extension])
            assert_nothing_published(alice, s3)


@pytest.mark.parametrize("filename", damaged.BAD_NAMES)
def test_refuses_a_name_of_another_type(filename: str, alice: Caller, s3: "S3Client") -> None:
    assert_refused(alice.upload(filename, media.jpeg(), "image/jpeg"))
    assert_refused(alice.ask_for_form(filename=filename, content_type="image/jpeg"))
    assert_nothing_published(alice, s3)


@pytest.mark.parametrize("content_type", damaged.BAD_TYPES)
def test_refuses_another_declared_type(content_type: str, alice: Caller, s3: "S3Client") -> None:
    assert_refused(alice.upload("photo.jpg", media.jpeg(), content_type))
    assert_refused(alice.ask_for_form(filename="photo.jpg", content_type=content_type))
    assert_nothing_published(alice, s3)


@by_name(extremes.HUGE)
def test_a_file_that_claims_to_be_huge_costs_no_memory(name: str, alice: Caller, s3: "S3Client") -> None:
    extension, make, size = extremes.HUGE[name]
    data = make()
    assert len(data) < 100 * 1024
    tracemalloc.start()
    try:
        responses = sent_both_ways(alice, s3, extension, data)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16 * MIB
    for response in responses:
        assert_published(alice, s3, extension, response)
        asset = alice.metadata(response.json()["asset_id"]).json()
        assert (asset["width"], asset["height"]) == size


@by_name(extremes.IMPOSSIBLE)
def test_refuses_impossible_dimensions(name: str, alice: Caller, s3: "S3Client") -> None:
    extension, make = extremes.IMPOSSIBLE[name]
    for response in sent_both_ways(alice, s3, extension, make()):
        assert_refused(response, "the bytes are not those of image/png")
    assert_nothing_published(alice, s3)


def test_the_corpus_is_large() -> None:
    files: tuple[Mapping[str, object], ...] = (
        *(damaged.SPOOFED, damaged.CUT_SHORT, damaged.CHANGED, refused.REFUSED),
        *(polyglots.PUBLISHED, polyglots.REFUSED, extremes.HUGE, extremes.IMPOSSIBLE),
    )
    assert sum(len(each) for each in files) >= 400
