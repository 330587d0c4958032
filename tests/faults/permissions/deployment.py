"""The stack that attempts run on, and preparations that several of them share."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.stack import NAME
from tests import media
from tests.e2e.client import Caller, eventually, someone, succeeded
from tests.e2e.emulated_aws import client, item_with, physical_id
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn
from tests.template.cloudformation import ROOT

# Returns True on success. It is prepared with all permissions, so that only the attempt itself can fail.
Attempt = Callable[[], bool]


@dataclass(frozen=True)
class Deployment:
    """The stack as clients see it, and its AWS resources."""

    stack: LocalStack
    http: httpx.Client
    stand_in: StandIn
    seen: list[str] = field(default_factory=list)
    """The responses to attempts, for the message of a test that fails."""

    def someone(self) -> Caller:
        return someone(self.stack, self.http)

    def works(self, function: str, event: dict[str, Any]) -> bool:
        """Invoke a function as its event source does; return False if it fails or returns the message to its queue."""
        response = client(self.stack, "lambda").invoke(
            FunctionName=f"{NAME}-{function}", Payload=json.dumps(event).encode()
        )
        result = json.loads(response["Payload"].read() or b"null")
        self.seen.append(f"{function}: {response.get('FunctionError', 'no error')}, {result}")
        failed = "FunctionError" in response or bool((result or {}).get("batchItemFailures"))
        return not failed

    def put(self, bucket: str, key: str, data: bytes, **headers: Any) -> None:
        client(self.stack, "s3").put_object(Bucket=physical_id(self.stack, bucket), Key=key, Body=data, **headers)


Prepare = Callable[[Deployment], Attempt]
# By role (a logical id), statement and action.
Permissions = dict[tuple[str, str, str], Prepare]


def sample(name: str) -> Any:
    return json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))


def returns_status(deployment: Deployment, status: int, call: Callable[[], httpx.Response]) -> Attempt:
    """Build an attempt whose response is `status`, or a 500 without the permission."""

    def attempt() -> bool:
        response = call()
        request = response.request
        deployment.seen.append(f"{request.method} {request.url}: {response.status_code} {response.text[:500]}")
        assert response.status_code in (status, 500), response.text
        return response.status_code == status

    return attempt


@contextlib.contextmanager
def idle_background(stack: LocalStack) -> Iterator[None]:
    """Pause the stack's events, schedule and table stream within the block.

    Otherwise their functions, which have other roles, might do the attempt's work before it fails.
    """
    events, functions = client(stack, "events"), client(stack, "lambda")
    rules = [rule["Name"] for rule in events.list_rules()["Rules"] if rule["State"] == "ENABLED"]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    streams = [each["UUID"] for each in mappings if ":dynamodb:" in each["EventSourceArn"]]
    assert rules
    assert streams
    try:
        for rule in rules:
            events.disable_rule(Name=rule)
        for stream in streams:
            functions.update_event_source_mapping(UUID=stream, Enabled=False)
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)
        for stream in streams:
            functions.update_event_source_mapping(UUID=stream, Enabled=True)


def half_published(deployment: Deployment) -> tuple[Caller, str]:
    """Leave an upload whose publication crashed between its bytes and its item."""
    owner = deployment.someone()
    response = succeeded(owner.ask_for_form("photo.jpg"), 201)
    data = media.jpeg(exif=True)
    deployment.put("AssetsBucket", f"api/v2/assets/{response['asset_id']}", data, ContentType="image/jpeg")
    assert owner.post(response["upload"], data).status_code == 201
    return owner, str(response["asset_id"])


def deleted(deployment: Deployment) -> tuple[Caller, dict[str, Any]]:
    """Return a form whose asset was published and deleted."""
    owner = deployment.someone()
    response = owner.arrived("clip.mp4", media.mp4())
    succeeded(owner.complete(response["asset_id"]), 201)
    succeeded(owner.delete(response["asset_id"]), 200)
    return owner, response


def stored_late(deployment: Deployment, asset_id: str) -> None:
    """Store public bytes for a deleted asset, as a publication does that crashes before it sees the tombstone."""
    deployment.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.mp4(), ContentType="video/mp4")


def ended_unheard(deployment: Deployment) -> tuple[Caller, str, dict[str, Any]]:
    """Start a job whose prediction ends without a webhook; return the message that the webhook would have sent."""
    owner = deployment.someone()
    job_id = owner.generating("stand-in/drops-webhook")

    def ended() -> dict[str, Any] | None:
        found = deployment.stand_in.predictions_of(job_id)
        return found[0] if found and found[0]["status"] == "succeeded" else None

    prediction = eventually("predicted", ended)
    record = sample("ingest")["Records"][0]
    subject = owner_of(deployment, job_id)
    message = {"owner": subject, "job_id": job_id, "prediction_id": prediction["id"]}
    record["body"] = json.dumps(message)
    return owner, job_id, {"Records": [record]}


def owner_of(deployment: Deployment, job_id: str) -> str:
    return str(item_with(deployment.stack, f"job#{job_id}")["owner"]["S"])
