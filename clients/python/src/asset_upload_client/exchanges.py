"""Requests to the API, with its address, the token and retries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx

from asset_upload_client import answer_checks, errors
from asset_upload_client.pacing import UploadPace
from asset_upload_client.references import asset_path
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.steps import Call, OutgoingFile, Sleep, Steps

_API_PATH = "/api/v2"


@dataclass(frozen=True)
class Api:
    """The API at `root`, which ends with `/api/v2`, as seen by one owner."""

    root: str
    token: str | None = field(repr=False)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    pace: UploadPace = field(default_factory=UploadPace)

    def asset_url(self, asset: str) -> str:
        return f"{self.root}{asset_path(asset)}"

    def rendition_url(self, asset: str, rendition: str) -> str:
        return f"{self.root}{asset_path(asset, rendition)}"

    def request(
        self,
        method: str,
        path: str,
        answer: Any,
        *,
        params: Mapping[str, str | int | None] | None = None,
        json: Any = None,
        form: Mapping[str, str | list[str]] | None = None,
        file: OutgoingFile | None = None,
        idempotency_key: str | None = None,
        pace: UploadPace | None = None,
    ) -> Steps[Any]:
        """Send a request and return the response's JSON, an `answer` of `answers`. Raises an `AssetError`."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        given = {name: value for name, value in (params or {}).items() if value is not None}
        call = Call(method, self.root + path, headers, given, json, form, file)
        answered = yield from exchange(call, self.retries, pace)
        if not answered.response.is_success:
            raise errors.of_response(answered.response, answered.tries)
        document = _json(answered.response)
        answer_checks.check(document, answer)
        return document


@dataclass(frozen=True)
class Answered:
    """A response, and the number of attempts it took."""

    response: httpx.Response
    tries: int


def api_root(base_url: str) -> str:
    """Return the API's root for a `base_url` with or without `/api/v2` and a trailing slash. Raises ValueError."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"base_url must be like https://assets.example.com, not {base_url!r}")
    return base_url.rstrip("/").removesuffix(_API_PATH) + _API_PATH


def exchange(call: Call, retries: RetryPolicy, pace: UploadPace | None = None) -> Steps[Answered]:
    """Send until a response, of any status, need not be retried. Raises `ConnectionFailed`."""
    for tries in count(1):
        outcome = yield from _one_try(call, pace)
        wait = retries.wait_after(outcome, tries)
        if wait is None:
            if isinstance(outcome, httpx.Response):
                return Answered(outcome, tries)
            raise connection_failed(call, outcome, tries) from outcome
        yield Sleep(wait)
    raise AssertionError("count() does not end")


def connection_failed(call: Call, error: httpx.TransportError, tries: int) -> errors.ConnectionFailed:
    """Return the error for `tries` attempts without a response."""
    host = urlsplit(call.url).netloc
    words = str(error) or type(error).__name__
    return errors.ConnectionFailed(f"No response from {host} after {tries} attempts: {words}")


def _one_try(call: Call, pace: UploadPace | None) -> "Steps[httpx.Response | httpx.TransportError]":
    while pace and (seconds := pace.take()):
        yield Sleep(seconds)
    headers: Mapping[str, str] = {}
    try:
        response: httpx.Response = yield call
        headers = response.headers
    except httpx.TransportError as error:
        return error
    else:
        return response
    finally:
        if pace:
            pace.answered(headers)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        detail = "The server is not an Asset Upload API: its response is not JSON"
        raise errors.AssetError(detail, status=response.status_code) from error
