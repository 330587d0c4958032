"""Sample events: they match Powertools' models of AWS events.

Sources: "Create AWS Lambda proxy integrations for HTTP APIs" (payload format 2.0; a field without content is left out),
"Using Lambda with Amazon SQS", "DynamoDB Streams and AWS Lambda triggers", "EventBridge event message structure" (S3),
"Creating a scheduled rule" (EventBridge), and "Custom resource request objects" (CloudFormation), each in its service's
guide.
"""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayProxyEventV2Model,
    CloudFormationCustomResourceUpdateModel,
    DynamoDBStreamModel,
    EventBridgeModel,
    S3EventNotificationEventBridgeModel,
    SqsModel,
)

from asset_api.assets.asset import Asset
from asset_api.events.rendition_requests import RenditionRequests
from asset_api.media.file_types import Kind

EVENTS = {path.stem: path for path in (Path(__file__).parents[3] / "events").glob("*.json")}
FROM_QUEUES, FROM_THE_STREAM, SCHEDULED, FROM_CLOUDFORMATION, FROM_DISPATCH = (
    {"publish", "assemble", "ingest", "notify"},
    {"purge", "dispatch"},
    {"reconcile"},
    {"release"},
    {"new-image", "new-video"},
)
FROM_THE_GATEWAY = EVENTS.keys() - FROM_QUEUES - FROM_THE_STREAM - SCHEDULED - FROM_CLOUDFORMATION - FROM_DISPATCH


def loaded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(EVENTS[name].read_text(encoding="utf-8"))
    return event


@pytest.mark.parametrize("name", sorted(FROM_THE_GATEWAY))
def test_request_samples_are_api_gateway_events(name: str) -> None:
    event = loaded(name)
    context = APIGatewayProxyEventV2Model.model_validate(event).requestContext
    assert event["version"] == "2.0"
    assert event["routeKey"] == context.routeKey
    assert event["rawPath"] == context.http.path
    assert [each for each in event["headers"] if each != each.lower()] == []


@pytest.mark.parametrize("name", sorted(FROM_QUEUES))
def test_message_samples_are_sqs_records(name: str) -> None:
    event = loaded(name)
    assert SqsModel.model_validate(event).Records
    for record in event["Records"]:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


def test_the_upload_sample_contains_an_s3_event() -> None:
    (record,) = loaded("publish")["Records"]
    event = S3EventNotificationEventBridgeModel.model_validate_json(record["body"])
    assert event.detail_type == "Object Created"
    assert event.detail.object.key.startswith("uploads/")


@pytest.mark.parametrize("name", sorted(FROM_THE_STREAM))
def test_change_samples_are_stream_records(name: str) -> None:
    (record,) = DynamoDBStreamModel.model_validate(loaded(name)).Records
    assert record.eventName == "INSERT"


def test_the_reconcile_sample_is_a_scheduled_event() -> None:
    event = EventBridgeModel.model_validate(loaded("reconcile"))
    assert (event.source, event.detail_type) == ("aws.events", "Scheduled Event")


def test_the_release_sample_is_a_custom_resource_update() -> None:
    event = CloudFormationCustomResourceUpdateModel.model_validate(loaded("release"))
    assert event.resource_properties != event.old_resource_properties


@pytest.mark.parametrize(("kind", "file_type"), [("image", "image/jpeg"), ("video", "video/mp4")])
def test_the_rendition_samples_are_those_that_dispatch_sends(kind: Kind, file_type: str) -> None:
    payloads: list[Any] = []
    functions = SimpleNamespace(invoke=lambda **request: payloads.append(json.loads(request["Payload"])))
    published = Asset("alice", "019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "a file", file_type, 1)
    RenditionRequests(cast(Any, functions), {kind: "renditions"}).request(published)
    assert payloads == [loaded(f"new-{kind}")]


def test_sam_local_settings_accept_the_samples_signatures() -> None:
    """`sam local` cannot ask CloudFormation for the hashes that a deployment has."""
    settings = json.loads((EVENTS["list"].parent / "settings" / "sam-local.json").read_text(encoding="utf-8"))
    secrets = {loaded(name)["headers"]["x-origin-secret"] for name in FROM_THE_GATEWAY}
    (secret,) = secrets
    assert settings["Parameters"]["ORIGIN_SECRET_HASHES"] == hashlib.sha256(secret.encode()).hexdigest()
