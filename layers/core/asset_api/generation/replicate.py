"""Client of Replicate's HTTP API: create, get, find and cancel predictions.

Plain HTTP with urllib3, which botocore depends on: docs/adr/0007-replicate-client.md. Every error says what is known
about the request's effect, because creating costs money and has no idempotency key. Only callers retry.
Reference: https://replicate.com/docs/reference/http
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from asset_api.generation import provider_messages
from asset_api.generation.predictions import (
    DEFAULT_RETRY_AFTER_SECONDS,
    AccountRefusedError,
    InputRefusedError,
    NoResponseError,
    NotExecutedError,
    Prediction,
    PredictionNotFoundError,
    ProviderError,
    ServerFailedError,
    is_prediction_id,
)
from asset_api.platform import remaining_time

_CONNECT_TIMEOUT_SECONDS = 2
_READ_TIMEOUT_SECONDS = 12
# Time to record the result of a request, especially the id of a prediction that costs money.
_RECORD_SECONDS = 6
REQUEST_SECONDS = _CONNECT_TIMEOUT_SECONDS + _READ_TIMEOUT_SECONDS + _RECORD_SECONDS
# An output as a data: URL is part of the response.
_MAX_RESPONSE_BYTES = 64 * 1024 * 1024
_MAX_RETRY_AFTER_SECONDS = 600
_RESETS_IN = re.compile(r"resets in ~?(\d{1,6})\s*s")
_LIST_PAGES = 3
# Nobody makes more identical predictions within minutes, and one run has no time for more.
_MAX_LOOKALIKES = 100
# Clocks differ, and a create is not instant.
_CLOCK_SKEW = timedelta(minutes=2)
_LONGEST_CREATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Replicate:
    """One account at Replicate, or at a service with the same API."""

    token: str = field(repr=False)
    base_url: str
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def accepts_webhook(self, url: str) -> bool:
        """Tell whether the provider accepts this webhook: Replicate only HTTPS, a local stand-in plain HTTP too."""
        return url.startswith("https://") or self.base_url.startswith("http://")

    def create(
        self, model_id: str, model_input: Mapping[str, Any], *, webhook: str | None, cancel_after_seconds: int
    ) -> Prediction:
        """Create a prediction, which costs money. Raises every ProviderError except PredictionNotFoundError.

        `model_id` is `owner/name` or `owner/name:version`. The provider cancels the prediction after
        `cancel_after_seconds` (5 or more).
        """
        model, _, version = model_id.partition(":")
        body: dict[str, Any] = {"input": dict(model_input)}
        if webhook is not None:
            body |= {"webhook": webhook, "webhook_events_filter": ["completed"]}
        path = "/v1/predictions" if version else f"/v1/models/{model}/predictions"
        if version:
            # With the model's name, because a bare id would run any model's version under an allowed model's name.
            body["version"] = model_id
        headers = {"Cancel-After": f"{cancel_after_seconds}s"}
        status, document, response_headers = self._call("POST", path, body=body, headers=headers)
        if status not in (200, 201, 202):
            raise _create_error(status, document, response_headers)
        return Prediction.from_json(document)

    def get(self, prediction_id: str) -> Prediction:
        """Get the prediction. Raises PredictionNotFoundError, or another ProviderError."""
        return self._prediction("GET", f"/v1/predictions/{prediction_id}")

    def cancel(self, prediction_id: str) -> Prediction:
        """Cancel the prediction; one that has ended does not change. Raises the same as `get`."""
        return self._prediction("POST", f"/v1/predictions/{prediction_id}/cancel")

    def find(self, webhook: str, model_id: str, model_input: Mapping[str, Any], since: datetime) -> Prediction | None:
        """Find the prediction of a webhook, created at or after `since` (aware); None if there certainly is none.

        If the list does not show webhooks, predictions that otherwise look the same are fetched one by one, those
        created nearest to `since` first. Raises ProviderError, also if the answer is uncertain.
        """
        alike: list[tuple[timedelta, str]] = []
        entries, is_whole = self._list(since - _CLOCK_SKEW, since + _LONGEST_CREATE)
        for entry in entries:
            if entry.get("webhook") == webhook:
                return Prediction.from_json(entry)
            is_alike = entry.get("model") in (None, model_id.partition(":")[0]) and entry.get("input") == model_input
            prediction_id, created_at = entry.get("id"), _time(entry.get("created_at"))
            if "webhook" not in entry and is_alike and is_prediction_id(prediction_id) and created_at is not None:
                alike.append((abs(created_at - since), prediction_id))
        is_certain = is_whole and len(alike) <= _MAX_LOOKALIKES
        for _, prediction_id in sorted(alike)[:_MAX_LOOKALIKES]:
            prediction = self.get(prediction_id)
            if prediction.webhook == webhook:
                return prediction
            is_certain &= prediction.webhook is not None
        if not is_certain:
            raise ServerFailedError("predictions that look the same cannot be told apart")
        return None

    def _list(self, after: datetime, before: datetime) -> tuple[list[dict[str, Any]], bool]:
        """List predictions created in between, newest first, and whether those are all. Up to three pages."""
        bounds = {"created_after": after.isoformat(), "created_before": before.isoformat()}
        path = "/v1/predictions?" + urlencode(bounds)
        entries: list[dict[str, Any]] = []
        for _ in range(_LIST_PAGES):
            status, document, response_headers = self._call("GET", path)
            if status != 200:
                raise _error(status, document, response_headers)
            results = document.get("results") if isinstance(document, dict) else None
            if not isinstance(results, list):
                raise ServerFailedError("a list of predictions has no results")
            for entry in results:
                created_at = _time(entry.get("created_at")) if isinstance(entry, dict) else None
                if created_at is None or created_at < after:
                    return entries, created_at is not None
                entries.append(entry)
            following = urlsplit(str(document.get("next") or ""))
            if not following.query:
                return entries, True
            path = f"/v1/predictions?{following.query}"
        return entries, False

    def _prediction(self, method: str, path: str) -> Prediction:
        status, document, response_headers = self._call(method, path)
        if status not in (200, 201, 202):
            raise _error(status, document, response_headers)
        return Prediction.from_json(document)

    def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        if not remaining_time.allows(REQUEST_SECONDS):
            raise NotExecutedError("too little time left in the invocation")
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            response = self.http.request(
                method,
                self.base_url + path,
                body=None if body is None else json.dumps(body, allow_nan=False).encode(),
                headers=sent,
                timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_SECONDS, read=_READ_TIMEOUT_SECONDS),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                data = response.read(_MAX_RESPONSE_BYTES)
            finally:
                response.close()
        except (NewConnectionError, NameResolutionError, ConnectTimeoutError) as error:
            raise NotExecutedError("the provider cannot be reached") from error
        except HTTPError as error:
            raise NoResponseError("the provider did not respond") from error
        try:
            return response.status, json.loads(data), response.headers
        except ValueError:
            return response.status, None, response.headers


def _time(text: object) -> datetime | None:
    """Parse a time with an offset (RFC 3339); None for anything else."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _create_error(status: int, document: Any, headers: Mapping[str, str]) -> ProviderError:
    error = _error(status, document, headers)
    # The model does not exist, which is an error of the request.
    return InputRefusedError(_error_message(document)) if isinstance(error, PredictionNotFoundError) else error


