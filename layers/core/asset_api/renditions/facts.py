"""Facts about an asset that are found after it was listed, and added to its item.

IAM: dynamodb:UpdateItem.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.assets.asset import SORT_KEY_PREFIX, key, tag_prefix
from asset_api.platform import transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class AssetFacts:
    dynamodb: "DynamoDBClient"
    table: str
    sleep: Callable[[float], None] = time.sleep

    def record(self, owner: str, asset_id: str, facts: Mapping[str, Fact], tags: Sequence[str] = ()) -> bool:
        """Write these attributes to a listed asset and to the index items of its tags.

        Return False if the asset is not listed (any more). One call, and one for each tag.
        """
        if not self._write(key(owner, SORT_KEY_PREFIX + asset_id), facts):
            return False
        for tag in tags:
            self._write(key(owner, tag_prefix(tag) + asset_id), facts)
        return True

    def _write(self, item_key: "dict[str, AttributeValueTypeDef]", facts: Mapping[str, Fact]) -> bool:
        names = {f"#{number}": name for number, name in enumerate(facts)}
        try:
            transactions.update(
                self.dynamodb,
                sleep=self.sleep,
                TableName=self.table,
                Key=item_key,
                UpdateExpression="SET " + ", ".join(f"{name} = :{name[1:]}" for name in names),
                ConditionExpression="attribute_exists(sk)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{number}": _value(fact) for number, fact in enumerate(facts.values())},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _value(fact: Fact) -> "AttributeValueTypeDef":
    return {"S": fact} if isinstance(fact, str) else {"N": repr(fact)}
