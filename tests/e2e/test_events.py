"""Events on a stack with two receivers, one of which is dead."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stack import NAME
from local.state import StateDirectory
from local.webhooks import secret_of
from tests import media
from tests.e2e.client import Caller, eventually, refused, someone, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import ROOT, LocalStack, local_stack
from tests.e2e.roles import without_action
from tests.e2e.webhook_receiver import Receiver, receiving


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[LocalStack]:
    # Nothing listens on the discard protocol's port.
    dead = "http://localhost:9/"
    parameters = (
        f"WebhookUrls={dead},{receiver.url} EventBusName=default UploadsPerMinute=25"
        " MaxUploadBytes=104857600 CorsAllowOrigin=https://app.example.com,http://localhost:3000"
    )
    state = tmp_path_factory.mktemp("stack-with-receivers")
    with local_stack(state, files_in_memory=True, parameters=parameters) as started:
        started.start()
        receiver.secret = secret_of(StateDirectory(state).webhook_secret)
        yield started


@pytest.fixture(scope="module")
def http(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=120) as opened:
        yield opened


@pytest.fixture
def owner(stack: LocalStack, http: httpx.Client) -> Caller:
    return someone(stack, http)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://app.example.com", True), ("http://localhost:3000", True), ("https://another.example", False)],
)
def test_only_the_configured_origins_may_call_the_api(origin: str, allowed: bool, http: httpx.Client) -> None:
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for response in (
        http.options("/api/v2/upload-asset", headers=preflight),
        http.get("/api/v2/assets", headers={"Origin": origin}),
    ):
        assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_an_event_shows_the_asset_as_listed_even_if_another_receiver_is_down(owner: Caller, receiver: Receiver) -> None:
    asset_id = owner.uploaded("Ünïcode.png", media.png())["asset_id"]
    delivery = receiver.wait_for(f"asset_published_{asset_id}")
    assert delivery.payload["type"] == "asset.published"
    shown = succeeded(owner.metadata(asset_id), 200)
    announced = delivery.payload["data"]["asset"]
    # The event lacks properties that become known later.
    assert {name: value for name, value in announced.items() if value is not None}.items() <= shown.items()
    assert announced.keys() == shown.keys()
    assert owner.http.get(announced["url"]).content == media.png()
    succeeded(owner.delete(asset_id), 200)
    deleted = receiver.wait_for(f"asset_deleted_{asset_id}").payload["data"]
    assert (deleted["asset_id"], deleted["cause"]) == (asset_id, "delete")
    assert deleted["owner"] == delivery.payload["data"]["owner"]


def test_a_large_file_is_published_by_its_event_and_announced(owner: Caller, receiver: Receiver) -> None:
    """This stack allows files up to 100 MB; those above 50 MB have their own function."""
    assert succeeded(owner.send("GET", "/api/v2/usage"), 200)["limits"]["max_upload_bytes"] == 104857600
    secret = media.box(b"free", b"where it was taken")
    data = media.padded_mp4(52_428_800) + secret
    sent = asset_id, upload_id = owner.parts_sent("film.mp4", data)
    publishing = owner.complete_parts(*sent)
    assert (succeeded(publishing, 202)["status"], publishing.headers["retry-after"]) == ("publishing", "5")
    receiver.wait_for(f"asset_published_{asset_id}")
    asset = succeeded(owner.complete_parts(asset_id, upload_id), 201)
    assert asset["size_bytes"] == len(data)
    published = owner.http.get(asset["url"]).content
    assert published[: -len(secret)] == data[: -len(secret)]
    assert b"taken" not in published


def test_a_failed_delivery_is_retried_with_a_new_signature(owner: Caller, receiver: Receiver) -> None:
    asset_id = owner.arrived("image.png", media.png())["asset_id"]
    event_id = f"asset_published_{asset_id}"
    receiver.statuses[event_id] = [500]
    succeeded(owner.complete(asset_id), 201)
    first, second = receiver.wait_for(event_id), receiver.wait_for(event_id, count=2)
    assert first.payload == second.payload
    assert int(second.timestamp) - int(first.timestamp) >= 3


def test_a_refused_upload_is_announced_with_the_reason(owner: Caller, receiver: Receiver) -> None:
    asset_id = owner.arrived("image.png", media.gif())["asset_id"]
    reason = refused(owner.complete(asset_id), 400)
    announced = receiver.wait_for(f"asset_refused_{asset_id}").payload["data"]
    assert (announced["asset_id"], announced["filename"], announced["reason"]) == (asset_id, "image.png", reason)


def test_an_ended_job_is_announced_as_its_get_shows_it(owner: Caller, receiver: Receiver) -> None:
    job = owner.ended(owner.generating())
    assert job.pop("success") is True
    announced = receiver.wait_for(f"job_completed_{job['job_id']}").payload
    assert (announced["type"], announced["data"]["job"]) == ("job.completed", job)
    receiver.wait_for(f"asset_published_{job['asset_id']}")


def test_the_event_bus_gets_each_event_with_its_id(owner: Caller, stack: LocalStack) -> None:
    bus, sqs = client(stack, "events"), client(stack, "sqs")
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["asset-upload-api"], "detail-type": ["asset.published"]}
    bus.put_rule(Name="listener", EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="listener", Targets=[{"Id": "queue", "Arn": arn}])
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]

    def look() -> dict[str, Any] | None:
        messages = sqs.receive_message(QueueUrl=queue).get("Messages", [])
        details = [json.loads(message["Body"])["detail"] for message in messages]
        return next((each for each in details if each["id"] == f"asset_published_{asset_id}"), None)

    detail = eventually("an event on the bus", look)
    assert detail["data"]["asset"]["asset_id"] == asset_id


@pytest.mark.parametrize(
    ("logical_id", "statement"), [("QueueWebhooksPolicy", "queue-webhooks"), ("PutEventsPolicy", "put-events")]
)
def test_events_are_sent_once_the_missing_permission_is_restored(
    logical_id: str, statement: str, owner: Caller, stack: LocalStack, receiver: Receiver
) -> None:
    iam = client(stack, "iam")
    names = {"RoleName": physical_id(stack, "DispatchRole"), "PolicyName": statement}
    assert physical_id(stack, logical_id)
    allowed = iam.get_role_policy(**names)["PolicyDocument"]
    iam.delete_role_policy(**names)
    try:
        removed_at = time.time()
        event_id = f"asset_published_{owner.uploaded('image.png', media.png())['asset_id']}"
        eventually("a batch that failed", lambda: _has_failed(stack, since=removed_at))
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(allowed))
    receiver.wait_for(event_id)


def _has_failed(stack: LocalStack, *, since: float) -> bool:
    """Tell whether dispatch has failed since then (Unix seconds)."""
    logs = client(stack, "logs")
    found = logs.filter_log_events(
        logGroupName="/aws/lambda/asset-upload-api-local-dispatch",
        filterPattern='"not dispatched yet"',
        startTime=int(since * 1000),
    )
    return bool(found["events"])


def given_up(stack: LocalStack) -> bool:
    """Tell whether an event older than a day returns to its queue at once, to become a dead letter."""
    sqs = client(stack, "sqs")
    queue = sqs.create_queue(QueueName=f"{NAME}-webhook-9")["QueueUrl"]  # nothing else reads it
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    (message,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"]
    record = json.loads((ROOT / "events" / "notify.json").read_text(encoding="utf-8"))["Records"][0]
    record |= {"receiptHandle": message["ReceiptHandle"], "eventSourceARN": arn}
    response = client(stack, "lambda").invoke(
        FunctionName=f"{NAME}-notify", Payload=json.dumps({"Records": [record]}).encode()
    )
    assert json.loads(response["Payload"].read())["batchItemFailures"]
    again = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600).get("Messages", [])
    sqs.delete_queue(QueueUrl=queue)
    return bool(again)


@pytest.mark.parametrize("action", ["sqs:GetQueueUrl", "sqs:ChangeMessageVisibility"])
def test_delaying_an_event_needs_both_permissions(action: str, stack: LocalStack) -> None:
    with without_action(stack, "NotifyRole", "HaveThemWait", action):
        assert not given_up(stack)
    assert given_up(stack)


def test_the_upload_limit_is_configurable(owner: Caller) -> None:
    response = owner.ask_for_form("clip.mp4")
    assert response.headers["ratelimit-policy"] == '"uploads";q=25;w=60'
