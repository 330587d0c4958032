"""Triggers of functions without HTTP routes, and a browser's use of a form. Events are adapted samples."""

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from functions.assemble import app as assemble
from functions.publish import app as publish
from functions.purge import app as purge
from tests.functions.gateway import Context

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

EVENTS = Path(__file__).parent.parent.parent / "events"


def sample(name: str) -> Any:
    """Load the sample event `events/<name>.json`."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def post(s3: "S3Client", form: Mapping[str, Any], data: bytes) -> str:
    """Store a file like S3 for an accepted form: under its key, with its type and metadata. Return the version id."""
    fields = form["fields"]
    prefix = "x-amz-meta-"
    stored = s3.put_object(
        Bucket="incoming",
        Key=fields["key"],
        Body=data,
        ContentType=fields["Content-Type"],
        Metadata={name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)},
    )
    return stored["VersionId"]


def put_part(s3: "S3Client", part: Mapping[str, Any], data: bytes) -> None:
    """Store a part like S3 for its presigned PUT."""
    url = urlsplit(part["url"])
    query = parse_qs(url.query)
    s3.upload_part(
        Bucket="incoming",
        Key=url.path.removeprefix("/"),
        UploadId=query["uploadId"][0],
        PartNumber=int(query["partNumber"][0]),
        Body=data,
    )


def message(key: str, message_id: str = "1", *, version_id: str | None = None) -> dict[str, Any]:
    """Make an SQS message with EventBridge's event that S3 has stored `key` in the incoming bucket, as this version."""
    record: dict[str, Any] = sample("publish")["Records"][0]
    event = json.loads(record["body"])
    stored = event["detail"]["object"]
    stored["key"] = key
    del stored["version-id"]
    if version_id:
        stored["version-id"] = version_id
    return record | {"messageId": message_id, "body": json.dumps(event)}


def large_message(asset_id: str, *, version_id: str | None = None, receives: int = 1) -> dict[str, Any]:
    """Return one SQS message: the event of a file that is too large for a request, received so many times."""
    record: dict[str, Any] = sample("assemble")["Records"][0]
    record["attributes"] |= {"ApproximateReceiveCount": str(receives)}
    event = json.loads(record["body"])
    stored = event["detail"]["object"]
    stored["key"] = f"uploads/{asset_id}"
    del stored["version-id"]
    if version_id:
        stored["version-id"] = version_id
    return record | {"body": json.dumps(event)}


def deliver_large(*messages: Mapping[str, Any]) -> list[str]:
    """Let the assemble function process one batch; return the ids of the messages that it returns to the queue."""
    response = assemble.handler({"Records": [dict(message) for message in messages]}, Context())
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def deliver(*messages: Mapping[str, Any]) -> list[str]:
    """Let the publish function process one batch; return the ids of the messages to redeliver."""
    response = publish.handler({"Records": [dict(message) for message in messages]}, Context())
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def file_arrived(asset_id: str, version_id: str | None = None) -> None:
    """Deliver the event of one upload, which must succeed."""
    assert deliver(message(f"uploads/{asset_id}", version_id=version_id)) == []


def tombstone_written(*asset_ids: str) -> None:
    """Deliver the stream's records of these deletes."""
    template = sample("purge")["Records"][0]
    records = []
    for asset_id in asset_ids:
        record = copy.deepcopy(template)
        record["dynamodb"]["Keys"]["sk"]["S"] = f"tombstone#{asset_id}"
        records.append(record)
    purge.handler({"Records": records}, Context())


def change_applied(*asset_ids: str) -> None:
    """Deliver the stream's records of changes whose headers have been written."""
    template = sample("purge")["Records"][0]
    records = []
    for asset_id in asset_ids:
        record = copy.deepcopy(template)
        record["eventName"] = "MODIFY"
        record["dynamodb"]["Keys"]["sk"]["S"] = f"change#{asset_id}"
        records.append(record)
    purge.handler({"Records": records}, Context())


def deliver_everything(s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    """Deliver everything that queue and stream still contain after a failure: each file, each tombstone."""
    deliver_files(s3)
    if deleted := tombstones(dynamodb):
        tombstone_written(*deleted)


def deliver_files(s3: "S3Client") -> None:
    """Deliver only the queue's messages, because the stream delivers its tombstones once."""
    for asset_id, version_id in arrived(s3):
        deliver(message(f"uploads/{asset_id}", version_id=version_id))


def arrived(s3: "S3Client", prefix: str = "uploads/") -> list[tuple[str, str]]:
    """List asset id and version id of every version in the incoming bucket under `prefix`."""
    found = s3.list_object_versions(Bucket="incoming", Prefix=prefix)
    assert not found.get("DeleteMarkers"), "not removed for good"
    return [(version["Key"].removeprefix(prefix), version["VersionId"]) for version in found.get("Versions", ())]


def keys(s3: "S3Client", bucket: str, prefix: str) -> list[str]:
    """List the keys in a bucket, without the prefix."""
    return [found["Key"].removeprefix(prefix) for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def public(s3: "S3Client") -> list[str]:
    """List the ids with public bytes."""
    return keys(s3, "assets", "api/v2/assets/")


def public_bytes(s3: "S3Client", asset_id: str) -> bytes:
    return s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")["Body"].read()


def tombstones(dynamodb: "DynamoDBClient") -> list[str]:
    return _ids(dynamodb.scan(TableName="assets")["Items"], "tombstone#")


def listed(dynamodb: "DynamoDBClient") -> list[str]:
    """List the ids of all owners' assets."""
    return _ids(dynamodb.scan(TableName="assets")["Items"], "asset#")


def _ids(items: Iterable[Mapping[str, Any]], prefix: str) -> list[str]:
    sort_keys = (item["sk"]["S"] for item in items)
    return [key.removeprefix(prefix) for key in sort_keys if key.startswith(prefix)]
