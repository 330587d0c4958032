"""The emulator serves only the stack and its root key: no browser, no other key, no unsigned request."""

from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local import environment
from local.root_key import RootKey
from local.stack import NAME
from tests import media
from tests.e2e.client import Caller
from tests.e2e.emulated_aws import physical_id
from tests.e2e.local_stack import LocalStack
from tests.e2e.processes import descendants, environment_of

CONFIGURATION = f"/2015-03-31/functions/{NAME}-generate/configuration"
# One call of each protocol of AWS.
CALLS = {
    "lambda": "list_functions",
    "s3": "list_buckets",
    "dynamodb": "list_tables",
    "sqs": "list_queues",
    "cloudformation": "list_stacks",
    "cloudfront": "list_distributions",
    "apigatewayv2": "get_apis",
}
REFUSALS = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
}


@pytest.mark.parametrize("service", CALLS)
def test_only_the_root_key_is_accepted(stack: LocalStack, service: str) -> None:
    right = stack.root_key
    wrong = [RootKey("test", "test"), RootKey("000000000000", "test"), RootKey(right.access_key_id, "test")]

    def call(key: RootKey) -> Any:
        client: Any = boto3.client(
            service,  # type: ignore[call-overload]  # not a literal
            endpoint_url=stack.emulator_url,
            region_name=environment.REGION,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
        )
        return getattr(client, CALLS[service])()

    call(right)
    for key in wrong:
        with pytest.raises(ClientError) as raised:
            call(key)
        assert raised.value.response["Error"]["Code"] in REFUSALS


def signed(stack: LocalStack, method: str, url: str, service: str, body: bytes = b"") -> dict[str, str]:
    """Return headers with a valid signature of the root user."""
    request = AWSRequest(method, url, data=body)
    key = Credentials(stack.root_key.access_key_id, stack.root_key.secret_access_key)
    SigV4Auth(key, service, environment.REGION).add_auth(request)
    return dict(request.headers)


@pytest.mark.parametrize(
    "browser_headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
    ],
)
def test_a_browser_is_refused_even_with_a_valid_signature(
    stack: LocalStack, http: httpx.Client, browser_headers: dict[str, str]
) -> None:
    url = f"{stack.emulator_url}{CONFIGURATION}"
    headers = signed(stack, "GET", url, "lambda")
    assert http.get(url, headers=headers).status_code == 200
    response = http.get(url, headers={**headers, **browser_headers})
    assert response.status_code == 403
    assert NAME not in response.text
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method_and_path", ["GET /", "POST /_ministack/reset", "GET /_ministack/sqs/messages"])
def test_unsigned_requests_are_refused(stack: LocalStack, alice: Caller, method_and_path: str) -> None:
    asset = alice.uploaded("image.png", media.png())
    method, _, path = method_and_path.partition(" ")
    assert alice.http.request(method, f"{stack.emulator_url}{path}").status_code in (403, 404)
    assert alice.get(asset["asset_id"]).content == media.png()


@pytest.mark.parametrize("path", ["/_ministack/reset", "/2015-03-31/functions", "/_ministack/config"])
def test_the_front_door_does_not_expose_the_emulators_own_paths(stack: LocalStack, alice: Caller, path: str) -> None:
    asset = alice.uploaded("image.png", media.png())
    response = alice.http.post(f"{stack.url}{path}", headers={"Origin": "https://evil.example"})
    assert response.status_code in (403, 404)
    assert "detail" in response.json()
    assert alice.get(asset["asset_id"]).content == media.png()


def test_only_the_incoming_bucket_accepts_forms(stack: LocalStack, http: httpx.Client) -> None:
    reached = {}
    for bucket in ("IncomingBucket", "AssetsBucket", "SiteBucket"):
        url = f"{stack.emulator_url}/{physical_id(stack, bucket)}"
        response = http.post(url, files={"file": b"x"}, headers={"Origin": "https://evil.example"})
        assert response.status_code == 403
        reached[bucket] = "browsers" not in response.text
    assert reached == {"IncomingBucket": True, "AssetsBucket": False, "SiteBucket": False}


def test_functions_do_not_inherit_the_emulators_keys(stack: LocalStack, alice: Caller) -> None:
    assert stack.process is not None
    alice.list_assets()
    if not Path("/proc/self/environ").exists():
        pytest.skip("only Linux shows the environment of another process")
    environments = map(environment_of, descendants(stack.process.pid))
    functions = [text for text in environments if b"_LAMBDA_FUNCTION_ARN" in text]
    assert functions
    for text in functions:
        assert stack.root_key.secret_access_key.encode() not in text
        assert b"LOCAL_EMULATOR_SETTINGS" not in text
