"""Verification of the events that a deployment sends (Standard Webhooks, version 1)."""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from asset_upload_client.errors import WebhookNotVerified

_PREFIX = "whsec_"
_TOLERANCE_SECONDS = 300


class Event(TypedDict):
    """An event: its type, such as `asset.published`, when it happened (RFC 3339), and what it is about."""

    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance_seconds: float = _TOLERANCE_SECONDS,
    now: float | None = None,
) -> Event:
    """Return the event in a webhook's body, exactly as it was received. Raises `WebhookNotVerified`.

    `secret` is `whsec_…`, or several of them during a rotation. A `webhook-timestamp` that differs from `now` (Unix
    seconds, the current time by default) by more than `tolerance_seconds` may be a replay, and is refused. The same
    event may arrive more than once, with the same `webhook-id`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp, signatures = (
        _required(given, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    _check_time(timestamp, time.time() if now is None else now, tolerance_seconds)
    content = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{message_id}.{timestamp}.".encode() + content
    secrets = [secret] if isinstance(secret, str) else secret
    if not _is_signed(signed, signatures, [_key(each) for each in secrets]):
        raise WebhookNotVerified("No signature of the webhook is by this secret")
    try:
        event: Event = json.loads(content)
    except ValueError as error:
        raise WebhookNotVerified("The webhook's body is not JSON") from error
    return event


def _required(headers: Mapping[str, str], name: str) -> str:
    if not headers.get(name):
        raise WebhookNotVerified(f"The webhook has no {name} header")
    return headers[name]


def _check_time(timestamp: str, now: float, tolerance_seconds: float) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal()):
        raise WebhookNotVerified("The webhook's timestamp is not a number of seconds")
    if abs(now - int(timestamp)) > tolerance_seconds:
        raise WebhookNotVerified(f"The webhook's timestamp is more than {tolerance_seconds:.0f} s from now")


def _is_signed(signed: bytes, signatures: str, keys: Iterable[bytes]) -> bool:
    received = [signature.removeprefix("v1,").encode() for signature in signatures.split() if signature[:3] == "v1,"]
    expected = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    return any(hmac.compare_digest(mine, theirs) for mine in expected for theirs in received)


def _key(secret: str) -> bytes:
    """Raises ValueError for anything that is not a secret: the receiver's own mistake, not a forgery."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("The webhook secret is not base64 after whsec_") from error
    if not key:
        raise ValueError("The webhook secret is empty")
    return key
