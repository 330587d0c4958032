"""Replicate's HTTP API: predictions created, asked about, found again and canceled.

Plain HTTP by urllib3, which botocore brings: docs/adr/0007-replicate-client.md. Every failure says what is known of
its effect, since creating costs money and has no idempotency key. Nothing here tries again: the callers decide.
Reference: https://replicate.com/docs/reference/http
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self, TypeGuard
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from asset_api.platform import deadlines

_CONNECT_TIMEOUT_SECONDS = 2
_READ_TIMEOUT_SECONDS = 12
# To write down what came of a request: above all, which prediction is being paid for.
_RECORD_SECONDS = 6
REQUEST_SECONDS = _CONNECT_TIMEOUT_SECONDS + _READ_TIMEOUT_SECONDS + _RECORD_SECONDS
# An output as a data: URL comes within the answer.
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_WORDS = 500
_DEFAULT_RETRY_AFTER_SECONDS = 15
_MAX_RETRY_AFTER_SECONDS = 600
_RESETS_IN = re.compile(r"resets in ~?(\d{1,6})\s*s")
_PREDICTION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LIST_PAGES = 3
# More that look the same, within minutes, are more than a person makes, and than one run has time for.
_LOOKS_AT_ONCE = 100
# The provider's clock need not be ours, and a create is not instant.
_CLOCK_SKEW = timedelta(minutes=2)
_LONGEST_CREATE = timedelta(minutes=5)


class ProviderError(Exception):
    """The provider did not do what it was asked. Of a create: whether it took place is not known."""


class NoAnswerError(ProviderError):
    """The request was sent, and no answer came."""


class ServerFailedError(ProviderError):
    """The provider answered with a 5xx of its own, or with what is no answer of its API."""


class NotDoneError(ProviderError):
    """For certain nothing was done: not asked, not reached, throttled, or busy. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int = _DEFAULT_RETRY_AFTER_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InputRefusedError(ProviderError):
    """The request itself is at fault: `words` are the provider's."""

    def __init__(self, words: str) -> None:
        super().__init__("the provider refused the input")
        self.words = words


class AccountRefusedError(ProviderError):
    """The token, the account's credit or its permissions: for the operator to set right."""


