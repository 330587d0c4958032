"""The custom resources of template.yaml: names for sets of settings, and secrets that the stack draws for itself."""

import base64
import hashlib
import hmac
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
    answer = _ANSWERS[event["ResourceType"]](event)
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


def _url_signing_secret(event: dict[str, Any]) -> dict[str, Any]:
    """Draw the secret that the keys of signed URLs are made of. Another one each time: all signed URLs end with it."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    return {"PhysicalResourceId": event["RequestId"], "Data": {"Value": secrets.token_urlsafe()}, "NoEcho": True}


def _url_signing_keys(event: dict[str, Any]) -> dict[str, Any]:
    """Make the keys that count: the one that signs, the one before it, and the one that will sign next.

    CloudFront takes minutes to learn of a key. It has known the next one since the deployment before, so that URLs are
    good as soon as they are signed; and URLs of the one before are good until they expire.
    """
    answer = {"PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"])}
    if event["RequestType"] == "Delete":
        return answer
    properties = event["ResourceProperties"]
    version = int(properties["Version"])
    keys = [_url_signing_key(properties["Secret"], each) for each in (version, version - 1, version + 1)]
    return {**answer, "Data": {"Value": ",".join(keys)}, "NoEcho": True}


def _url_signing_key(secret: str, version: int) -> str:
    digest = hmac.digest(secret.encode(), f"url-signing-key {version}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_ANSWERS = {
    "Custom::Release": _release,
    "Custom::OriginSecret": _origin_secret,
    "Custom::UrlSigningSecret": _url_signing_secret,
    "Custom::UrlSigningKeys": _url_signing_keys,
}
