"""Sample events in `events/`: every trigger has one, and its function processes it."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.change import app as change
from functions.delete import app as delete
from functions.list import app as list_
from functions.parts import app as parts
from functions.upload import app as upload
from tests.functions.gateway import Caller, Context
from tests.functions.triggers import EVENTS, sample

HANDLERS = {
    "upload-direct": (upload.handler, 201),
    "upload-form": (upload.handler, 201),
    "complete": (upload.handler, 404),
    "begin-upload": (parts.handler, 201),
    "sign-parts": (parts.handler, 404),
    "show-upload": (parts.handler, 404),
    "complete-parts": (parts.handler, 404),
    "abort-upload": (parts.handler, 404),
    "list": (list_.handler, 200),
    "metadata": (list_.handler, 404),
    "health": (list_.handler, 200),
    "usage": (list_.handler, 200),
    "delete": (delete.handler, 404),
    "delete-many": (delete.handler, 200),
    "change": (change.handler, 404),
}


@pytest.mark.parametrize(("name", "handler", "status"), [(name, *each) for name, each in HANDLERS.items()])
def test_each_function_processes_its_sample(
    name: str, handler: Callable[[dict[str, Any], Any], dict[str, Any]], status: int, alice: Caller
) -> None:
    event = sample(name)
    assert event["requestContext"]["http"]["method"] == event["routeKey"].split()[0]
    if "authorization" in event["headers"]:
        assert handler(event, Context())["statusCode"] == 401
        event["headers"] |= alice.authorization()
    assert handler(event, Context())["statusCode"] == status


def test_every_trigger_has_a_sample() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} >= {*HANDLERS, "publish", "assemble", "purge"}
