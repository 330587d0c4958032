"""A service with scripted responses for the Python client."""

from collections.abc import Callable
from typing import Any

import httpx

from asset_upload_client import RetryPolicy

ID = "0199d1a0-0000-7000-8000-000000000000"
BASE = "http://assets.test"
ASSET = {"asset_id": ID, "filename": "a.png", "file_type": "image/png", "size_bytes": 1, "uploaded_at": "", "url": "u"}
UPLOADED = {"success": True, "url": "u", "asset_id": ID, "filename": "a.png", "size_bytes": 1}
FORM = {
    "method": "POST",
    "url": "http://s3.test/bucket",
    "fields": {"key": "k"},
    "key": "k",
    "expires": 900,
    "expires_at": "",
}
PAGE = {"success": True, "assets": [ASSET], "limit": 100, "offset": 0, "next_cursor": None}
JOB: dict[str, Any] = {
    "success": True,
    "job_id": ID,
    "status": "completed",
    "model_id": "a/b",
    "prompt": "p",
    "created_at": "",
    "completed_at": None,
    "video_url": "u",
    "asset_id": ID,
    "error_message": None,
}
EXPIRED = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>"
PATIENT = RetryPolicy(first_backoff=0, random=lambda: 0.0)

Outcome = httpx.Response | Exception
Operation = Callable[..., Any]


class Service:
    """Return the next of the given responses for each request, and record the requests."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @property
    def sent(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]


def ok(body: dict[str, Any], status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def problem(status: int, slug: str, detail: str, **headers: str) -> httpx.Response:
    body = {"type": f"urn:asset-upload-api:problem:{slug}", "status": status, "detail": detail, "request_id": "r-1"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=named)
