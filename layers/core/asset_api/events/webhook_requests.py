"""One attempt to deliver an event: a signed POST that the receiver must acknowledge with a 2xx within ten seconds.

Redirects are not followed. Only the response's status and headers are read.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import urllib3
from urllib3.exceptions import HTTPError

from asset_api.events import webhook_signing
from asset_api.platform import outbound
from asset_api.platform.locations import Location
from asset_api.platform.outbound import PrivateAddressError, Resolve, UnresolvedError

TIMEOUT_SECONDS = 10
_MAX_RETRY_AFTER_DIGITS = 6


class NotDeliveredError(Exception):
    """The receiver has not acknowledged the event. `retry_after` is the pause that it asked for in seconds, or 0."""

    def __init__(self, why: str, retry_after: int = 0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Sends events signed with all `secrets`. `allow_private` also allows plain HTTP and private addresses."""

    secrets: tuple[str, ...] = field(repr=False)
    allow_private: bool
    clock: Callable[[], datetime]
    resolve: Resolve = outbound.addresses_of
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, url: str, event_id: str, body: bytes) -> None:
        """Make one attempt. Raises NotDeliveredError unless the receiver responds with a 2xx in time."""
        signed = webhook_signing.headers(event_id, int(self.clock().timestamp()), body, self.secrets)
        location = self._permitted(url)
        headers = {
            "Host": location.authority,
            "Content-Type": "application/json",
            "User-Agent": "asset-upload-api",
            **signed,
        }
        status, retry_after = self._in_time(lambda: self._status(location, body, headers))
        if not 200 <= status < 300:
            raise NotDeliveredError(f"the receiver responded with {status}", retry_after)

    def _permitted(self, url: str) -> Location:
        try:
            location = Location.from_url(url)
        except ValueError as error:
            raise NotDeliveredError("the receiver's URL is malformed") from error
        if location.scheme != "https" and not self.allow_private:
            raise NotDeliveredError("the receiver's URL is not https")
        return location

    def _status(self, location: Location, body: bytes, headers: dict[str, str]) -> tuple[int, int]:
        timeout = urllib3.Timeout(total=self.timeout_seconds)
        try:
            with outbound.connection_pool(
                location, allow_private=self.allow_private, timeout=timeout, resolve=self.resolve
            ) as pool:
                response = pool.urlopen(
                    "POST",
                    location.target,
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                # Close the connection without reading the body.
                response.close()
                return response.status, _retry_after(response.headers.get("Retry-After", ""))
        except PrivateAddressError as error:
            raise NotDeliveredError("the receiver has a private address") from error
        except UnresolvedError as error:
            raise NotDeliveredError(str(error)) from error
        except HTTPError as error:
            raise NotDeliveredError(f"the receiver did not respond: {type(error).__name__}") from error

    def _in_time(self, attempt: Callable[[], tuple[int, int]]) -> tuple[int, int]:
        """Limit the whole attempt: urllib3 restarts its timeout with each line of the headers.

        The thread of an attempt that took too long ends with its connection.
        """
        outcomes: queue.SimpleQueue[tuple[int, int] | NotDeliveredError] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcomes.put(attempt())
            except NotDeliveredError as error:
                outcomes.put(error)

        threading.Thread(target=run, daemon=True).start()
        try:
            outcome = outcomes.get(timeout=self.timeout_seconds)
        except queue.Empty as error:
            raise NotDeliveredError(f"the receiver did not respond within {self.timeout_seconds} seconds") from error
        if isinstance(outcome, NotDeliveredError):
            raise outcome
        return outcome


def _retry_after(text: str) -> int:
    is_seconds = text.isascii() and text.isdecimal() and len(text) <= _MAX_RETRY_AFTER_DIGITS
    return int(text) if is_seconds else 0
