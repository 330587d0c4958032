"""Single writes of an item that a transaction holds: DynamoDB refuses them, unlike moto."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from asset_api.platform import transactions
from asset_api.platform.errors import ApiError

UPDATED = {"Attributes": {"status": {"S": "failed"}}}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "UpdateItem")


@dataclass
class Dynamodb:
    """Return the given responses in order, or raise those that are exceptions."""

    responses: list[Any]
    slept: list[float] = field(default_factory=list)

    def update_item(self, **_: Any) -> Any:
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    def update(self) -> Any:
        return transactions.update(cast(Any, self), sleep=self.slept.append, TableName="assets")


def test_an_update_is_retried_while_a_transaction_holds_its_item() -> None:
    dynamodb = Dynamodb([refused("TransactionConflictException")] * 2 + [UPDATED])
    assert dynamodb.update() == UPDATED
    assert len(dynamodb.slept) == 2


def test_persistent_contention_is_a_503() -> None:
    dynamodb = Dynamodb([refused("TransactionConflictException")] * transactions.ATTEMPTS)
    with pytest.raises(ApiError) as unavailable:
        dynamodb.update()
    assert unavailable.value.status == 503
    assert sum(dynamodb.slept) < 4


def test_other_errors_are_not_retried() -> None:
    dynamodb = Dynamodb([refused("ConditionalCheckFailedException"), UPDATED])
    with pytest.raises(ClientError):
        dynamodb.update()
    assert dynamodb.slept == []
