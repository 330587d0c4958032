"""The custom resources of template.yaml: ids for sets of settings, and secrets that the stack generates."""

import base64
import hashlib
import hmac
import json
import secrets
import urllib.request
from typing import Any

_TIMEOUT_SECONDS = 10
# The newest and the two before it: for minutes after a new one was generated, and again after a rollback, CloudFront
# sends an old one.
_ACCEPTED_SECRETS = 3


def handler(event: dict[str, Any], _context: Any) -> None:
    """Respond to CloudFormation.

    The event's settings, including secrets, are never stored or logged. Raises urllib.error.URLError if CloudFormation
    cannot be reached; Lambda then retries. See "Custom resource response objects" in the CloudFormation user guide.
    """
    response = _HANDLERS[event["ResourceType"]](event)
    response = {
        "Status": "SUCCESS",
        **response,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(  # noqa: S310  a URL of CloudFormation's
        event["ResponseURL"],
        data=json.dumps(response).encode(),
        # The URL was signed without one.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass


def _release(event: dict[str, Any]) -> dict[str, Any]:
    """Return the id of CloudFormation's request, which it makes whenever a setting has changed."""
    return {
        # With another id, CloudFormation would delete the previous resource.
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
        "Data": {"Id": event["RequestId"]},
    }


def _origin_secret(event: dict[str, Any]) -> dict[str, Any]:
    """Generate a secret for CloudFront, and return the hashes of all accepted ones for the API.

    The hashes are not secret. They form the physical id, the only thing that CloudFormation passes to the next update.
    """
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    secret = secrets.token_urlsafe()
    before = event["PhysicalResourceId"].split(".") if event["RequestType"] == "Update" else []
    hashes = [hashlib.sha256(secret.encode()).hexdigest(), *before][:_ACCEPTED_SECRETS]
    return {
        "PhysicalResourceId": ".".join(hashes),
        "Data": {"Value": secret, "Hashes": ",".join(hashes)},
        "NoEcho": True,
    }


def _url_signing_secret(event: dict[str, Any]) -> dict[str, Any]:
    """Generate the secret from which the keys of signed URLs are derived, once in a stack's life.

    An update could only generate another one, since CloudFormation does not pass the old value. That would invalidate
    all signed URLs, and a rollback could not restore them. So its properties never change, and an update is refused.
    """
    if event["RequestType"] == "Create":
        return {"PhysicalResourceId": event["RequestId"], "Data": {"Value": secrets.token_urlsafe()}, "NoEcho": True}
    response = {"PhysicalResourceId": event["PhysicalResourceId"]}
    if event["RequestType"] == "Update":
        reason = "An update would invalidate all signed URLs: change UrlSigningKeys instead"
        response |= {"Status": "FAILED", "Reason": reason}
    return response


def _url_signing_keys(event: dict[str, Any]) -> dict[str, Any]:
    """Derive the accepted keys: the one that signs, the previous one, and the next one.

    CloudFront takes minutes to receive a new key. It has known the next one since the previous deployment, so URLs are
    valid as soon as they are signed. URLs signed with the previous key stay valid until they expire.
    The same properties yield the same keys, so that a deployment that is rolled back has its keys again.
    """
    response = {"PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"])}
    if event["RequestType"] == "Delete":
        return response
    properties = event["ResourceProperties"]
    version = int(properties["Version"])
    secret = _derived(properties["Secret"], f"url-signing-secret {properties['SecretVersion']}")
    keys = [_derived(secret, f"url-signing-key {each}") for each in (version, version - 1, version + 1)]
    return {**response, "Data": {"Value": ",".join(keys)}, "NoEcho": True}


def _derived(secret: str, name: str) -> str:
    digest = hmac.digest(secret.encode(), name.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_HANDLERS = {
    "Custom::Release": _release,
    "Custom::OriginSecret": _origin_secret,
    "Custom::UrlSigningSecret": _url_signing_secret,
    "Custom::UrlSigningKeys": _url_signing_keys,
}
