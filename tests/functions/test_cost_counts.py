"""docs/cost.md is computed from the calls that the functions make."""

from collections.abc import Iterator

import pytest
from mypy_boto3_s3.client import S3Client

from asset_api.platform import aws
from tests import media
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.gateway import Caller
from tests.functions.renditions.viewer import ask, image_published
from tests.functions.triggers import file_arrived, post, tombstone_written
from tools.cost.operations import OPERATIONS


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.dynamodb(), aws.s3()):
        yield watched


def _costs(traffic: AwsTraffic, operation: str) -> None:
    on_s3 = (
        "GetObject",
        "PutObject",
        "CopyObject",
        "DeleteObject",
        "HeadObject",
        "ListObjectVersions",
        "ListObjectsV2",
    )
    made = [(e.operation, 0 if e.operation in on_s3 else e.items_named) for e in traffic.exchanges]
    assert made == [(call.name, call.items) for call in OPERATIONS[operation].calls]
    traffic.forget()


def test_every_operation_makes_the_calls_that_it_is_priced_by(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
    forms = []
    for _ in range(2):
        forms.append(alice.ask_for_form(filename="clip.mp4").json())
        post(s3, forms[-1]["upload"], media.mp4())
        _costs(traffic, "form")
    completed, left = (form["asset_id"] for form in forms)
    assert alice.complete(completed).status == 201
    _costs(traffic, "complete")
    file_arrived(completed)
    _costs(traffic, "event, completed before")
    file_arrived(left)
    _costs(traffic, "event, not completed")
    post(s3, forms[0]["upload"], media.mp4())
    file_arrived(completed)
    _costs(traffic, "form posted again")
    image = alice.upload("image.png", media.png())
    assert image.status == 201
    _costs(traffic, "direct upload")
    image_published("alice", image.json()["asset_id"], "image/png")
    _costs(traffic, "new image")
    assert ask(image.json()["asset_id"], "w160.webp").status == 200
    _costs(traffic, "rendition")
    assert alice.list(limit=50).status == 200
    _costs(traffic, "list of 50")
    assert alice.metadata(left).status == 200
    _costs(traffic, "metadata")
    assert alice.delete(left).status == 200
    _costs(traffic, "delete")
    tombstone_written(left)
    _costs(traffic, "purge")
