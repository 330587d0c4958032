"""A clock that tests move."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """The current time."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
