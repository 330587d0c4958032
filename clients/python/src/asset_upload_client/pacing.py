"""Client-side pacing of uploads, by the limit that the service states in its responses."""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Assumed until a response states the limit, and for a service or proxy that states none.
DEFAULT_QUOTA = 10
DEFAULT_WINDOW_SECONDS = 60.0
# No header makes the client wait longer.
LONGEST_WINDOW_SECONDS = 90.0
_LIMIT = "uploads"
# The pause while requests are in flight whose responses may free more.
LOOK_AGAIN_SECONDS = 0.05
_UNAUTHORIZED, _TOO_MANY_REQUESTS = 401, 429
# A member of a list of Structured Field Values (RFC 9651): a string with parameters.
_MEMBER = re.compile(r'"([^"]*)"((?:\s*;\s*[a-z*][a-z0-9_.*-]*(?:=[^;,]*)?)*)')
_INTEGER = re.compile(r";\s*([a-z])=(\d{1,15})\s*(?=;|$)")


@dataclass(frozen=True)
class StatedLimit:
    """The limit in a response's `RateLimit-Policy` and `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers).

    `remaining` requests were left when the service responded, and another one `more_in` seconds later. Values that are
    missing are None; absurd ones are clamped.
    """

    quota: int | None = None
    window: float | None = None
    remaining: int | None = None
    more_in: float = LONGEST_WINDOW_SECONDS

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "StatedLimit":
        policy = _parameters(headers.get("RateLimit-Policy", ""))
        current = _parameters(headers.get("RateLimit", ""))
        quota, window = policy.get("q"), policy.get("w")
        return cls(
            quota=None if quota is None else max(1, quota),
            window=None if window is None else min(max(1.0, float(window)), LONGEST_WINDOW_SECONDS),
            remaining=current.get("r"),
            more_in=min(float(current.get("t", LONGEST_WINDOW_SECONDS)), LONGEST_WINDOW_SECONDS),
        )


class UploadPace:
    """The uploads that a client may begin now, across threads and tasks.

    The service counts an upload, once however often it is sent, at some time between a request and its response. So the
    upload takes a slot before it is sent, which is free again one window after the response: the client alone never
    exceeds the quota. The first request goes alone, and its response states the quota. The number of remaining
    requests in each response reveals uploads by the owner's other clients: never more requests than that are in flight.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quota = DEFAULT_QUOTA
        self._window = DEFAULT_WINDOW_SECONDS
        self._is_first = True
        # Uploads by their idempotency keys: in flight, and with the times of their responses, oldest first.
        self._in_flight = set[str]()
        self._responded: dict[str, float] = {}
        # Requests that the service will accept, and when it will accept another one, as far as it has stated them.
        self._room = math.inf
        self._more_at = math.inf

    def take(self, key: str) -> float:
        """Take a slot and return 0, to be followed by `responded`; or return the seconds to wait.

        Another attempt of the same upload keeps its slot.
        """
        with self._lock:
            now = self._clock()
            self._advance(now)
            if key not in self._in_flight and self._responded.pop(key, None) is None:
                if not self._is_open():
                    return self._wait(now)
                self._room -= 1
            self._in_flight.add(key)
            return 0.0

    def responded(self, key: str, status: int | None, headers: Mapping[str, str], retry_after: float | None) -> None:
        """Record the end of a request; `status` is None without a response."""
        with self._lock:
            now = self._clock()
            self._advance(now)
            self._is_first = False
            self._in_flight.discard(key)
            stated = StatedLimit.from_headers(headers)
            is_refused_by_other_limit = "RateLimit" in headers and stated.remaining is None
            if status == _UNAUTHORIZED or (status == _TOO_MANY_REQUESTS and not is_refused_by_other_limit):
                self._room += 1  # not counted
            else:
                self._responded.pop(key, None)
                self._responded[key] = now
            if stated.quota is not None:
                self._quota, self._window = stated.quota, stated.window or DEFAULT_WINDOW_SECONDS
            if stated.remaining is not None:
                # Those in flight may not be counted yet.
                self._room = stated.remaining - len(self._in_flight)
                self._more_at = now + min(stated.more_in, self._window)
            if status == _TOO_MANY_REQUESTS and retry_after is not None and not is_refused_by_other_limit:
                self._room = min(self._room, 0)
                self._more_at = now + min(retry_after, LONGEST_WINDOW_SECONDS)

    def _advance(self, now: float) -> None:
        """Free the slots whose window has passed."""
        while self._responded and (oldest := next(iter(self._responded.items())))[1] <= now - self._window:
            del self._responded[oldest[0]]
            self._room += 1
        if now >= self._more_at:
            self._room = max(self._room, 1)
            self._more_at = math.inf

    def _is_open(self) -> bool:
        if self._is_first and self._in_flight:
            return False
        return len(self._in_flight) + len(self._responded) < self._quota and self._room > 0

    def _wait(self, now: float) -> float:
        if self._in_flight:
            return LOOK_AGAIN_SECONDS
        is_full = len(self._responded) >= self._quota
        free_at = next(iter(self._responded.values()), math.inf) + self._window
        return max(0.001, min(free_at if is_full else min(free_at, self._more_at), now + self._window) - now)


def _parameters(header: str) -> dict[str, int]:
    """Return the one-letter integer parameters of the member named `uploads`."""
    for name, parameters in _MEMBER.findall(header):
        if name == _LIMIT:
            return {key: int(value) for key, value in _INTEGER.findall(parameters)}
    return {}
