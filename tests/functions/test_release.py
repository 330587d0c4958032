"""The custom resources: what CloudFormation is told of them."""

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
    def answer(self) -> dict[str, Any]:
        (request,) = self.requests
        answer: dict[str, Any] = json.loads(request[2])
        return answer


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    told = CloudFormation()

    class PresignedUrl(Handler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append((self.path, self.headers["Content-Type"], body))
            self.respond(told.status)

    with serving(PresignedUrl) as port:
        told.url = f"http://127.0.0.1:{port}/response?Signature=s%3D"
        yield told


def asked(cloudformation: CloudFormation, **changes: Any) -> dict[str, Any]:
    return {**sample("release"), "ResponseURL": cloudformation.url, **changes}


def test_a_changed_setting_makes_a_name_that_was_never_there_before(cloudformation: CloudFormation) -> None:
    event = asked(cloudformation)
    release.handler(event, Context())
    assert cloudformation.answer == {
        "Status": "SUCCESS",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": "Release",
        # The same resource as before: CloudFormation deletes nothing.
        "PhysicalResourceId": event["PhysicalResourceId"],
        "Data": {"Id": event["RequestId"]},
    }


def test_the_answer_is_put_as_the_url_was_signed(cloudformation: CloudFormation) -> None:
    release.handler(asked(cloudformation), Context())
    ((path, content_type, _),) = cloudformation.requests
    assert path == "/response?Signature=s%3D"
    assert not content_type


def test_a_new_stack_gets_a_name_of_its_own(cloudformation: CloudFormation) -> None:
    event = asked(cloudformation, RequestType="Create")
    del event["PhysicalResourceId"], event["OldResourceProperties"]
    release.handler(event, Context())
    assert cloudformation.answer["PhysicalResourceId"] == event["RequestId"] == cloudformation.answer["Data"]["Id"]


def test_a_stack_that_is_deleted_does_not_wait_for_it(cloudformation: CloudFormation) -> None:
    release.handler(asked(cloudformation, RequestType="Delete"), Context())
    assert cloudformation.answer["Status"] == "SUCCESS"


def test_no_setting_is_told_or_logged(cloudformation: CloudFormation, capfd: pytest.CaptureFixture[str]) -> None:
    release.handler(asked(cloudformation), Context())
    told = cloudformation.requests[0][2].decode() + "".join(capfd.readouterr())
    assert "secret" not in told


def test_an_answer_that_did_not_arrive_is_left_to_lambda_to_try_again(cloudformation: CloudFormation) -> None:
    cloudformation.status = 503
    with pytest.raises(HTTPError):
        release.handler(asked(cloudformation), Context())


def made(cloudformation: CloudFormation, request_type: str, physical_id: str | None = None) -> dict[str, Any]:
    """The answer to a request for the origin's secret."""
    cloudformation.requests.clear()
    event = asked(cloudformation, RequestType=request_type, ResourceType="Custom::OriginSecret")
    event["PhysicalResourceId"] = physical_id
    if physical_id is None:
        del event["PhysicalResourceId"]
    release.handler(event, Context())
    return cloudformation.answer


def test_a_secret_is_made_for_cloudfront_and_its_hash_for_the_api(cloudformation: CloudFormation) -> None:
    answer = made(cloudformation, "Create")
    assert len(answer["Data"]["Value"]) >= 43  # 256 bits
    assert answer["Data"]["Hashes"] == hashlib.sha256(answer["Data"]["Value"].encode()).hexdigest()
    assert answer["NoEcho"] is True


def test_the_secrets_before_count_for_two_changes_more(cloudformation: CloudFormation) -> None:
    answers = [made(cloudformation, "Create")]
    for _ in range(3):
        answers.append(made(cloudformation, "Update", answers[-1]["PhysicalResourceId"]))
    newest = [hashlib.sha256(answer["Data"]["Value"].encode()).hexdigest() for answer in reversed(answers)]
    assert len(set(newest)) == 4
    assert answers[-1]["Data"]["Hashes"] == ",".join(newest[:3])
    # Within CloudFormation's limit.
    assert len(answers[-1]["PhysicalResourceId"]) < 1024


def test_a_secret_is_nowhere_but_where_cloudfront_gets_it(
    cloudformation: CloudFormation, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = made(cloudformation, "Update", "0" * 64)
    assert answer["Data"]["Value"] not in answer["PhysicalResourceId"] + "".join(capfd.readouterr())


def test_a_secret_that_is_deleted_makes_no_other(cloudformation: CloudFormation) -> None:
    answer = made(cloudformation, "Delete", "0" * 64)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "0" * 64)
    assert "Data" not in answer


def signing_keys(cloudformation: CloudFormation, secret: str, version: int) -> list[str]:
    """The keys of signed URLs: the one that signs, the one before, and the next."""
    cloudformation.requests.clear()
    properties = {"Secret": secret, "Version": str(version)}
    event = asked(cloudformation, ResourceType="Custom::UrlSigningKeys", ResourceProperties=properties)
    release.handler(event, Context())
    assert cloudformation.answer["NoEcho"] is True
    keys: list[str] = cloudformation.answer["Data"]["Value"].split(",")
    return keys


def test_cloudfront_knows_the_next_key_before_anything_is_signed_with_it(cloudformation: CloudFormation) -> None:
    first, second, other = (signing_keys(cloudformation, secret, n) for secret, n in (("a", 1), ("a", 2), ("b", 1)))
    # While the functions sign with the second key, CloudFront may still have the first set, and the other way round.
    assert second[0] in first
    assert first[0] in second
    assert len({*first, *second}) == 4
    assert {len(key) for key in (*first, *second)} == {43}
    assert not {*first, *second} & {*other}
