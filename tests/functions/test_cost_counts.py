"""Every operation makes the calls by which docs/cost.md prices it."""

from collections.abc import Iterator

import pytest
from moto.s3 import models as s3_models
from mypy_boto3_dynamodb.client import DynamoDBClient
from mypy_boto3_s3.client import S3Client

from asset_api.assets.tombstones import LAST_LOOK_AFTER_SECONDS
from asset_api.composition import changing
from asset_api.platform import aws
from asset_api.publishing import deferred_publication, publisher
from asset_api.publishing.large import assembly, publication
from tests import media
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.part_uploads import Upload
from tests.functions.renditions.viewer import ask, image_published, video_published
from tests.functions.triggers import deliver_large, file_arrived, large_message, post, tombstone_written
from tools.cost.operations import OPERATIONS


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.dynamodb(), aws.s3()):
        yield watched


@pytest.fixture
def clip(alice: Caller, traffic: AwsTraffic) -> str:
    """The id of a video whose upload and event are complete and not counted."""
    asset_id = _uploaded(alice, "clip.mp4", media.mp4())
    file_arrived(asset_id)
    traffic.forget()
    return asset_id


def _uploaded(caller: Caller, filename: str, data: bytes) -> str:
    response = caller.upload(filename, data)
    assert response.status == 201, response.body
    return str(response.json()["asset_id"])


def _costs(traffic: AwsTraffic, operation: str) -> None:
    """Check that the calls since the last check are those by which the operation is priced."""
    on_s3 = (
        "GetObject",
        "PutObject",
        "CopyObject",
        "DeleteObject",
        "HeadObject",
        "ListObjectVersions",
        "ListObjectsV2",
        "DeleteObjects",
        "CreateMultipartUpload",
        "CompleteMultipartUpload",
        "UploadPartCopy",
        "AbortMultipartUpload",
        "ListParts",
        "ListMultipartUploads",
    )
    made = [(e.operation, 0 if e.operation in on_s3 else e.items_named) for e in traffic.exchanges]
    assert made == [(call.name, call.items) for call in OPERATIONS[operation].calls]
    traffic.forget()


def test_forms_and_publications(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
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


def test_direct_uploads_and_renditions(alice: Caller, traffic: AwsTraffic) -> None:
    image = _uploaded(alice, "image.png", media.png())
    _costs(traffic, "direct upload")
    image_published("alice", image, "image/png")
    _costs(traffic, "new image")
    assert ask(image, "w160.webp").status == 200
    _costs(traffic, "rendition")
    video = _uploaded(alice, "clip.mp4", media.mp4())
    traffic.forget()
    video_published("alice", video)
    _costs(traffic, "new video")
    assert ask(video, "frame-last.png").status == 200
    _costs(traffic, "frame")


def test_reads(alice: Caller, clip: str, traffic: AwsTraffic) -> None:
    assert alice.list(limit=50).status == 200
    _costs(traffic, "list of 50")
    assert alice.metadata(clip).status == 200
    _costs(traffic, "metadata")
    assert alice.usage().status == 200
    _costs(traffic, "usage")
    assert alice.change(clip, visibility="private").status == 200
    traffic.forget()
    body, json_type = b'{"expires_in": 60}', {"content-type": "application/json"}
    path = f"/api/v2/assets/{clip}/signed-url"
    assert alice.request("POST", path, body=body, headers=json_type).status == 200
    _costs(traffic, "signed URL")


def test_changes(alice: Caller, clip: str, traffic: AwsTraffic) -> None:
    assert alice.change(clip, filename="other.mp4").status == 200
    _costs(traffic, "change of the name")
    assert alice.change(clip, visibility="private").status == 200
    _costs(traffic, "change to private")
    alice.change(clip, visibility="public")
    alice.change(clip, tags=["a"])
    traffic.forget()
    assert alice.change(clip, tags=["b"]).status == 200
    _costs(traffic, "change of one tag to another")


def test_deletes(alice: Caller, clip: str, dynamodb: DynamoDBClient, clock: Clock, traffic: AwsTraffic) -> None:
    many = _a_hundred(dynamodb, clip)
    assert alice.delete(clip).status == 200
    _costs(traffic, "delete")
    tombstone_written(clip)
    _costs(traffic, "purge")
    clock.advance(LAST_LOOK_AFTER_SECONDS)
    assert changing.upkeep().take_last_looks() == 0
    traffic.exchanges = [each for each in traffic.exchanges if each.operation != "Query"]  # of every run
    _costs(traffic, "last look")
    assert len(alice.delete_many(*many).json()["deleted"]) == 100
    _costs(traffic, "delete of 100 at once")


def test_refusals(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
    form = alice.ask_for_form(filename="image.png").json()
    for operation in ("event, refused", "form posted again, refused again", "form posted again, refused again"):
        version_id = post(s3, form["upload"], media.gif())
        traffic.forget()
        file_arrived(form["asset_id"], version_id)
        _costs(traffic, operation)


def test_the_publication_of_a_large_file(
    alice: Caller, s3: S3Client, monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    """A small file stands for it, which is divided into as many parts."""
    data = media.padded_mp4(380_000)
    copies = [call.name for call in OPERATIONS["event of 5,000,000,000 bytes"].calls].count("UploadPartCopy")
    assert copies == len([*assembly.ranges(0, 5_000_000_000)])
    configure(monkeypatch, large_files_queue_url=queue_url)
    for module in (deferred_publication, publisher):
        monkeypatch.setattr(module, "REQUEST_MAX_BYTES", len(data) - 1)
    monkeypatch.setattr(assembly, "COPIED_BYTES", len(data) // copies)
    monkeypatch.setattr(assembly, "MIN_PART_BYTES", 1000)
    monkeypatch.setattr(s3_models, "S3_UPLOAD_PART_MIN_SIZE", 1000)
    monkeypatch.setattr(publication, "in_parallel", map)
    upload = Upload(alice, s3, data)
    upload.send()
    assert upload.complete().status == 202
    traffic = AwsTraffic()
    with traffic.watching(aws.dynamodb(), aws.s3_for_large_files()):
        assert deliver_large(large_message(upload.asset_id)) == []
    _costs(traffic, "event of 5,000,000,000 bytes")


def test_uploads_in_parts(alice: Caller, s3: S3Client, traffic: AwsTraffic) -> None:
    def begun() -> Upload:
        traffic.forget()
        upload = Upload(alice, s3, media.mp4())
        _costs(traffic, "upload in parts, begun")
        assert alice.sign_parts(upload.asset_id, upload.id, [1]).status == 200
        _costs(traffic, "up to 100 parts, signed")
        return upload

    upload = begun()
    upload.send()
    assert upload.complete().status == 201
    _costs(traffic, "upload in parts, completed")
    upload = begun()
    assert upload.abort().status == 200
    _costs(traffic, "upload in parts, aborted")


def _a_hundred(dynamodb: DynamoDBClient, asset_id: str) -> list[str]:
    """Store a hundred copies of an asset's item; return their ids."""
    key = {"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}}
    item = dynamodb.get_item(TableName="assets", Key=key)["Item"]
    ids = [f"{asset_id[:-12]}{number:012x}" for number in range(100)]
    for each in ids:
        dynamodb.put_item(TableName="assets", Item={**item, "sk": {"S": f"asset#{each}"}})
    return ids
