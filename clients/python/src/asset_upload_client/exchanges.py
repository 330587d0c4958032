"""Requests to the API, with its address, the token and retries."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from asset_upload_client import error_responses, errors, response_checks
from asset_upload_client.credentials import Credentials
from asset_upload_client.error_responses import retry_after_seconds
from asset_upload_client.pacing import LOOK_AGAIN_SECONDS, UploadPace
from asset_upload_client.references import asset_path
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.steps import Call, OutgoingFile, Sleep, Steps

_log = logging.getLogger("asset_upload_client")
IS_RETRY = "is_retry"
"""The attribute of log records about another attempt, which `on_wait` reports too."""


@dataclass
class Api:
    """The API at `root`, which ends with `/api/v2`, as seen by one owner."""

    root: str
    credentials: Credentials = field(repr=False)
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
        response_type: Any,
        *,
        params: Mapping[str, str | int | None] | None = None,
        json: Any = None,
        form: Mapping[str, str | list[str]] | None = None,
        file: OutgoingFile | None = None,
        idempotency_key: str | None = None,
        pace: UploadPace | None = None,
    ) -> Steps[Any]:
        """Send a request and return the response's JSON, one of `response_types`. Raises an `AssetError`."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        call = Call(method, self.root + path, headers, given, json, form, file)
        received = yield from self.send(call, pace)
        return self.document(received, response_type)

    def document(self, received: "Received", response_type: Any) -> Any:
        """Return a response's JSON, one of `response_types`. Raises `UnexpectedResponse`."""
        document = _json(received.response)
        response_checks.check(document, response_type)
        return document

    def send(self, call: Call, pace: UploadPace | None = None) -> Steps["Received"]:
        """Send a request with the token, once more with a new one after a 401. Raises an `AssetError`."""
        token = yield from self.credentials.current()
        received = yield from exchange(_authorized(call, token), self.retries, pace)
        if received.response.status_code == httpx.codes.UNAUTHORIZED:
            renewed = yield from self.credentials.renew(token)
            if renewed:
                _log.info("The token was refused and renewed")
                token = yield from self.credentials.current()
                received = yield from exchange(_authorized(call, token), self.retries, pace)
        if not received.response.is_success:
            raise error_responses.of_response(received.response, received.tries)
        return received


@dataclass(frozen=True)
class Received:
    """A response, and the number of attempts it took."""

    response: httpx.Response
    tries: int


def exchange(call: Call, retries: RetryPolicy, pace: UploadPace | None = None) -> Steps[Received]:
    """Send until a response, of any status, need not be retried. Raises `ConnectionFailed`."""
    for tries in count(1):
        began = time.monotonic()
        outcome = yield from _attempt(call, pace)
        attempt = f"{call.method} {loggable(call.url)}: {_summary(outcome)}"
        _log.debug("%s in %.3f s, attempt %d", attempt, time.monotonic() - began, tries)
        wait = retries.wait_after(outcome, tries)
        if wait is None:
            if isinstance(outcome, httpx.Response):
                return Received(outcome, tries)
            raise connection_failed(call, outcome, tries) from outcome
        _log.warning("%s; attempt %d in %.1f s", attempt, tries + 1, wait, extra={IS_RETRY: True})
        yield Sleep(wait, f"to try again ({_summary(outcome)})")
    raise AssertionError("count() does not end")


def connection_failed(call: Call, error: httpx.TransportError, tries: int) -> errors.ConnectionFailed:
    """Return the error for `tries` attempts without a response."""
    host = urlsplit(call.url).netloc.rpartition("@")[2]
    attempts = f"{tries} attempts" if tries > 1 else "1 attempt"
    return errors.ConnectionFailed(f"No response from {host} after {attempts}: {_summary(error)}", tries=tries)


def loggable(url: str) -> str:
    """Return a URL without its query, which may contain a signature, and without a password."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _summary(outcome: "httpx.Response | httpx.TransportError") -> str:
    if isinstance(outcome, httpx.Response):
        return f"{outcome.status_code} {outcome.reason_phrase}"
    return str(outcome) or type(outcome).__name__


def _authorized(call: Call, token: str | None) -> Call:
    headers = {**call.headers, "Authorization": f"Bearer {token}"} if token else call.headers
    return Call(call.method, call.url, headers, call.params, call.json, call.form, call.file, call.part, call.sink)


def _attempt(call: Call, pace: UploadPace | None) -> "Steps[httpx.Response | httpx.TransportError]":
    if pace is None:
        return (yield from _sent(call))
    key = call.headers["Idempotency-Key"]
    while seconds := pace.take(key):
        yield Sleep(seconds, "for the upload rate limit" if seconds > LOOK_AGAIN_SECONDS else "")
    outcome: httpx.Response | httpx.TransportError | None = None
    try:
        outcome = yield from _sent(call)
        return outcome
    finally:
        if isinstance(outcome, httpx.Response):
            pace.responded(key, outcome.status_code, outcome.headers, retry_after_seconds(outcome))
        else:
            pace.responded(key, None, {}, None)


def _sent(call: Call) -> "Steps[httpx.Response | httpx.TransportError]":
    try:
        response: httpx.Response = yield call
    except httpx.TransportError as error:
        return error
    return response


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        host = response.request.url.netloc.decode()
        detail = f"{host} is not an Asset Upload API: its response is not JSON"
        raise errors.UnexpectedResponse(detail, status=response.status_code) from error
