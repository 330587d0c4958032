"""Parallel S3 calls: results in order, and never more calls or results in memory than workers."""

import threading
from collections.abc import Iterator

import pytest

from asset_api.publishing.large import parallel
from asset_api.publishing.large.parallel import in_parallel

WORKERS = parallel._WORKERS


def test_results_are_in_the_order_of_their_tasks() -> None:
    assert list(in_parallel(lambda number: number * 2, range(100))) == list(range(0, 200, 2))


def test_memory_is_bounded_by_the_workers_parts() -> None:
    """Rewriting 5 GB: at any time there is at most one part for each worker, and one being consumed."""
    alive = most = 0
    lock = threading.Lock()

    class Part:
        def __init__(self) -> None:
            nonlocal alive, most
            with lock:
                alive += 1
                most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            with lock:
                alive -= 1

    taken = 0
    for part in in_parallel(lambda _: Part(), range(640)):
        assert isinstance(part, Part)
        taken += 1
        del part
    assert (taken, alive) == (640, 0)
    assert most <= WORKERS + 1


def test_tasks_are_taken_only_by_free_workers() -> None:
    started = 0

    def tasks() -> Iterator[int]:
        nonlocal started
        for number in range(1, 1001):
            started = number
            yield number

    for result in in_parallel(lambda number: number, tasks()):
        assert started <= result + WORKERS
    assert started == 1000


def test_no_task_starts_after_the_first_failure() -> None:
    started: list[int] = []

    def work(number: int) -> int:
        started.append(number)
        if number == 20:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="20"):
        list(in_parallel(work, range(1000)))
    assert max(started) <= 20 + WORKERS
