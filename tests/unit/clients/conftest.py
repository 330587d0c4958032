"""Fixtures of the Python client's tests."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from typer import testing

from asset_upload_client import AssetClient, AsyncAssetClient
from tests import media
from tests.unit.clients.scripted_service import BASE, PATIENT, Operation, Service


@pytest.fixture(scope="session", autouse=True)
def commands_are_made_once() -> Iterator[None]:
    """Build the command line once: Typer would build it again for every invocation in a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", functools.cache(vars(testing)["_get_command"]))
        yield


@pytest.fixture(params=["blocking", "async"])
def call(request: pytest.FixtureRequest) -> Operation:
    """A function that calls a method of a new client of the given service."""

    def blocking(service: Service, method: str, *arguments: Any, **options: Any) -> Any:
        transport = httpx.MockTransport(service)
        with AssetClient(BASE, "token", retries=PATIENT, transport=transport) as client:
            return getattr(client, method)(*arguments, **options)

    def in_event_loop(service: Service, method: str, *arguments: Any, **options: Any) -> Any:
        async def run() -> Any:
            transport = httpx.MockTransport(service)
            async with AsyncAssetClient(BASE, "token", retries=PATIENT, transport=transport) as client:
                return await getattr(client, method)(*arguments, **options)

        return anyio.run(run)

    return blocking if request.param == "blocking" else in_event_loop


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(media.png())
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(media.padded_mp4(4 * 1024 * 1024 + 1))
    return path
