"""Clients that share a rate limit, on a simulated clock."""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from asset_upload_client.pacing import UploadPace

WINDOW = 60.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def stated(quota: int, remaining: int, seconds: int) -> dict[str, str]:
    """Return the headers of the API's responses."""
    return {"RateLimit-Policy": f'"uploads";q={quota};w=60', "RateLimit": f'"uploads";r={remaining};t={seconds}'}


@dataclass
class Service:
    """The API's exact sliding window."""

    quota: int
    states_limit: bool = True
    admitted: list[float] = field(default_factory=list)
    refused: int = 0

    def respond(self, now: float) -> tuple[int, dict[str, str], float | None]:
        current = [time for time in self.admitted if time > now - WINDOW]
        retry_after = None
        if len(current) < self.quota:
            current.append(now)
            self.admitted.append(now)
        else:
            self.refused += 1
            retry_after = float(math.ceil(current[-self.quota] + WINDOW - now))
        headers = stated(self.quota, self.quota - len(current), math.ceil(current[0] + WINDOW - now))
        return (429 if retry_after else 201), headers if self.states_limit else {}, retry_after


@dataclass
class Simulation:
    """`clients` of one owner that upload `uploads` files each with `workers` at a time."""

    service: Service
    clients: int
    workers: int
    uploads: int
    latency: Callable[[random.Random], float]
    seed: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._clock = Clock()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def seconds(self) -> float:
        """Run all uploads, and return the time of the last response."""
        for name in range(self.clients):
            pace, files = UploadPace(self._clock), iter(range(self.uploads))
            for _ in range(self.workers):
                self._next(pace, files, name)
        while self._events:
            self._clock.now, _, act = heapq.heappop(self._events)
            act()
        assert len(self.service.admitted) == self.clients * self.uploads
        return self._clock.now

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._clock.now + seconds, next(self._order), act))

    def _next(self, pace: UploadPace, files: Iterator[int], name: int) -> None:
        for number in files:
            self._attempt(pace, files, name, f"{name} {number}")
            return

    def _attempt(self, pace: UploadPace, files: Iterator[int], name: int, key: str) -> None:
        def again() -> None:
            self._attempt(pace, files, name, key)

        def arrive() -> None:
            status, headers, retry_after = self.service.respond(self._clock.now)

            def end() -> None:
                pace.responded(key, status, headers, retry_after)
                if retry_after:
                    self._after(retry_after + self._random.random(), again)
                else:
                    self._next(pace, files, name)

            self._after(self.latency(self._random), end)

        if wait := pace.take(key):
            self._after(wait, again)
        else:
            self._after(self.latency(self._random), arrive)
