"""One stack for all end-to-end tests: to start one takes some ten seconds."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.client import Caller, someone
from tests.e2e.local_stack import LocalStack, local_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole local stack, running: the real template on the emulator, with IAM enforced."""
    with local_stack(tmp_path_factory.mktemp("stack")) as started:
        started.start()
        yield started


@pytest.fixture(scope="session")
def http(stack: LocalStack) -> Iterator[httpx.Client]:
    """A client without a token."""
    # As patient as the API's own 30 s and a cold start before it.
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        yield client


@pytest.fixture
def alice(stack: LocalStack, http: httpx.Client) -> Caller:
    """An owner of this test's own."""
    return someone(stack, http)


@pytest.fixture
def bob(stack: LocalStack, http: httpx.Client) -> Caller:
    """Another one."""
    return someone(stack, http)


@pytest.fixture
def anonymous(http: httpx.Client) -> Caller:
    """Someone without a token."""
    return Caller(http, None)
