"""The health check."""

from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller


def test_needs_no_token_and_no_call(anonymous: Caller, calls: AwsCalls) -> None:
    answer = anonymous.request("GET", "/api/v2/health")
    assert (answer.status, answer.json()) == (200, {"success": True, "status": "ok"})
    assert calls.made == []
