"""Keeps one client's uploads under the service's limit, so that none of them is refused."""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

UPLOADS = 10
WINDOW_SECONDS = 60.0
# All places are taken by requests without an answer yet: when one comes cannot be known.
_LOOK_AGAIN_SECONDS = 0.1
_RATE_LIMIT = re.compile(r'"uploads"\s*;\s*r=(\d+)\s*;\s*t=(\d+)')


class UploadPace:
    """Never more than ten uploads in any sixty seconds, whichever threads or tasks ask.

    The service counts a request at some moment between its sending and its answer. A place is therefore taken before
    sending, and comes back sixty seconds after the answer: at no moment can the service have counted more. What its
    `RateLimit` headers say of other clients of the same owner counts too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._unanswered = 0
        self._answered: deque[float] = deque()
        self._closed_until = 0.0

    def take(self) -> float:
        """0 if a place is taken: the request may be sent, and `answered` must follow. Else seconds until the next
        attempt to take one."""
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
        """A request has ended, with an answer that has these headers, or without any."""
        with self._lock:
            self._unanswered -= 1
            self._answered.append(self._clock())
            limit = _RATE_LIMIT.search(headers.get("RateLimit", ""))
            if limit and int(limit[1]) == 0:
                self._closed_until = max(self._closed_until, self._clock() + int(limit[2]))
