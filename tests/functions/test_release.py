"""Custom resources: their responses to CloudFormation."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError

import pytest

from functions.release import app as release
from tests.functions.gateway import Context
from tests.functions.triggers import sample
from tests.serving import Handler, serving


@dataclass
class CloudFormation:
    """The server behind the presigned URL."""

    url: str = ""
    status: int = 200
    requests: list[tuple[str, str | None, bytes]] = field(default_factory=list)

    @property
    def response(self) -> dict[str, Any]:
        (request,) = self.requests
        response: dict[str, Any] = json.loads(request[2])
        return response


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    server = CloudFormation()

    class PresignedUrl(Handler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append((self.path, self.headers["Content-Type"], body))
            self.respond(server.status)

    with serving(PresignedUrl) as port:
        server.url = f"http://127.0.0.1:{port}/response?Signature=s%3D"
        yield server


def request_event(cloudformation: CloudFormation, **changes: Any) -> dict[str, Any]:
    return {**sample("release"), "ResponseURL": cloudformation.url, **changes}


def test_a_changed_setting_makes_a_new_name(cloudformation: CloudFormation) -> None:
    event = request_event(cloudformation)
    release.handler(event, Context())
    assert cloudformation.response == {
        "Status": "SUCCESS",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": "Release",
        # The same physical id: CloudFormation deletes nothing.
        "PhysicalResourceId": event["PhysicalResourceId"],
        "Data": {"Id": event["RequestId"]},
    }


def test_the_response_is_sent_as_the_url_was_signed(cloudformation: CloudFormation) -> None:
    release.handler(request_event(cloudformation), Context())
    ((path, content_type, _),) = cloudformation.requests
    assert path == "/response?Signature=s%3D"
    assert not content_type


def test_a_new_stack_gets_a_new_name(cloudformation: CloudFormation) -> None:
    event = request_event(cloudformation, RequestType="Create")
    del event["PhysicalResourceId"], event["OldResourceProperties"]
    release.handler(event, Context())
    assert cloudformation.response["PhysicalResourceId"] == event["RequestId"] == cloudformation.response["Data"]["Id"]


def test_deleting_a_stack_succeeds(cloudformation: CloudFormation) -> None:
    release.handler(request_event(cloudformation, RequestType="Delete"), Context())
    assert cloudformation.response["Status"] == "SUCCESS"


def test_settings_are_neither_returned_nor_logged(
    cloudformation: CloudFormation, capfd: pytest.CaptureFixture[str]
) -> None:
    release.handler(request_event(cloudformation), Context())
    output = cloudformation.requests[0][2].decode() + "".join(capfd.readouterr())
    assert "secret" not in output


def test_a_failed_response_is_retried_by_lambda(cloudformation: CloudFormation) -> None:
    cloudformation.status = 503
    with pytest.raises(HTTPError):
        release.handler(request_event(cloudformation), Context())


def made(cloudformation: CloudFormation, request_type: str, physical_id: str | None = None) -> dict[str, Any]:
    """Return the response to a request for the origin secret."""
    cloudformation.requests.clear()
    event = request_event(cloudformation, RequestType=request_type, ResourceType="Custom::OriginSecret")
    event["PhysicalResourceId"] = physical_id
    if physical_id is None:
        del event["PhysicalResourceId"]
    release.handler(event, Context())
    return cloudformation.response


def test_cloudfront_gets_the_secret_and_the_api_its_hash(cloudformation: CloudFormation) -> None:
    response = made(cloudformation, "Create")
    assert len(response["Data"]["Value"]) >= 43  # 256 bits
    assert response["Data"]["Hashes"] == hashlib.sha256(response["Data"]["Value"].encode()).hexdigest()
    assert response["NoEcho"] is True


def test_the_two_previous_secrets_stay_valid(cloudformation: CloudFormation) -> None:
    responses = [made(cloudformation, "Create")]
    for _ in range(3):
        responses.append(made(cloudformation, "Update", responses[-1]["PhysicalResourceId"]))
    newest = [hashlib.sha256(response["Data"]["Value"].encode()).hexdigest() for response in reversed(responses)]
    assert len(set(newest)) == 4
    assert responses[-1]["Data"]["Hashes"] == ",".join(newest[:3])
    # Within CloudFormation's limit.
    assert len(responses[-1]["PhysicalResourceId"]) < 1024


def test_the_secret_is_neither_logged_nor_in_the_physical_id(
    cloudformation: CloudFormation, capfd: pytest.CaptureFixture[str]
) -> None:
    response = made(cloudformation, "Update", "0" * 64)
    assert response["Data"]["Value"] not in response["PhysicalResourceId"] + "".join(capfd.readouterr())


def test_deleting_a_secret_generates_none(cloudformation: CloudFormation) -> None:
    response = made(cloudformation, "Delete", "0" * 64)
    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", "0" * 64)
    assert "Data" not in response


# --- Signed URLs -----------------------------------------------------------------------------------------------------

TIMING = {
    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:asset-upload-api-release",
    "ServiceTimeout": "60",
}
DRAWN = "the-secret-that-was-drawn-when-the-stack-was-created"


def of_urls(
    cloudformation: CloudFormation,
    kind: str,
    request_type: str,
    properties: dict[str, str] | None = None,
    before: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the response to a request. A Create has no physical id, and only an Update has old properties."""
    cloudformation.requests.clear()
    event = request_event(
        cloudformation,
        RequestType=request_type,
        ResourceType=f"Custom::{kind}",
        LogicalResourceId=kind,
        ResourceProperties={**TIMING, **(properties or {})},
        OldResourceProperties={**TIMING, **(before or {})},
    )
    if request_type == "Create":
        del event["PhysicalResourceId"]
    if request_type != "Update":
        del event["OldResourceProperties"]
    release.handler(event, Context())
    assert cloudformation.response["RequestId"] == event["RequestId"]
    return cloudformation.response


