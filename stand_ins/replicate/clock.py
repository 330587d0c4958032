"""The provider's clock, which may run faster than ours."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that shows the real time, on which a provider's second lasts `1 / speed` seconds."""

    speed: float = 1.0
    now: Callable[[], datetime] = utc_now

    def real(self, seconds: float) -> timedelta:
        """Convert the provider's `seconds` to real ones."""
        return timedelta(seconds=seconds / self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds).total_seconds())
