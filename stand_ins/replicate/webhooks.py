"""Webhook delivery: signed, without redirects; terminal events are retried for about a minute.

Source: https://replicate.com/docs/topics/webhooks/receive-webhook
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp

from stand_ins.replicate.clock import Clock
from stand_ins.replicate.messages import Message
from stand_ins.replicate.signing import signature

RETRY_AFTER_SECONDS = (1, 2, 4, 8, 16, 32)
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_OLD_SECONDS = 600
_FORGERS_KEY = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST; `status` is None if there was no response."""

    event: str | None
    webhook_id: str
    forgery: str | None
    status: int | None


class Webhooks:
    """Sends messages in background tasks and records every attempt. With `drop` set, it sends nothing."""

    def __init__(self, http: aiohttp.ClientSession, secret: str, clock: Clock) -> None:
        self._http = http
        self._secret = secret
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempts: dict[str, list[Attempt]] = {}
        self.drop = False

    def attempts(self, prediction_id: str) -> list[Attempt]:
        return self._attempts.get(prediction_id, [])

    def send(self, url: str, prediction_id: str, messages: Iterable[Message]) -> None:
        for message in messages:
            task = asyncio.create_task(self._deliver(url, prediction_id, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop. Undelivered messages are lost, as in a crash."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, url: str, prediction_id: str, message: Message) -> None:
        await self._clock.sleep(message.delay)
        for pause in (*(RETRY_AFTER_SECONDS if message.is_retried else ()), None):
            if self.drop:
                return
            status = await self._post(url, message)
            attempt = Attempt(message.event, message.message_id, message.forgery, status)
            self._attempts.setdefault(prediction_id, []).append(attempt)
            if pause is None or (status is not None and 200 <= status < 300):
                return
            await self._clock.sleep(pause)

    async def _post(self, url: str, message: Message) -> int | None:
        body, headers = self._signed(message)
        try:
            async with self._http.post(
                url, data=body, headers=headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    def _signed(self, message: Message) -> tuple[bytes, dict[str, str]]:
        """Return the body and headers of an attempt, signed at its own time."""
        body = json.dumps(message.document).encode()
        timestamp = int(self._clock.now().timestamp()) - (_OLD_SECONDS if message.forgery == "old timestamp" else 0)
        secret = _FORGERS_KEY if message.forgery == "other secret" else self._secret
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, message.message_id, timestamp, body),
        }
        if message.forgery == "unsigned":
            headers = {name: value for name, value in headers.items() if not name.startswith("webhook-")}
        if message.forgery == "changed body":
            body = body.replace(b'"forged"', b'"forged again"')
        return body, headers
