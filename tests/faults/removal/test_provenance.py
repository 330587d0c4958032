"""A published file has a valid C2PA manifest or none, according to C2PA's own implementation."""

import pytest

from asset_api.media.file_types import GIF, JPEG, MP4, PNG, QUICKTIME, WEBP, MediaType
from asset_api.media.metadata_removal import inspect_unchanged_file
from asset_api.media.reader import Reader
from tests import media
from tests.faults.removal.signing import signed, verdict
from tests.unit.media.movie_parts import LOCATIONS, in_movie
from tests.unit.media.removal import Bytes, clean, personal, published, removal

EVERY = (JPEG, PNG, WEBP, GIF, MP4, QUICKTIME)

every_type = pytest.mark.parametrize("media_type", EVERY, ids=lambda one: one.extensions[0])


def impersonal(media_type: MediaType) -> bytes:
    return {MP4: media.mp4, QUICKTIME: media.mov}.get(media_type, lambda: clean(media_type))()


def with_metadata(media_type: MediaType) -> bytes:
    if media_type.kind == "video":
        return in_movie(impersonal(media_type), *LOCATIONS[:2])
    return personal(media_type)


@every_type
def test_a_manifest_stays_valid_if_nothing_is_removed(media_type: MediaType) -> None:
    data = signed(impersonal(media_type), media_type.mime)
    assert verdict(data, media_type.mime) == "Valid"
    assert removal(data, media_type) == (None, "kept")


@every_type
def test_a_manifest_is_removed_completely_with_other_metadata(media_type: MediaType) -> None:
    data = signed(with_metadata(media_type), media_type.mime)
    assert verdict(data, media_type.mime) == "Valid"
    assert removal(data, media_type).content_credentials == "removed"
    assert verdict(published(data, media_type), media_type.mime) == "none"


@every_type
def test_a_manifest_with_a_location_is_removed(media_type: MediaType) -> None:
    place = {
        "label": "c2pa.metadata",
        "kind": "Json",
        "data": {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPSLatitude": "51,30.26N"},
    }
    data = signed(impersonal(media_type), media_type.mime, place)
    assert b"51,30.26N" in data
    after = published(data, media_type)
    assert b"51,30.26N" not in after
    assert verdict(after, media_type.mime) == "none"


@every_type
def test_a_generated_file_keeps_its_manifest(media_type: MediaType) -> None:
    data = signed(with_metadata(media_type), media_type.mime)
    assert inspect_unchanged_file(Reader(Bytes(data), len(data)), media_type) == (None, "kept")


@every_type
def test_control_changed_pixels_invalidate_a_manifest(media_type: MediaType) -> None:
    """Control: change one byte of the file's picture or sound."""
    data = signed(impersonal(media_type), media_type.mime)
    picture = {JPEG: b"\xff\xda", PNG: b"IDAT", WEBP: b"VP8 ", GIF: b"\x2c\0\0\0\0"}.get(media_type, b"mdat")
    at = data.rindex(picture) + 20
    changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
    assert verdict(changed, media_type.mime) == "Invalid"