def test_the_signing_secret_is_generated_on_create(cloudformation: CloudFormation) -> None:
    drawn = [of_urls(cloudformation, "UrlSigningSecret", "Create") for _ in range(2)]
    assert len({response["Data"]["Value"] for response in drawn}) == 2
    for response in drawn:
        assert (response["Status"], response["NoEcho"], len(response["Data"]["Value"])) == ("SUCCESS", True, 43)
        assert response["Data"]["Value"] not in response["PhysicalResourceId"]


@pytest.mark.parametrize("before", [{}, {"ServiceTimeout": "30"}, {"Version": "1"}])
def test_the_signing_secret_is_never_generated_again(before: dict[str, str], cloudformation: CloudFormation) -> None:
    """Updates and rollbacks fail: a new value would invalidate every URL, and a new id would replace the secret."""
    response = of_urls(cloudformation, "UrlSigningSecret", "Update", before=before)
    assert (response["Status"], response["Reason"][:9]) == ("FAILED", "An update")
    assert response["PhysicalResourceId"] == sample("release")["PhysicalResourceId"]
    assert "Data" not in response


@pytest.mark.parametrize("kind", ["UrlSigningSecret", "UrlSigningKeys"])
def test_deleting_the_stack_generates_nothing(kind: str, cloudformation: CloudFormation) -> None:
    response = of_urls(cloudformation, kind, "Delete", versions())
    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", sample("release")["PhysicalResourceId"])
    assert "Data" not in response


def versions(key: int = 1, secret: int = 1) -> dict[str, str]:
    return {"Secret": DRAWN, "SecretVersion": str(secret), "Version": str(key)}


def signing_keys(
    cloudformation: CloudFormation, properties: dict[str, str], before: dict[str, str] | None = None
) -> list[str]:
    """Return the keys of signed URLs after a Create or, given the properties `before`, an Update."""
    request_type = "Create" if before is None else "Update"
    response = of_urls(cloudformation, "UrlSigningKeys", request_type, properties, before)
    assert (response["Status"], response["NoEcho"]) == ("SUCCESS", True)
    if before is not None:  # with another id, CloudFormation would delete the old resource
        assert response["PhysicalResourceId"] == sample("release")["PhysicalResourceId"]
    keys: list[str] = response["Data"]["Value"].split(",")
    assert len({*keys}) == 3
    return keys


def test_cloudfront_knows_the_next_key_before_its_use(cloudformation: CloudFormation) -> None:
    first = signing_keys(cloudformation, versions(1))
    second = signing_keys(cloudformation, versions(2), before=versions(1))
    # Functions may sign with the second key while CloudFront still has the first set, and vice versa.
    assert second[0] in first
    assert first[0] in second
    assert len({*first, *second}) == 4
    assert {len(key) for key in (*first, *second)} == {43}


def test_other_updates_keep_the_keys(cloudformation: CloudFormation) -> None:
    keys = signing_keys(cloudformation, versions())
    for before in (versions(), {**versions(), "ServiceTimeout": "30"}, TIMING):
        assert signing_keys(cloudformation, versions(), before) == keys


def test_a_new_secret_version_replaces_every_key(cloudformation: CloudFormation) -> None:
    keys = {*signing_keys(cloudformation, versions())}
    assert not keys & {*signing_keys(cloudformation, versions(secret=2), before=versions())}
    assert not keys & {*signing_keys(cloudformation, {**versions(), "Secret": "another-stack's"})}


@pytest.mark.parametrize("failed", [versions(2), versions(secret=2), versions(3, 3)])
def test_a_rollback_restores_the_keys(failed: dict[str, str], cloudformation: CloudFormation) -> None:
    """CloudFormation rolls back by an Update to the previous properties."""
    keys = signing_keys(cloudformation, versions())
    assert signing_keys(cloudformation, failed, before=versions()) != keys
    assert signing_keys(cloudformation, versions(), before=failed) == keys
