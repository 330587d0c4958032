"""C2PA manifests: kept in an unchanged file, and otherwise removed completely.

These are placeholders where real manifests would be. `tests/faults/removal` has real ones, verified by C2PA's own code.
"""

import struct

import pytest

from asset_api.media.content_credentials import BOX_UUID, MANIFEST_UUID
from asset_api.media.file_types import GIF, JPEG, MP4, PNG, WEBP, MediaType
from asset_api.media.metadata_removal import RemovalPlan, inspect_unchanged_file
from asset_api.media.reader import Reader
from tests import media
from tests.unit.media.movie_parts import LOCATIONS, in_movie
from tests.unit.media.removal import (
    IMAGES,
    SECRET,
    Bytes,
    after_soi,
    before_iend,
    chunk,
    clean,
    personal,
    published,
    removal,
    riff_chunk,
    segment,
    sub_blocks,
    webp_of,
    with_gif_extensions,
)

EVERY = (*IMAGES, MP4)
DESCRIPTION = media.box(b"jumd", MANIFEST_UUID + b"\3c2pa\0")
# An assertion that copies EXIF, in a manifest that each format divides at a different byte.
PERSONAL = media.box(b"jumb", DESCRIPTION + bytes(230) + b"c2pa.metadata" + bytes(300))
IMPERSONAL = media.box(b"jumb", DESCRIPTION + bytes(230) + b"c2pa.actions" + bytes(300))


def in_app11(manifest: bytes, *, box_number: int = 1, step: int = 100) -> bytes:
    """Divide a JUMBF box among JPEG segments, each with the box's header (ISO/IEC 19566-5, annex D)."""
    parts = [manifest[start : start + step] for start in range(8, len(manifest), step)]
    return b"".join(
        segment(0xEB, b"JP" + struct.pack(">HI", box_number, number) + manifest[:8] + part)
        for number, part in enumerate(parts, start=1)
    )


def signed(data: bytes, media_type: MediaType, manifest: bytes = IMPERSONAL) -> bytes:
    if media_type is JPEG:
        return after_soi(data, in_app11(manifest))
    if media_type is PNG:
        return data[:33] + chunk(b"caBX", manifest) + data[33:]
    if media_type is WEBP:
        return webp_of(data[12:] + riff_chunk(b"C2PA", manifest))
    if media_type is GIF:
        return with_gif_extensions(data, b"\x21\xff\x0bC2PA_GIF\x01\0\0" + sub_blocks(manifest))
    return data + media.box(b"uuid", BOX_UUID + bytes(4) + b"manifest\0" + bytes(8) + manifest)


def without_any(media_type: MediaType) -> bytes:
    return media.mp4() if media_type is MP4 else clean(media_type)


@pytest.mark.parametrize("media_type", EVERY)
def test_a_file_without_a_manifest_has_none(media_type: MediaType) -> None:
    data = without_any(media_type)
    assert removal(data, media_type) == RemovalPlan(None, "none")
    assert inspect_unchanged_file(Reader(Bytes(data), len(data)), media_type) == RemovalPlan(None, "none")


@pytest.mark.parametrize("media_type", EVERY)
def test_keeps_a_manifest_if_nothing_is_removed(media_type: MediaType) -> None:
    data = signed(without_any(media_type), media_type)
    assert removal(data, media_type) == RemovalPlan(None, "kept")


@pytest.mark.parametrize("media_type", EVERY)
def test_removes_the_manifest_with_everything_else(media_type: MediaType) -> None:
    bare = in_movie(media.mp4(), *LOCATIONS) if media_type is MP4 else personal(media_type, 6)
    data = signed(bare, media_type)
    assert removal(data, media_type).content_credentials == "removed"
    assert removal(bare, media_type).content_credentials == "none"
    after = published(data, media_type)
    assert MANIFEST_UUID not in after
    if media_type is not MP4:
        assert after == published(bare, media_type)


@pytest.mark.parametrize("media_type", EVERY)
def test_removes_a_manifest_that_copies_personal_metadata(media_type: MediaType) -> None:
    data = signed(without_any(media_type), media_type, PERSONAL)
    assert removal(data, media_type).content_credentials == "removed"
    after = published(data, media_type)
    assert b"metadata" not in after
    if media_type is not MP4:
        assert after == clean(media_type)


@pytest.mark.parametrize("media_type", IMAGES)
def test_removes_several_manifests(media_type: MediaType) -> None:
    """Readers consider a file with two manifests invalid."""
    if media_type is JPEG:
        data = after_soi(clean(JPEG), in_app11(IMPERSONAL), in_app11(IMPERSONAL, box_number=2))
    else:
        data = signed(signed(clean(media_type), media_type), media_type)
    assert removal(data, media_type).content_credentials == "removed"
    assert published(data, media_type) == clean(media_type)


def test_another_box_in_app11_is_not_a_manifest() -> None:
    other = media.box(b"jumb", media.box(b"jumd", bytes(16) + b"\3other\0") + SECRET * 20)
    data = after_soi(clean(JPEG), in_app11(other))
    assert removal(data, JPEG).content_credentials == "none"
    assert published(data, JPEG) == clean(JPEG)


@pytest.mark.parametrize("media_type", EVERY)
def test_reports_the_manifest_of_an_unchanged_file(media_type: MediaType) -> None:
    bare = in_movie(media.mp4(), *LOCATIONS) if media_type is MP4 else personal(media_type, 6)
    data = signed(bare, media_type)
    assert inspect_unchanged_file(Reader(Bytes(data), len(data)), media_type) == RemovalPlan(None, "kept")


def test_accepts_an_unparsable_file_if_it_is_published_unchanged() -> None:
    assert inspect_unchanged_file(Reader(Bytes(clean(PNG)[:-20]), len(clean(PNG)) - 20), PNG) == RemovalPlan(
        None, "none"
    )
    cut_off = before_iend(signed(clean(PNG), PNG), chunk(b"IDAT", bytes(100)))[:-50]
    assert inspect_unchanged_file(Reader(Bytes(cut_off), len(cut_off)), PNG) == RemovalPlan(None, "kept")