class PredictionNotFoundError(ProviderError):
    """The provider has, or shows this account, no such prediction."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction as far as it is of use here. `output` is any JSON value, and None once it was removed."""

    prediction_id: str
    status: str
    output: Any = field(default=None, repr=False)
    error: str | None = field(default=None, repr=False)
    webhook: str | None = field(default=None, repr=False)
    input: Any = field(default=None, repr=False)

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Raises ServerFailedError where `document` is no prediction."""
        if not isinstance(document, dict):
            raise ServerFailedError("a prediction is not an object")
        prediction_id, status, error = document.get("id"), document.get("status"), document.get("error")
        if not is_prediction_id(prediction_id) or not isinstance(status, str):
            raise ServerFailedError("a prediction has no id or no status")
        webhook = document.get("webhook")
        return cls(
            prediction_id,
            status,
            document.get("output"),
            None if error is None else str(error)[:_MAX_WORDS],
            webhook if isinstance(webhook, str) else None,
            document.get("input"),
        )


def is_prediction_id(value: object) -> TypeGuard[str]:
    """Whether `value` may stand for a prediction in a path."""
    return isinstance(value, str) and _PREDICTION_ID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Replicate:
    """One account at Replicate, or at what speaks its API."""

    token: str = field(repr=False)
    base_url: str
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def takes_webhook(self, url: str) -> bool:
        """Replicate takes HTTPS URLs only; a stand-in on this machine speaks plain HTTP itself."""
        return url.startswith("https://") or self.base_url.startswith("http://")

    def create(
        self, model_id: str, model_input: Mapping[str, Any], *, webhook: str | None, cancel_after_seconds: int
    ) -> Prediction:
        """Create a prediction, which costs money. Raises every ProviderError but PredictionNotFoundError.

        `model_id` is `owner/name` or `owner/name:version`. After `cancel_after_seconds` (5 or more) the provider ends
        the prediction by itself, whatever has become of us.
        """
        model, _, version = model_id.partition(":")
        body: dict[str, Any] = {"input": dict(model_input)}
        if webhook is not None:
            body |= {"webhook": webhook, "webhook_events_filter": ["completed"]}
        path = "/v1/predictions" if version else f"/v1/models/{model}/predictions"
        if version:
            body["version"] = version
        headers = {"Cancel-After": f"{cancel_after_seconds}s"}
        status, document, answered = self._call("POST", path, body=body, headers=headers)
        if status not in (200, 201, 202):
            raise _create_error(status, document, answered)
        return Prediction.from_json(document)

    def get(self, prediction_id: str) -> Prediction:
        """The prediction as it is now. Raises PredictionNotFoundError, or another ProviderError."""
        return self._prediction("GET", f"/v1/predictions/{prediction_id}")

    def cancel(self, prediction_id: str) -> Prediction:
        """Cancel the prediction; one that has ended stays as it is. Raises as `get` does."""
        return self._prediction("POST", f"/v1/predictions/{prediction_id}/cancel")

    def find(self, webhook: str, model_id: str, model_input: Mapping[str, Any], since: datetime) -> Prediction | None:
        """The prediction created at or after `since` (aware) whose webhook is `webhook`; None where there is none.

        The list need not show webhooks: what looks the same otherwise is asked for one by one, what was created
        nearest to `since` first. Raises ProviderError, also where it cannot be told: None is certain.
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
        is_certain = is_whole and len(alike) <= _LOOKS_AT_ONCE
        for _, prediction_id in sorted(alike)[:_LOOKS_AT_ONCE]:
            prediction = self.get(prediction_id)
            if prediction.webhook == webhook:
                return prediction
            is_certain &= prediction.webhook is not None
        if not is_certain:
            raise ServerFailedError("predictions that look the same cannot be told apart")
        return None

    def _list(self, after: datetime, before: datetime) -> tuple[list[dict[str, Any]], bool]:
        """What was created in between, newest first, of three pages of a hundred at most; and whether that is all."""
        bounds = {"created_after": after.isoformat(), "created_before": before.isoformat()}
        path = "/v1/predictions?" + urlencode(bounds)
        entries: list[dict[str, Any]] = []
        for _ in range(_LIST_PAGES):
            status, document, answered = self._call("GET", path)
            if status != 200:
                raise _error(status, document, answered)
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
        status, document, answered = self._call(method, path)
        if status not in (200, 201, 202):
            raise _error(status, document, answered)
        return Prediction.from_json(document)

    def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        if not deadlines.allows(REQUEST_SECONDS):
            raise NotDoneError("there is too little time left to ask the provider")
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            answer = self.http.request(
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
                data = answer.read(_MAX_ANSWER_BYTES)
            finally:
                answer.close()
        except (NewConnectionError, NameResolutionError, ConnectTimeoutError) as error:
            raise NotDoneError("the provider cannot be reached") from error
        except HTTPError as error:
            raise NoAnswerError("the provider did not answer") from error
        try:
            return answer.status, json.loads(data), answer.headers
        except ValueError:
            return answer.status, None, answer.headers


def _time(text: object) -> datetime | None:
    """A time with an offset (RFC 3339), None for what is none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _create_error(status: int, document: Any, headers: Mapping[str, str]) -> ProviderError:
    error = _error(status, document, headers)
    # A model that is not there is the request's fault.
    return InputRefusedError(_words(document)) if isinstance(error, PredictionNotFoundError) else error


def _error(status: int, document: Any, headers: Mapping[str, str]) -> ProviderError:
    if status in (401, 402, 403):
        return AccountRefusedError(f"the provider answered {status}")
    if status in (429, 503):
        return NotDoneError(f"the provider answered {status}", _retry_after(document, headers))
    if status == 404:
        return PredictionNotFoundError("the provider answered 404")
    if 400 <= status < 500:
        return InputRefusedError(_words(document))
    return ServerFailedError(f"the provider answered {status}")


def _words(document: Any) -> str:
    """What a problem document says (RFC 9457)."""
    known = document if isinstance(document, dict) else {}
    words = known.get("detail") or known.get("title") or "it does not say why"
    return " ".join((words if isinstance(words, str) else json.dumps(words)).split())[:_MAX_WORDS]


def _retry_after(document: Any, headers: Mapping[str, str]) -> int:
    """Seconds, from the body, the header, or the words of either."""
    known = document if isinstance(document, dict) else {}
    in_words = _RESETS_IN.search(str(known.get("detail", "")))
    for value in (known.get("retry_after"), headers.get("Retry-After"), in_words and in_words[1]):
        try:
            return min(max(int(float(str(value))), 1), _MAX_RETRY_AFTER_SECONDS)
        except (ValueError, OverflowError):
            continue
    return _DEFAULT_RETRY_AFTER_SECONDS
