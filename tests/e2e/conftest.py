"""One stack for all end-to-end tests, because starting one takes about ten seconds."""

from collections.abc import Iterator

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, someone
from tests.e2e.failures import pytest_runtest_makereport
from tests.e2e.generation_jobs import ENDS_BY_RECONCILE, RUNS_ON, Jobs, jobs_of
from tests.e2e.local_stack import LocalStack, local_stack
from tests.e2e.stand_in import StandIn

__all__ = ["pytest_runtest_makereport"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole local stack, running: the real template on the emulator, with IAM enforced."""
    with local_stack(tmp_path_factory.mktemp("stack")) as started:
        started.start()
        yield started


@pytest.fixture(scope="session")
def http(stack: LocalStack) -> Iterator[httpx.Client]:
    """A client without a token."""
    # More than the API's own 30 s and a cold start before it, on a slow machine.
    with httpx.Client(base_url=stack.url, timeout=120) as client:
        yield client


@pytest.fixture
def alice(stack: LocalStack, http: httpx.Client) -> Caller:
    """An owner for this test only."""
    return someone(stack, http)


@pytest.fixture
def bob(stack: LocalStack, http: httpx.Client) -> Caller:
    """Another owner."""
    return someone(stack, http)


@pytest.fixture
def anonymous(http: httpx.Client) -> Caller:
    """Someone without a token."""
    return Caller(http, None)


@pytest.fixture(scope="session")
def stand_in(stack: LocalStack) -> Iterator[StandIn]:
    """The stack's provider, as its operator sees it."""
    with httpx.Client(base_url=stack.replicate_url, timeout=120) as client:
        yield StandIn(client)


@pytest.fixture(scope="session")
def image_url(stack: LocalStack, http: httpx.Client) -> str:
    """A live asset, for models that need an image."""
    return str(someone(stack, http).uploaded("image.png", media.png())["url"])


@pytest.fixture(scope="session")
def reconciled_jobs(stack: LocalStack, http: httpx.Client, image_url: str) -> Iterator[Jobs]:
    """Jobs that wait for a clock, started early so that no test waits for them later."""
    with jobs_of(stack, http, image_url, [*ENDS_BY_RECONCILE, RUNS_ON]) as jobs:
        yield jobs
