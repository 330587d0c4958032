"""Retry decisions."""

import random
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from asset_upload_client.error_responses import retry_after_seconds

_RETRYABLE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class RetryPolicy:
    """The number of attempts and the waits between them, in seconds.

    A wait is random between 0 and a limit that doubles ("full jitter", AWS Architecture Blog, "Exponential Backoff
    And Jitter"), so that clients that failed together do not all retry together. `Retry-After` is honored in full, plus
    a little jitter; if it exceeds `longest_retry_after`, there is no further attempt.
    """

    tries: int = 6
    first_backoff: float = 0.5
    longest_backoff: float = 20.0
    longest_retry_after: float = 90.0
    random: Callable[[], float] = random.random

    def wait_after(self, outcome: "httpx.Response | httpx.TransportError", failed_tries: int) -> float | None:
        """Return the seconds until the next attempt; None to give up."""
        if failed_tries >= self.tries:
            return None
        if isinstance(outcome, httpx.Response):
            if not _may_pass_later(outcome):
                return None
            retry_after = retry_after_seconds(outcome)
            if retry_after is not None:
                return retry_after + self.random() if retry_after <= self.longest_retry_after else None
        elif isinstance(outcome, httpx.LocalProtocolError | httpx.UnsupportedProtocol) or _is_wrong_address(outcome):
            return None
        return self.random() * float(min(self.longest_backoff, self.first_backoff * 2.0 ** (failed_tries - 1)))


def _may_pass_later(response: httpx.Response) -> bool:
    if response.status_code in _RETRYABLE:
        return True
    # Errors that S3 asks clients to retry (S3 API reference, "Error responses").
    return "xml" in response.headers.get("Content-Type", "") and (
        response.status_code == 500 or "<Code>RequestTimeout</Code>" in response.text
    )


def _is_wrong_address(error: BaseException | None) -> bool:
    """Return True for hosts that do not exist, and for servers without TLS or with an invalid certificate."""
    while error:
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return True
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_NONAME
        error = error.__cause__ or error.__context__
    return False
