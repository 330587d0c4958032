"""Generations that are started at once, and awaited by one test each."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.client import Caller, someone
from tests.e2e.local_stack import LocalStack

# Two runs of `reconcile` after a check that is due in 45 seconds, and a busy machine.
PATIENCE_SECONDS = 200
# What the stand-in does that only `reconcile` can make good, which looks every minute.
ENDS_BY_RECONCILE = ["throttles-twice", "errors-500-once", "drops-webhook"]
# Until it is canceled; that it runs is known from `reconcile` too.
RUNS_ON = "never-ends"


@dataclass(frozen=True, slots=True)
class Started:
    """A job, and its owner, who has no other."""

    owner: Caller
    job_id: str

    def ended(self) -> dict[str, Any]:
        return self.owner.ended(self.job_id, patience_seconds=PATIENCE_SECONDS)


Jobs = Mapping[str, "Future[Started]"]


@contextlib.contextmanager
def jobs_of(stack: LocalStack, http: httpx.Client, image_url: str, names: Iterable[str]) -> Iterator[Jobs]:
    """A job of each of the stand-in's models, four at a time."""

    def start(name: str) -> Started:
        owner = someone(stack, http)
        return Started(owner, owner.generating(f"stand-in/{name}", input={"image": image_url}))

    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(start, name) for name in names}
