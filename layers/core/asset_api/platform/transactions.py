"""Writes to DynamoDB items that take part in transactions.

While a transaction holds an item, DynamoDB refuses every other write to it, for example when two events concern the
same asset. Clients should not notice, so the write is retried after a pause with jitter.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asset_api.platform import aws_errors, errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateItemOutputTypeDef

ATTEMPTS = 6
_PAUSE_SECONDS = 0.05
_ABSENT = "attribute_not_exists(sk)"


def write(
    dynamodb: "DynamoDBClient",
    items: "Sequence[TransactWriteItemTypeDef]",
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Sequence[Any]:
    """Write all items or none; return DynamoDB's reason for each item, or nothing if written. One call, or more.

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
    """Update one item. Raises the same as `update_item`, and the 503 if the contention does not end."""
    for pause in _pauses():
        try:
            return dynamodb.update_item(**request)
        except ClientError as error:
            if aws_errors.code(error) != aws_errors.TRANSACTION_CONFLICT:
                raise
            sleep(pause)
    raise errors.temporarily_unavailable("The table of assets")


def put(table: str, item: Mapping[str, Any], *, is_new: bool = False) -> "TransactWriteItemTypeDef":
    """Build the write of an item; with `is_new`, on condition that it does not exist."""
    put: Any = {"TableName": table, "Item": item}
    if is_new:
        put |= {"ConditionExpression": _ABSENT, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return {"Put": put}


def delete(table: str, key: Mapping[str, Any]) -> "TransactWriteItemTypeDef":
    """Build the delete of an item, which need not exist."""
    delete: Any = {"TableName": table, "Key": key}
    return {"Delete": delete}


def check_absent(table: str, key: Mapping[str, Any]) -> "TransactWriteItemTypeDef":
    """Build the condition that an item does not exist."""
    check: Any = {"TableName": table, "Key": key, "ConditionExpression": _ABSENT}
    return {"ConditionCheck": check}


def if_unchanged(item: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Build the condition that an item exists, and that these attributes have not changed since it was read."""
    conditions = ["attribute_exists(sk)"]
    conditions += [f"#{name} = :{name}" if name in item else f"attribute_not_exists(#{name})" for name in names]
    values = {f":{name}": item[name] for name in names if name in item}
    return {
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        **({"ExpressionAttributeValues": values} if values else {}),
    }


def is_refused(reasons: Sequence[Any], index: int) -> bool:
    """Tell whether the condition of the item at `index` failed."""
    return bool(reasons) and reasons[index]["Code"] == aws_errors.CONDITION_FAILED


def _pauses() -> Iterator[float]:
    for attempt in range(ATTEMPTS):
        yield random.uniform(0, _PAUSE_SECONDS * 2**attempt)  # noqa: S311  jitter
