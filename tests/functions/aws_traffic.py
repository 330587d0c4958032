"""The functions' AWS requests, with the bytes sent and received."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.functions.aws_calls import around_calls

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel


@dataclass
class Exchange:
    """One call: the request's `body`, and the size of the response's body, whether or not it was read."""

    operation: str
    body: bytes
    received_bytes: int = 0

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of a DynamoDB call as sent over the wire."""
        parameters: dict[str, Any] = json.loads(self.body)
        return parameters

    @property
    def items_named(self) -> int:
        """Count the items that a DynamoDB call can touch: those it names, or a query's limit."""
        if self.operation == "Query":
            # Without a limit, it reads a partition whose few small items are charged as one.
            return int(self.parameters.get("Limit", 1))
        if self.operation == "TransactWriteItems":
            return len(self.parameters["TransactItems"])
        if self.operation == "BatchGetItem":
            return sum(len(table["Keys"]) for table in self.parameters["RequestItems"].values())
        if self.operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
            return 1
        raise ValueError(self.operation)


class AwsTraffic:
    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    @contextmanager
    def watching(self, *clients: "BaseClient") -> Iterator[None]:
        """Watch these clients, from one thread."""
        with around_calls(clients, self._before, self._after):
            yield

    @property
    def operations(self) -> list[str]:
        return [exchange.operation for exchange in self.exchanges]

    @property
    def items_named(self) -> int:
        return sum(exchange.items_named for exchange in self.exchanges)

    @property
    def sent_bytes(self) -> int:
        return sum(len(exchange.body) for exchange in self.exchanges)

    @property
    def received_bytes(self) -> int:
        return sum(exchange.received_bytes for exchange in self.exchanges)

    def forget(self) -> None:
        self.exchanges.clear()

    def _before(self, model: "OperationModel", params: dict[str, Any], **_: Any) -> None:
        self.exchanges.append(Exchange(model.name, _all_of(params["body"])))

    def _after(self, http_response: Any, **_: Any) -> None:
        self.exchanges[-1].received_bytes = int(http_response.headers.get("Content-Length") or 0)


def _all_of(body: Any) -> bytes:
    """Return the bytes of a request's body without consuming it."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if not isinstance(body, io.IOBase) and not hasattr(body, "seek"):
        return b""
    position = body.tell()
    data: bytes = body.read()
    body.seek(position)
    return data
