"""Shared HTTP handling: the host that clients see, errors for exceptions, the bytes of a body."""

import base64
import re
from collections.abc import Iterator
from typing import Any, cast

import botocore.exceptions
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from asset_api.platform import errors, http_api, settings
from asset_api.platform.http_api import HttpApi
from asset_api.platform.settings import Settings
from tests.functions.gateway import Context, event
from tests.unit.platform.test_settings import ENVIRONMENT

API_HOST = "abcdef1234.execute-api.us-east-1.amazonaws.com"


@pytest.fixture(scope="module", autouse=True)
def configured() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "current", lambda: Settings.from_environment(ENVIRONMENT))
        yield


def request(headers: dict[str, str], body: bytes = b"") -> HttpApi:
    """Let the API handle a request within the block."""
    api = HttpApi()
    api.resolve(event("GET", "/x", headers, body), cast(LambdaContext, Context()))
    return api


def refused(code: str, status: int = 400) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": metadata}, "Operation")


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("assets.example.com", "https://assets.example.com"),
        ("d111111abcdef8.cloudfront.net", "https://d111111abcdef8.cloudfront.net"),
        ("assets.example.com:8443", "https://assets.example.com:8443"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("192.168.1.5:8000", "http://192.168.1.5:8000"),
        ("[fd00::5]:8000", "http://[fd00::5]:8000"),
        ("a-laptop:8000", "http://a-laptop:8000"),
        ("a-laptop.local:8000", "http://a-laptop.local:8000"),
        ("host.docker.internal:8000", "http://host.docker.internal:8000"),
        ("a-tunnel.example.com", "https://a-tunnel.example.com"),
        ("localhost.example.com", "https://localhost.example.com"),
        ("127.0.0.1.example.com", "https://127.0.0.1.example.com"),
    ],
)
def test_urls_use_the_host_from_the_edge(host: str, base_url: str) -> None:
    assert request({"x-viewer-host": host}).base_url == base_url


@pytest.mark.parametrize(
    "host",
    [
        *(
            "",
            "a b",
            "a/b",
            "a.example/../",
            "user@evil.example",
            "evil.example?x",
            "evil.example#",
            "a\\b",
            "<script>",
        ),
        *("evil.example\r\nX: y", "evil.example\n", "a, b", "a:port", "a:123456", "é.example", "javascript:x", '"'),
    ],
)
def test_an_invalid_host_is_not_repeated(host: str) -> None:
    assert request({"x-viewer-host": host}).base_url == f"https://{API_HOST}"


@given(st.text())
def test_any_header_yields_a_url_with_only_a_host(host: str) -> None:
    base_url = request({"x-viewer-host": host}).base_url
    assert re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", base_url)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.asset_not_found(), 404),
        (refused("ThrottlingException"), 503),
        (refused("ProvisionedThroughputExceededException"), 503),
        (refused("RequestLimitExceeded"), 503),
        (refused("SlowDown", 503), 503),
        (refused("TransactionInProgressException"), 503),
        (refused("Anything", 500), 503),
        (refused("Anything", 502), 503),
        (refused("AccessDenied", 403), 500),
        (refused("ValidationException"), 500),
        (refused("ResourceNotFoundException"), 500),
        (ClientError({"Error": {"Code": "Anything"}}, "Operation"), 500),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="u"), 503),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="u"), 503),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="u"), 503),
        (botocore.exceptions.ConnectionClosedError(endpoint_url="u"), 503),
        (botocore.exceptions.SSLError(endpoint_url="u", error=OSError("e")), 503),
        (botocore.exceptions.ResponseStreamingError(error="e"), 503),
        (botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), 503),
        (botocore.exceptions.NoCredentialsError(), 500),
        (botocore.exceptions.ParamValidationError(report="r"), 500),
        (ValueError("v"), 500),
        (KeyError("k"), 500),
    ],
    ids=lambda each: f"{each!s:.40}",
)
def test_an_exception_becomes_an_error_of_the_contract(error: Exception, status: int) -> None:
    api_error = http_api.as_api_error(error)
    assert api_error.status == status
    assert (status == 503) == ("Retry-After" in api_error.headers)


@given(st.binary())
def test_a_binary_body_is_decoded_unchanged(body: bytes) -> None:
    assert request({"content-type": "application/octet-stream"}, body).body == body


@given(st.text())
def test_a_text_body_is_encoded_as_utf_8(text: str) -> None:
    assert request({"content-type": "application/json"}, text.encode()).body == text.encode()


def test_no_body_is_empty() -> None:
    assert request({}).body == b""


def test_responses_are_uncacheable_utf_8_json() -> None:
    response = http_api.json_response(200, {"filename": "日本.png"}, {"Location": "/x"})
    assert response.body == '{"filename": "日本.png"}'
    assert response.content_type == "application/json"
    assert response.headers.items() >= {"Cache-Control": "no-store", "Location": "/x"}.items()


def test_a_problem_has_the_members_of_rfc_9457_and_the_request_id() -> None:
    assert http_api.problem(errors.empty_file(), "id-1") == {
        "type": "urn:asset-upload-api:problem:empty-file",
        "title": "Empty file",
        "status": 400,
        "detail": "Empty file: it has no bytes",
        "request_id": "id-1",
    }


def test_the_samples_bodies_are_in_base64_as_api_gateway_sends_them() -> None:
    raw = event("POST", "/x", {"content-type": "multipart/form-data; boundary=b"}, b"\0\xff")
    assert (raw["isBase64Encoded"], raw["body"]) == (True, base64.b64encode(b"\0\xff").decode())