def _error(status: int, document: Any, headers: Mapping[str, str]) -> ProviderError:
    if status in (401, 402, 403):
        return AccountRefusedError(f"the provider responded with {status}")
    if status in (429, 503):
        return NotExecutedError(f"the provider responded with {status}", _retry_after(document, headers))
    if status == 404:
        return PredictionNotFoundError("the provider responded with 404")
    if 400 <= status < 500:
        return InputRefusedError(_error_message(document))
    return ServerFailedError(f"the provider responded with {status}")


def _error_message(document: Any) -> str:
    """Extract the detail or title of a problem document (RFC 9457)."""
    known = document if isinstance(document, dict) else {}
    message = known.get("detail") or known.get("title") or "it does not say why"
    return provider_messages.redact(" ".join(message.split()) if isinstance(message, str) else message)


def _retry_after(document: Any, headers: Mapping[str, str]) -> int:
    """Find the pause in seconds: in the body, the header, or the body's text."""
    known = document if isinstance(document, dict) else {}
    in_words = _RESETS_IN.search(str(known.get("detail", "")))
    for value in (known.get("retry_after"), headers.get("Retry-After"), in_words and in_words[1]):
        try:
            return min(max(int(float(str(value))), 1), _MAX_RETRY_AFTER_SECONDS)
        except (ValueError, OverflowError):
            continue
    return DEFAULT_RETRY_AFTER_SECONDS
