"""File bytes that pass through the functions, to and from S3.

A form's upload is judged by its first 64 KiB, and copied within S3. If personal metadata is to be removed, a file
is also searched as far as its type requires: only the headers of a WebP or a video, but all of a JPEG, PNG or
GIF, where metadata may be anywhere. Only a file with metadata is sent.
"""

import random
from collections.abc import Iterator

import pytest
from mypy_boto3_s3.client import S3Client
from PIL import Image

from asset_api.platform import aws
from tests import media
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.triggers import post, public_bytes

KIB = 1024
HEAD = 64 * KIB
MIB = 1024 * KIB


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.s3()):
        yield watched


def _noise(image_format: str) -> bytes:
    """Make an incompressible image of 270 kB or more."""
    size = (600, 500)
    noise = Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))
    return media.encoded(noise.convert("P") if image_format == "GIF" else noise, image_format)


def _published(owner: Caller, s3: S3Client, name: str, data: bytes) -> str:
    body = owner.ask_for_form(filename=name).json()
    post(s3, body["upload"], data)
    response = owner.complete(body["asset_id"])
    assert response.status == 201, response.body
    return str(body["asset_id"])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_an_image_is_read_only_at_its_head_if_metadata_is_kept(
    image_format: str, alice: Caller, s3: S3Client, monkeypatch: pytest.MonkeyPatch, traffic: AwsTraffic
) -> None:
    configure(monkeypatch, remove_personal_metadata=False)
    data = _noise(image_format)
    assert len(data) > 2 * HEAD
    _published(alice, s3, f"a.{image_format.lower()}", data)
    assert [exchange.received_bytes for exchange in traffic.exchanges if exchange.operation == "GetObject"] == [HEAD]
    assert traffic.sent_bytes == 0


@pytest.mark.parametrize("size_bytes", [MIB, 8 * MIB])
def test_a_video_of_any_size_is_read_only_at_its_head(
    size_bytes: int, alice: Caller, s3: S3Client, traffic: AwsTraffic
) -> None:
    _published(alice, s3, "a.mp4", media.padded_mp4(size_bytes))
    assert [exchange.received_bytes for exchange in traffic.exchanges if exchange.operation == "GetObject"] == [HEAD]
    assert traffic.sent_bytes == 0


def test_a_video_with_its_index_at_the_end_is_read_at_both_ends(
    alice: Caller, s3: S3Client, traffic: AwsTraffic
) -> None:
    _published(alice, s3, "a.mp4", media.grown(media.mp4(), 8 * MIB))
    assert traffic.received_bytes < HEAD + len(media.mp4()) + KIB
    assert traffic.sent_bytes == 0


def test_a_webp_is_read_only_at_its_head(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
    _published(alice, s3, "a.webp", _noise("WEBP"))
    assert [exchange.received_bytes for exchange in traffic.exchanges if exchange.operation == "GetObject"] == [HEAD]
    assert traffic.sent_bytes == 0


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF"])
def test_an_image_without_metadata_is_read_once_and_copied(
    image_format: str, alice: Caller, s3: S3Client, traffic: AwsTraffic
) -> None:
    data = _noise(image_format)
    _published(alice, s3, f"a.{image_format.lower()}", data)
    assert len(data) <= traffic.received_bytes < len(data) + KIB
    assert traffic.sent_bytes == 0


def test_a_file_with_metadata_is_read_twice_and_written_once(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
    comment = b"\xff\xfe" + (1000).to_bytes(2) + b"c" * 998
    plain = media.jpeg()
    data = plain[:2] + comment + plain[2:-2] + bytes(3 * MIB) + plain[-2:]
    asset_id = _published(alice, s3, "a.jpg", data)
    assert len(public_bytes(s3, asset_id)) == traffic.sent_bytes == len(data) - len(comment)
    assert traffic.received_bytes < 2 * len(data) + KIB
    assert max(exchange.received_bytes for exchange in traffic.exchanges) == MIB
