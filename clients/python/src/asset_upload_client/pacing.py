"""Client-side pacing that keeps uploads within the service's rate limit."""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

UPLOADS = 10
WINDOW_SECONDS = 60.0
# The pause if every slot is held by a request in flight, whose end is unknown.
_LOOK_AGAIN_SECONDS = 0.1
_RATE_LIMIT = re.compile(r'"uploads"\s*;\s*r=(\d+)\s*;\s*t=(\d+)')


class UploadPace:
    """A limit of ten uploads in any sixty seconds, across threads and tasks.

    The service counts a request at some time between sending and response. So a slot is taken before sending and
    returned sixty seconds after the response, which ensures that the service never counts more. `RateLimit` headers
    also reveal uploads of the same owner by other clients.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._unanswered = 0
        self._answered: deque[float] = deque()
        self._closed_until = 0.0

    def take(self) -> float:
        """Take a slot and return 0, to be followed by `answered`; or return the seconds to wait."""
        with self._lock:
            now = self._clock()
            while self._answered and self._answered[0] <= now - WINDOW_SECONDS:
                self._answered.popleft()
            if now < self._closed_until:
                return self._closed_until - now
            if self._unanswered + len(self._answered) < UPLOADS:
                self._unanswered += 1
                return 0.0
            if self._answered:
                return self._answered[0] + WINDOW_SECONDS - now
            return _LOOK_AGAIN_SECONDS

    def answered(self, headers: Mapping[str, str]) -> None:
        """Record the end of a request; `headers` are empty if it had no response."""
        with self._lock:
            self._unanswered -= 1
            self._answered.append(self._clock())
            limit = _RATE_LIMIT.search(headers.get("RateLimit", ""))
            if limit and int(limit[1]) == 0:
                self._closed_until = max(self._closed_until, self._clock() + int(limit[2]))
