"""Errors as clients see them: only problem+json from the contract's table."""

import pytest

from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller, Response

REQUEST_ID = "JKJaXmPLvHcESHA="


def assert_problem(response: Response, status: int, slug: str, title: str, detail: str) -> None:
    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "type": f"urn:asset-upload-api:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": REQUEST_ID,
    }


def test_without_a_token(anonymous: Caller) -> None:
    response = anonymous.list()
    assert_problem(response, 401, "not-authenticated", "Unauthorized", "Not authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_without_an_asset(alice: Caller) -> None:
    assert_problem(alice.metadata("none"), 404, "asset-not-found", "Asset not found", "Asset not found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/api/v2/nothing"),
        ("PUT", "/api/v2/assets"),
        ("GET", "/api/v2/assets/"),
        ("POST", "/api/v2/assets"),
        ("PATCH", "/api/v2/upload-asset"),
        ("DELETE", "/api/v2/assets"),
        ("GET", "/api/v2/assets/x/y"),
    ],
)
def test_for_an_unknown_path_or_method(method: str, path: str, anonymous: Caller) -> None:
    response = anonymous.request(method, path)
    assert_problem(response, 404, "not-found", "Not found", "Not found: the API has no such path and method")


def test_for_an_empty_file(alice: Caller) -> None:
    response = alice.upload("a.png", b"")
    assert_problem(response, 400, "empty-file", "Empty file", "Empty file: it has no bytes")


def test_for_an_invalid_field(alice: Caller) -> None:
    assert_problem(alice.ask_for_form(), 422, "invalid-request", "Invalid request", "filename: Field required")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("RequestThrottled", 403),
        ("AWS.SimpleQueueService.RequestThrottled", 403),
        ("KMS.ThrottlingException", 400),
        ("SlowDown", 503),
        ("InternalServerError", 500),
        ("Whatever", 502),
    ],
)
def test_for_a_temporary_aws_failure(code: str, status: int, alice: Caller, calls: AwsCalls) -> None:
    calls.refuse("Query", code, status)
    response = alice.list()
    detail = "AWS is temporarily unavailable; try again"
    assert_problem(response, 503, "temporarily-unavailable", "Service unavailable", detail)
    assert response.headers["retry-after"] == "1"


def test_for_a_wrong_deployment_without_details(alice: Caller, calls: AwsCalls) -> None:
    calls.refuse("Query", "AccessDeniedException", 400)
    response = alice.list()
    assert_problem(response, 500, "internal-server-error", "Internal server error", "Internal server error")


def test_for_a_defect_without_a_stack_trace(alice: Caller, calls: AwsCalls) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret")

    calls.at(1, "before", fail)
    response = alice.upload("a.png", media.png())
    assert_problem(response, 500, "internal-server-error", "Internal server error", "Internal server error")
    assert "secret" not in response.body


def test_successful_responses_are_not_cacheable(alice: Caller) -> None:
    assert alice.list().headers["cache-control"] == "no-store"
