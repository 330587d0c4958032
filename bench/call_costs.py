"""DynamoDB units and time per operation, measured in turns so that background load affects all alike."""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Is told which round it is.
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
        self._asks_for_units = False
        client.meta.events.register("before-parameter-build.dynamodb", self._ask_for_units)
        client.meta.events.register("before-send.dynamodb", self._sent)
        client.meta.events.register("after-call.dynamodb", self._answered)

    def measure(self, operations: Mapping[Name, Operation], rounds: int) -> dict[Name, list[Cost]]:
        """Return the costs of each round, in a new order each time.

        Units come from one additional round: the functions do not request them.
        """
        self._asks_for_units = True
        units = {name: self._one(operation, rounds).units for name, operation in operations.items()}
        self._asks_for_units = False
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

    def _ask_for_units(self, params: dict[str, Any], **_: Any) -> None:
        if self._asks_for_units:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _sent(self, **_: Any) -> None:
        self._sent_at = time.perf_counter()

    def _answered(self, http_response: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        self._cost.dynamodb_seconds += time.perf_counter() - self._sent_at
        self._cost.received_bytes += len(http_response.content)
        self._cost.items_read += parsed.get("ScannedCount", 0)
        consumed = parsed.get("ConsumedCapacity", [])
        tables = consumed if isinstance(consumed, list) else [consumed]  # a batch has one for each table
        self._cost.units += sum(table["CapacityUnits"] for table in tables)


def median(costs: Sequence[Cost], figure: str) -> float:
    """The median of one of Cost's figures, by name."""
    return float(statistics.median(getattr(cost, figure) for cost in costs))


def ratio(costs: Sequence[Cost], others: Sequence[Cost], figure: str) -> float:
    """The median of the ratios within each round."""
    pairs = zip(costs, others, strict=True)
    return float(statistics.median(getattr(cost, figure) / getattr(other, figure) for cost, other in pairs))
