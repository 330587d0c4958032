"""GPS and other personal metadata of images are removed when they are published."""

import hashlib
import io

import pytest
from PIL import Image, ImageChops

from tests import media
from tests.e2e.client import Caller, succeeded

WITH_POSITION = media.jpeg(exif=True)
GPS = 0x8825
MAKE = 0x010F


@pytest.mark.parametrize("by_form", [False, True], ids=["direct", "form"])
def test_the_position_and_camera_of_a_photo_are_removed(by_form: bool, alice: Caller) -> None:
    assert Image.open(io.BytesIO(WITH_POSITION)).getexif().get_ifd(GPS)
    if by_form:
        asset_id = alice.arrived("photo.jpg", WITH_POSITION)["asset_id"]
        succeeded(alice.complete(asset_id), 201)
    else:
        asset_id = alice.uploaded("photo.jpg", WITH_POSITION)["asset_id"]
    published = alice.get(asset_id).content
    assert published != WITH_POSITION
    exif = Image.open(io.BytesIO(published)).getexif()
    assert not exif.get_ifd(GPS)
    assert MAKE not in exif
    assert b"Camera Maker" not in published
    assert_same_pixels(WITH_POSITION, published)


def test_size_and_sha256_are_those_of_the_published_file(alice: Caller) -> None:
    body = alice.uploaded("photo.jpg", WITH_POSITION)
    published = alice.get(body["asset_id"]).content
    asset = succeeded(alice.metadata(body["asset_id"]), 200)
    assert asset["size_bytes"] == body["size_bytes"] == len(published)
    assert asset["sha256"] == hashlib.sha256(published).hexdigest()


def test_a_photo_keeps_its_orientation(alice: Caller) -> None:
    published = alice.get(alice.uploaded("photo.jpg", WITH_POSITION)["asset_id"]).content
    orientation = 0x0112
    assert Image.open(io.BytesIO(published)).getexif()[orientation] == 6


def test_a_file_without_metadata_is_served_unchanged(alice: Caller) -> None:
    data = media.jpeg()
    asset_id = alice.uploaded("photo.jpg", data)["asset_id"]
    assert alice.get(asset_id).content == data
    assert alice.metadata(asset_id).json()["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_declared_sha256_is_that_of_the_uploaded_file(alice: Caller) -> None:
    digest = hashlib.sha256(WITH_POSITION).hexdigest()
    asset_id = alice.arrived("photo.jpg", WITH_POSITION, sha256=digest.upper())["asset_id"]
    asset = succeeded(alice.complete(asset_id), 201)
    assert asset["sha256"] == hashlib.sha256(alice.get(asset_id).content).hexdigest() != digest


def assert_same_pixels(one: bytes, other: bytes) -> None:
    difference = ImageChops.difference(Image.open(io.BytesIO(one)), Image.open(io.BytesIO(other)))
    assert difference.getbbox() is None
