"""The form of errors, and requests that match no route. Errors of an operation are tested with that operation."""

import httpx
import pytest

from tests.e2e.client import Caller, refused


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/nothing"),
        ("GET", "/api/v1/assets"),
        ("POST", "/api/v2/assets"),
        ("PUT", "/api/v2/upload-asset"),
        ("GET", "/api/v2/upload-asset"),
        ("PUT", "/api/v2/assets/0199d1a0-0000-7000-8000-000000000000"),
        ("POST", "/api/v2/assets/not-an-id"),
    ],
)
def test_an_unknown_path_or_method_is_a_404(method: str, path: str, alice: Caller) -> None:
    assert refused(alice.send(method, path), 404).startswith("Not found")


def test_every_error_has_its_own_request_id(alice: Caller) -> None:
    ids = {alice.send("GET", "/api/v2/nothing").json()["request_id"] for _ in range(3)}
    assert len(ids) == 3


def test_errors_are_not_cached(anonymous: Caller) -> None:
    assert anonymous.send("GET", "/api/v2/assets").headers["cache-control"] == "no-store"


def test_the_problem_type_is_stable(anonymous: Caller) -> None:
    problem = anonymous.send("GET", "/api/v2/assets").json()
    assert problem["type"] == "urn:asset-upload-api:problem:not-authenticated"
    assert problem["title"] == "Unauthorized"


def test_another_origin_may_call_the_api(http: httpx.Client) -> None:
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    response = http.options("/api/v2/upload-asset", headers=preflight)
    assert response.is_success
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].split(",")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)


def test_another_origin_may_read_errors(anonymous: Caller) -> None:
    response = anonymous.send("GET", "/api/v2/assets", headers={"Origin": "https://app.example"})
    refused(response, 401)
    assert response.headers["access-control-allow-origin"] == "*"
    assert "retry-after" in response.headers["access-control-expose-headers"]
