"""Writes to DynamoDB items that take part in transactions.

While a transaction holds an item, DynamoDB refuses every other write of it: two events about one asset, say. No client
needs to know, so the write is retried after a pause with jitter.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asset_api.platform import aws_errors, errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateItemOutputTypeDef

ATTEMPTS = 6
_PAUSE_SECONDS = 0.05


def write(
    dynamodb: "DynamoDBClient",
    items: "Sequence[TransactWriteItemTypeDef]",
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Sequence[Any]:
    """Write all items or none: why each item was refused, empty if all were written. One call, more under contention.

    Raises the 503 if the contention does not end.
    """
    for pause in _pauses():
        try:
            dynamodb.transact_write_items(TransactItems=items)
        except dynamodb.exceptions.TransactionCanceledException as error:
            reasons: Sequence[Any] = error.response["CancellationReasons"]
            codes = {reason["Code"] for reason in reasons}
            if aws_errors.CONDITION_FAILED in codes:
                return reasons
            if not codes <= aws_errors.CONTENDED:
                raise
            sleep(pause)
        else:
            return ()
    raise errors.temporarily_unavailable("The table of assets")


def update(
    dynamodb: "DynamoDBClient", *, sleep: Callable[[float], None] = time.sleep, **request: Any
) -> "UpdateItemOutputTypeDef":
    """Update one item. Raises what `update_item` does, and the 503 if the contention does not end."""
    for pause in _pauses():
        try:
            return dynamodb.update_item(**request)
        except ClientError as error:
            if aws_errors.code(error) != aws_errors.TRANSACTION_CONFLICT:
                raise
            sleep(pause)
    raise errors.temporarily_unavailable("The table of assets")


def is_refused(reasons: Sequence[Any], index: int) -> bool:
    """Tell whether the condition of the item at `index` failed."""
    return bool(reasons) and reasons[index]["Code"] == aws_errors.CONDITION_FAILED


def _pauses() -> Iterator[float]:
    for attempt in range(ATTEMPTS):
        yield random.uniform(0, _PAUSE_SECONDS * 2**attempt)  # noqa: S311  jitter
