"""Parallel S3 calls in constant memory."""

import contextvars
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

# Fewer than botocore's ten connections. Each holds at most one part of 13 MiB.
_WORKERS = 8

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def in_parallel(work: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
    """Yield the results in the order of the tasks, keeping only a few of either in memory."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        running: deque[Future[_Result]] = deque()
        try:
            for task in tasks:
                if len(running) == _WORKERS:
                    yield running.popleft().result()
                # Each gets a copy of the context, which holds the invocation's deadline.
                running.append(pool.submit(contextvars.copy_context().run, work, task))
            while running:
                yield running.popleft().result()
        finally:
            for each in running:
                each.cancel()
