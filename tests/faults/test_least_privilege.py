"""Each role without each of its actions, on the running stack with IAM enforced: something fails every time."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.local_stack import LocalStack
from tests.e2e.roles import without_action
from tests.e2e.stand_in import StandIn
from tests.faults.permissions import NEEDED_FOR, Deployment, idle_background


@pytest.fixture(scope="module", autouse=True)
def _idle_background(stack: LocalStack) -> Iterator[None]:
    with idle_background(stack):
        yield


@pytest.fixture
def deployment(stack: LocalStack, http: httpx.Client, stand_in: StandIn) -> Deployment:
    return Deployment(stack, http, stand_in)


@pytest.mark.parametrize(("role", "statement_id", "action"), NEEDED_FOR)
def test_every_permission_is_needed(role: str, statement_id: str, action: str, deployment: Deployment) -> None:
    prepare = NEEDED_FOR[role, statement_id, action]
    attempt = prepare(deployment)
    with without_action(deployment.stack, role, statement_id, action):
        assert not attempt(), f"works without {action}; it saw {deployment.seen}"
    deployment.seen.clear()
    assert prepare(deployment)(), f"fails with every permission; it saw {deployment.seen}"
