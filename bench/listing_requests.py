"""Requests to the list function's handler, built from its sample event."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench import environments
from functions.list import app as list_


class _Context:
    """The context object that Lambda passes to a handler."""

    function_name = "asset-upload-api-list"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:asset-upload-api-list"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: str


def page(owner: str, **query: str | int) -> Response:
    """Request a page of the owner's assets."""
    event: dict[str, Any] = environments.event_of("list", owner)
    event["rawQueryString"] = urlencode(query)
    event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
    response = list_.handler(event, _Context())
    return Response(response["statusCode"], response["body"])
