"""The provider's clock, which may run faster than ours."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads as ours does, but everything that the provider says takes a second takes `1 / speed` seconds."""

    speed: float = 1.0
    now: Callable[[], datetime] = utc_now

    def real(self, seconds: float) -> timedelta:
        """How long `seconds` of the provider's are."""
        return timedelta(seconds=seconds / self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds).total_seconds())
