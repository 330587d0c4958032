"""DynamoDB units and time per operation, measured in turn so that background load affects all operations alike."""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Takes the number of the round.
Operation = Callable[[int], object]
Name = TypeVar("Name")


@dataclass
class Cost:
    """The cost of one operation, over all its calls."""

    seconds: float = 0
    dynamodb_seconds: float = 0
    received_bytes: int = 0
    items_read: int = 0
    units: float = 0


class Meter:
    """Meter one DynamoDB client in one thread."""

    def __init__(self, client: "BaseClient") -> None:
        self._cost = Cost()
        self._sent_at = 0.0
        self._requests_units = False
        client.meta.events.register("before-parameter-build.dynamodb", self._request_units)
        client.meta.events.register("before-send.dynamodb", self._sent)
        client.meta.events.register("after-call.dynamodb", self._received)

    def measure(self, operations: Mapping[Name, Operation], rounds: int) -> dict[Name, list[Cost]]:
        """Measure the operations in each round, in random order, and return each one's costs.

        Units are measured in one additional round, because the functions do not request them.
        """
        self._requests_units = True
        units = {name: self._one(operation, rounds).units for name, operation in operations.items()}
        self._requests_units = False
        costs: dict[Name, list[Cost]] = {name: [] for name in operations}
        for number in range(rounds):
            for name in random.sample(list(operations), len(operations)):
                cost = self._one(operations[name], number)
                cost.units = units[name]
                costs[name].append(cost)
        return costs

    def _one(self, operation: Operation, number: int) -> Cost:
        self._cost = Cost()
        began = time.perf_counter()
        operation(number)
        self._cost.seconds = time.perf_counter() - began
        return self._cost

    def _request_units(self, params: dict[str, Any], **_: Any) -> None:
        if self._requests_units:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _sent(self, **_: Any) -> None:
        self._sent_at = time.perf_counter()

    def _received(self, http_response: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        self._cost.dynamodb_seconds += time.perf_counter() - self._sent_at
        self._cost.received_bytes += len(http_response.content)
        self._cost.items_read += parsed.get("ScannedCount", 0)
        consumed = parsed.get("ConsumedCapacity", [])
        tables = consumed if isinstance(consumed, list) else [consumed]  # a batch has one per table
        self._cost.units += sum(table["CapacityUnits"] for table in tables)


def median(costs: Sequence[Cost], figure: str) -> float:
    """Return the median of one field of `Cost`."""
    return float(statistics.median(getattr(cost, figure) for cost in costs))


def ratio(costs: Sequence[Cost], others: Sequence[Cost], figure: str) -> float:
    """Return the median of the ratios within each round."""
    pairs = zip(costs, others, strict=True)
    return float(statistics.median(getattr(cost, figure) / getattr(other, figure) for cost, other in pairs))
