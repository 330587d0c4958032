"""The recent logs of the stack of a test that failed, in its report: on another machine, they are all that is left."""

import time
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local.state import StateDirectory
from tests.e2e.emulated_aws import client
from tests.e2e.local_stack import LocalStack

_RECENT_SECONDS = 180
_LINES, _WIDTH = 40, 1000
_TELLING = ("ERROR", "WARNING", "CRITICAL", "Traceback", "timed out")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for stack in _stacks(item):
            report.sections.append(("Captured log of the stack", _recent_logs(stack)))
    return report


def _stacks(item: pytest.Item) -> list[LocalStack]:
    """Find the stacks among a test's fixtures, also inside of one."""
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    parts = [part for value in fixtures.values() for part in (*(value if isinstance(value, tuple) else ()), value)]
    found = [each for part in parts for each in (part, getattr(part, "stack", None)) if isinstance(each, LocalStack)]
    return list({id(each): each for each in found}.values())


def _recent_logs(stack: LocalStack) -> str:
    emulator_log = StateDirectory(stack.state).emulator_log
    emulator = emulator_log.read_text(errors="replace") if emulator_log.exists() else ""
    parts = {"make run": stack.output.splitlines(), "emulator": emulator.splitlines(), "functions": _functions(stack)}
    recent = {name: [line[:_WIDTH] for line in lines[-_LINES:]] for name, lines in parts.items()}
    return "\n".join(f"--- {name}\n" + "\n".join(lines) for name, lines in recent.items())


def _functions(stack: LocalStack) -> list[str]:
    """Return the functions' warnings and errors of the last minutes."""
    try:
        return [f"{moment:.3f} {text}" for moment, text in sorted(_warnings(stack))]
    except (BotoCoreError, ClientError) as error:
        return [f"not known: {error}"]


def _warnings(stack: LocalStack) -> Iterator[tuple[float, str]]:
    logs, start = client(stack, "logs"), int((time.time() - _RECENT_SECONDS) * 1000)
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            for event in logs.filter_log_events(logGroupName=name, startTime=start)["events"]:
                if any(word in event["message"] for word in _TELLING):
                    yield event["timestamp"] / 1000, f"{name.rpartition('/')[2]}: {event['message'].rstrip()}"
