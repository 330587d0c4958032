"""The example of an asset's life, which waits half a minute for an erasure, on a stack that sends it events."""

from collections.abc import Iterator

import httpx
import pytest

from local import ports
from tests.e2e.local_stack import LocalStack, local_stack
from tests.faults.asset_life import living


@pytest.fixture
def port() -> Iterator[int]:
    """A port for the example's receiver, which no stack chooses meanwhile."""
    with ports.claimed(()) as claimed:
        yield claimed


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[LocalStack]:
    parameters = f"WebhookUrls=http://localhost:{port}/ EventBusName=default"
    with local_stack(tmp_path_factory.mktemp("stack-with-receiver"), parameters=parameters) as started:
        started.start()
        yield started


def test_the_example_follows_ten_assets_from_import_to_erasure(stack: LocalStack, port: int) -> None:
    with httpx.Client(base_url=stack.url, timeout=120) as http, living(stack, http, port) as example:
        assert example.ended() == [
            "10 imported and tagged, and their events received",
            "5 expire in a minute",
            "5 have expired",
            "5 erased with their owner",
            "Nothing is left",
        ]
