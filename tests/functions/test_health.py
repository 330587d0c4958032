"""The health check."""

from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller


def test_needs_no_token_and_no_call(anonymous: Caller, calls: AwsCalls) -> None:
    response = anonymous.request("GET", "/api/v2/health")
    assert (response.status, response.json()) == (200, {"success": True, "status": "ok"})
    assert calls.made == []
