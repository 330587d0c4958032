"""DynamoDB queries that follow every page of 1 MB."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef


def newest_first(
    dynamodb: "DynamoDBClient", table: str, owner: str, prefix: str, *, after_id: str | None, **options: Any
) -> "Iterator[QueryOutputTypeDef]":
    """Query an owner's items whose sort keys are `prefix` and an id, newest first, after `after_id` if given.

    Strongly consistent. One call for each response consumed, of up to 1 MB of items before any projection.
    """
    request: dict[str, Any] = {
        **options,
        "TableName": table,
        "KeyConditionExpression": "#owner = :owner AND begins_with(sk, :prefix)",
        "ExpressionAttributeNames": {"#owner": "owner", **options.get("ExpressionAttributeNames", {})},
        "ExpressionAttributeValues": {
            ":owner": {"S": owner},
            ":prefix": {"S": prefix},
            **options.get("ExpressionAttributeValues", {}),
        },
        "ScanIndexForward": False,
        "ConsistentRead": True,
    }
    if after_id is not None:
        request["ExclusiveStartKey"] = {"owner": {"S": owner}, "sk": {"S": prefix + after_id}}
    while True:
        response = dynamodb.query(**request)
        yield response
        if "LastEvaluatedKey" not in response:
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
