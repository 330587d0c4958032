"""Sample events in `events/`, processed by the functions of generation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.generate import app as generate
from functions.ingest import app as ingest
from functions.list import app as list_
from functions.reconcile import app as reconcile
from functions.webhook import app as webhook
from tests.functions.gateway import Caller, Context
from tests.functions.generation.stack import Stack

EVENTS = Path(__file__).parents[3] / "events"


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    ("name", "handler", "status"),
    [
        ("generate", generate.handler, 202),
        ("cancel-job", generate.handler, 404),
        ("jobs", list_.handler, 200),
        ("job", list_.handler, 404),
    ],
)
def test_each_function_processes_its_sample(
    name: str, handler: Callable[[dict[str, Any], Any], dict[str, Any]], status: int, alice: Caller
) -> None:
    event = sample(name)
    assert handler(event, Context())["statusCode"] == 401
    event["headers"] |= alice.authorization()
    assert handler(event, Context())["statusCode"] == status


@pytest.mark.usefixtures("stack")
def test_the_sample_webhook_has_an_invalid_signature() -> None:
    assert webhook.handler(sample("webhook"), Context())["statusCode"] == 401


@pytest.mark.usefixtures("stack")
def test_a_message_of_an_unknown_job_is_deleted() -> None:
    assert ingest.handler(sample("ingest"), Context()) == {"batchItemFailures": []}


def test_the_schedule_finds_nothing_to_do(stack: Stack) -> None:
    reconcile.handler(sample("reconcile"), Context())
    assert stack.provider.requests == []
