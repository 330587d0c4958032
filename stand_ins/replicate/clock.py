"""The provider's clock, which can run faster than real time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock with the real time of day, but whose seconds last `1 / speed` real ones."""

    speed: float = 1.0
    now: Callable[[], datetime] = utc_now

    def real(self, seconds: float) -> timedelta:
        """Convert `seconds` of the provider's clock to real time."""
        return timedelta(seconds=seconds / self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds).total_seconds())
