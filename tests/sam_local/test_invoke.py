"""`sam local invoke` of every function with every sample event, on Lambda's runtime with the built layer."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from asset_api.platform import principals
from tests.functions.triggers import EVENTS, sample
from tests.sam_local.conftest import SamLocal
from tests.sam_local.emulated_aws import SECRET, TOKEN_OWNER, EmulatedAws
from tests.template.cloudformation import load

# Statuses in an account without assets and jobs. The webhook's signature is old; there is no account for videos.
STATUSES = {
    "abort-upload": 404,
    "begin-upload": 201,
    "cancel-job": 404,
    "change": 404,
    "complete": 404,
    "complete-parts": 404,
    "delete": 404,
    "delete-many": 200,
    "frame": 404,
    "generate": 502,
    "health": 200,
    "import": 202,
    "job": 404,
    "jobs": 200,
    "list": 200,
    "metadata": 404,
    "rendition": 404,
    "show-upload": 404,
    "sign-parts": 404,
    "upload-direct": 201,
    "upload-form": 201,
    "usage": 200,
    "webhook": 401,
}
# Responses of the others: nothing to redeliver, or nothing at all.
RESPONSES: Mapping[str, Any] = {
    "assemble": {"batchItemFailures": []},
    "dispatch": None,
    "ingest": {"batchItemFailures": []},
    "new-image": None,
    "new-video": None,
    # No receiver is configured: the event ends.
    "notify": {"batchItemFailures": []},
    "publish": {"batchItemFailures": []},
    "purge": None,
    "reconcile": None,
}


def function_of(event: Mapping[str, Any], name: str) -> str:
    """Return the function that the template invokes with such an event."""
    for logical_id, resource in load()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            for trigger in resource["Properties"].get("Events", {}).values():
                route = trigger["Properties"]
                if (
                    trigger["Type"] == "HttpApi"
                    and event.get("routeKey") == f"{route.get('Method')} {route.get('Path')}"
                ):
                    return str(logical_id)
    return {"new-image": "RenditionsFunction", "new-video": "FramesFunction"}.get(name, f"{name.capitalize()}Function")


def test_every_sample_event_is_tested() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {*STATUSES, *RESPONSES, "release"}


@pytest.mark.parametrize("name", STATUSES)
def test_a_request_gets_its_response(name: str, sam_local: SamLocal, tmp_path: Path) -> None:
    event = sample(name)
    if "authorization" in event["headers"]:
        token = principals.sign(TOKEN_OWNER, SECRET, expires_at=int(time.time()) + 600)
        event["headers"]["authorization"] = f"Bearer {token}"
    response = sam_local.invoke(function_of(event, name), event, tmp_path)
    assert response["statusCode"] == STATUSES[name], response


@pytest.mark.parametrize("name", RESPONSES)
def test_an_event_is_processed(name: str, sam_local: SamLocal, tmp_path: Path) -> None:
    event = sample(name)
    assert sam_local.invoke(function_of(event, name), event, tmp_path) == RESPONSES[name]


def test_cloudformation_receives_a_name(sam_local: SamLocal, aws: EmulatedAws, tmp_path: Path) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="cloudformation")
    event = sample("release")
    presigned = s3.generate_presigned_url("put_object", Params={"Bucket": "cloudformation", "Key": "response"})
    event["ResponseURL"] = presigned.replace(aws.url_on_this_machine, aws.url)
    assert sam_local.invoke("ReleaseFunction", event, tmp_path) is None
    response = json.load(s3.get_object(Bucket="cloudformation", Key="response")["Body"])
    assert response["Data"] == {"Id": event["RequestId"]}
