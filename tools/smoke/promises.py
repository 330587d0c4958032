"""The promises of a deployment and the functions that check them, in order of registration."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.smoke.deployment import Deployment


@dataclass(frozen=True)
class Check:
    """A promise and the function that checks it. With `on_aws_only`, it does not hold on the local stack."""

    promise: str
    holds: Callable[[Deployment], None]
    on_aws_only: bool = False
    needs_model: bool = False
    needs_throwaway_owner: bool = False


CHECKS: list[Check] = []


def check(promise: str, **conditions: bool) -> Callable[[Callable[[Deployment], None]], Callable[[Deployment], None]]:
    """Register a function as a check."""

    def add(holds: Callable[[Deployment], None]) -> Callable[[Deployment], None]:
        CHECKS.append(Check(promise, holds, **conditions))
        return holds

    return add
