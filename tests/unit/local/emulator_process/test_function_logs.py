"""Functions run by MiniStack with our adjustment, which removes the wait for an invocation's log."""

import io
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ministack.core import lambda_runtime

from local.emulator_process import function_logs

HANDLER = """
import os, sys, time

def handler(event, context):
    for number in range(event.get("lines", 0)):
        print(event.get("line", "line"), number)
    if event.get("unfinished"):
        sys.stderr.write("no end of line")
        sys.stderr.flush()
    if event.get("raises"):
        raise ValueError("it broke")
    if event.get("dies"):
        os._exit(1)
    time.sleep(event.get("seconds", 0))
    return "done"
"""

Invoke = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def closed_pipes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the pipes of all function processes at the end, because MiniStack leaves them to the garbage collector."""
    started: list[subprocess.Popen[str]] = []
    before = set(threading.enumerate())

    class Recorded(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    yield
    lambda_runtime.reset()
    for process in started:
        process.kill()
    for thread in set(threading.enumerate()) - before:  # they end when their pipes are closed
        thread.join()
    for process in started:
        with process:
            pass


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """A function that invokes a warm function like MiniStack and returns its result and log."""
    monkeypatch.setattr(lambda_runtime, "Worker", lambda_runtime.Worker)  # restored at the end
    function_logs.install()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", HANDLER)
    config = {
        "FunctionName": "f",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Timeout": 1,
    }
    worker, _ = lambda_runtime.acquire_worker("f", config, archive.getvalue())

    def call(**event: Any) -> dict[str, Any]:
        result: dict[str, Any] = worker.invoke(event, "request")
        return result

    call()
    return call


def test_an_invocation_does_not_wait_for_its_log(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(lines: int) -> float:
        start = time.perf_counter()
        assert invoke(lines=lines)["status"] == "ok"
        return time.perf_counter() - start

    # One of many, because the machine may be busy. MiniStack's own wait is 50 ms per invocation.
    assert any(seconds(lines=0) < 0.025 for _ in range(400))

    this_thread, sleep = threading.get_ident(), time.sleep

    def fail(seconds: float) -> None:
        if threading.get_ident() == this_thread:
            pytest.fail("waited for the log by the clock")
        sleep(seconds)

    with monkeypatch.context() as context:
        context.setattr(time, "sleep", fail)
        assert invoke(lines=1)["log"] == "line 0"


def test_each_invocation_gets_only_its_own_log(invoke: Invoke) -> None:
    for number in range(50):
        assert invoke(lines=number, line=f"{number}:")["log"].splitlines() == [f"{number}: {n}" for n in range(number)]


def test_a_log_larger_than_the_pipe_is_complete(invoke: Invoke) -> None:
    assert len(invoke(lines=5000, line="x" * 100)["log"].splitlines()) == 5000


def test_an_unterminated_line_is_in_the_next_log(invoke: Invoke) -> None:
    assert invoke(unfinished=True)["log"] == ""
    assert invoke(lines=1)["log"] == "no end of lineline 0"


@pytest.mark.parametrize("end", [{"raises": True}, {"dies": True}, {"seconds": 5}])
def test_a_crashed_function_keeps_its_log_and_is_restarted(invoke: Invoke, end: dict[str, Any]) -> None:
    failed = invoke(lines=3, **end)
    assert failed["status"] == "error"
    assert failed["log"].splitlines()[:3] == ["line 0", "line 1", "line 2"]
    assert invoke(lines=1, line="next")["log"] == "next 0"
