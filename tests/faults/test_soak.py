"""Load: many owners at the stack's highest rate; memory stays flat, and every file is read back."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from local.stack import NAME
from tests.e2e import emulated_aws
from tests.e2e.client import someone, succeeded
from tests.e2e.local_stack import LocalStack, local_stack
from tests.e2e.processes import descendants, environment_of
from tests.faults.clients import Client
from tests.faults.test_aws_misbehaves import wait_until_idle

# For longer: make soak MINUTES=10.
SECONDS = float(os.environ.get("MINUTES") or 0.5) * 60
WORKERS = 4
PROBES = 40
# An interpreter's allocator may grow this much without a leak after the first requests.
GROWTH_ALLOWED = 1.15


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack")) as started:
        started.start()
        yield started


def test_memory_is_flat_and_every_file_is_readable(
    stack: LocalStack, record_testsuite_property: Callable[[str, object], None]
) -> None:
    clients: list[Client] = []
    times: dict[str, list[float]] = {}
    with httpx.Client(base_url=stack.url, timeout=120) as http:
        start = time.monotonic()
        early = _memory_under_load(stack, http, clients, times)
        seconds = time.monotonic() - start
        late = memory_of_functions(stack)
        wait_until_idle(stack, clients)
        for client in clients:
            client.assert_nothing_lost_or_doubled()
        floor = emulators_own_times(stack, http)
    responses = sum(len(client.statuses) for client in clients)
    record_testsuite_property("requests a second", round(responses / seconds, 1))
    record_testsuite_property("requests", responses)
    record_testsuite_property("files read back", sum(len(client.files) for client in clients))
    for name, took in {**times, **floor}.items():
        record_testsuite_property(f"median ms of {name}", round(statistics.median(took) * 1000))
    record_testsuite_property("MiB of a function, early and late", (max(early.values()), max(late.values())))
    before, after = largest(early), largest(late)
    grown = {name: after[name] / before[name] for name in before.keys() & after.keys()}
    assert grown
    assert max(grown.values()) < GROWTH_ALLOWED, (early, late)


def largest(memory: dict[tuple[str, int], int]) -> dict[str, int]:
    """Return the size of each function's largest process: one that had less to do before may still grow to it."""
    names = {name for name, _ in memory}
    return {each: max(size for (name, _), size in memory.items() if name == each) for each in names}


def _memory_under_load(
    stack: LocalStack, http: httpx.Client, clients: list[Client], times: dict[str, list[float]]
) -> dict[tuple[str, int], int]:
    """Load the stack for SECONDS; return the functions' memory after two thirds of them."""
    ends_at = time.monotonic() + SECONDS

    def visit(number: int) -> None:
        """Use one owner after another, each within the rate limit."""
        while time.monotonic() < ends_at:
            client = Client(someone(stack, http), number)
            clients.append(client)
            _timed(times, "upload", client.upload)
            _timed(times, "form, post, complete", lambda: client.upload_by_form(completes=True))  # noqa: B023
            _timed(times, "list", client.look)
            _timed(times, "upload", client.upload)
            _timed(times, "delete", client.delete_one)

    with ThreadPoolExecutor(WORKERS) as pool:
        working = [pool.submit(visit, number) for number in range(WORKERS)]
        time.sleep(SECONDS / 3)
        started = memory_of_functions(stack).keys()
        time.sleep(SECONDS / 3)
        # Only functions that have run for a while: others are still importing.
        early = {process: size for process, size in memory_of_functions(stack).items() if process in started}
        for done in working:
            done.result()
    return early


def emulators_own_times(stack: LocalStack, http: httpx.Client) -> dict[str, list[float]]:
    """Measure the emulator itself: an empty invocation, one object put, one item written."""
    times: dict[str, list[float]] = {}
    s3, dynamodb = emulated_aws.client(stack, "s3"), emulated_aws.client(stack, "dynamodb")
    bucket = emulated_aws.physical_id(stack, "SiteBucket")
    table = emulated_aws.physical_id(stack, "RequestsTable")
    item = {"owner": {"S": "a probe"}, "sk": {"S": "a probe"}}
    for _ in range(PROBES):
        _timed(times, "an invocation that does nothing", lambda: succeeded(http.get("/api/v2/health"), 200))
        _timed(times, "one S3 put", lambda: s3.put_object(Bucket=bucket, Key="a-probe", Body=b"a"))
        _timed(times, "one DynamoDB put", lambda: dynamodb.put_item(TableName=table, Item=item))
    return times


def memory_of_functions(stack: LocalStack) -> dict[tuple[str, int], int]:
    """Return the resident memory of each function process in MiB, by the function's name and the process id."""
    assert stack.process is not None
    found = {}
    for pid in descendants(stack.process.pid):
        function = environment_of(pid).partition(b"AWS_LAMBDA_FUNCTION_NAME=")[2].partition(b"\0")[0].decode()
        if function.startswith(f"{NAME}-"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
                pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
                found[function, pid] = pages * os.sysconf("SC_PAGE_SIZE") // 2**20
    return found


def _timed(times: dict[str, list[float]], name: str, action: Callable[[], object]) -> None:
    start = time.perf_counter()
    action()
    times.setdefault(name, []).append(time.perf_counter() - start)
