"""The custom resources of template.yaml: names for sets of settings, and the secret by which CloudFront is known."""

import hashlib
import json
import secrets
import urllib.request
from typing import Any

_TIMEOUT_SECONDS = 10
# The newest, and the ones before: CloudFront sends an old secret for minutes after a new one was made, and again where
# the deployment that made it is rolled back.
_SECRETS_THAT_COUNT = 3


def handler(event: dict[str, Any], _context: Any) -> None:
    """Answer CloudFormation.

    The settings in the event, secrets among them, go nowhere. Raises urllib.error.URLError where CloudFormation cannot
    be told, and Lambda tries again. See "Custom resource response objects" in the CloudFormation user guide.
    """
    answer = _origin_secret(event) if event["ResourceType"] == "Custom::OriginSecret" else _release(event)
    answer |= {"Status": "SUCCESS", **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}}
    request = urllib.request.Request(  # noqa: S310  a URL of CloudFormation's
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        # It was signed without one.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass


def _release(event: dict[str, Any]) -> dict[str, Any]:
    """Name the settings after CloudFormation's request: it makes one whenever a setting has changed."""
    return {
        # Another one would have CloudFormation delete what it takes for the resource before.
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
        "Data": {"Id": event["RequestId"]},
    }


def _origin_secret(event: dict[str, Any]) -> dict[str, Any]:
    """Make a secret for CloudFront, and for the API the hashes of all that count.

    The hashes, which are no secret, make up the physical id: CloudFormation tells nothing else of the one before.
    """
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    secret = secrets.token_urlsafe()
    before = event["PhysicalResourceId"].split(".") if event["RequestType"] == "Update" else []
    hashes = [hashlib.sha256(secret.encode()).hexdigest(), *before][:_SECRETS_THAT_COUNT]
    return {
        "PhysicalResourceId": ".".join(hashes),
        "Data": {"Value": secret, "Hashes": ",".join(hashes)},
        "NoEcho": True,
    }
