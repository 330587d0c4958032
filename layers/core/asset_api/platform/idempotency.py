"""Idempotency keys: within 24 hours, the same key and body get the same response and one asset or job.

    owner = <sub>   sk = idempotency#<hash of operation and key>
    fingerprint, resource_id, expires_at (TTL, Unix seconds), response?, usable_until?

First, a key is claimed for the id of the asset or job to create. Every later step can be repeated for that id. So all
requests with the key, concurrent or after a crash, work on the same asset or job. The response is stored once it is
known.

IAM: dynamodb:PutItem and UpdateItem.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from asset_api.platform import aws, errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

LIFETIME_SECONDS = 24 * 3600
MAX_KEY_CHARACTERS = 255


class Claim(NamedTuple):
    """The id that a request creates. With an idempotency key, also its item's sort key and the stored response.

    `is_new` is false if an earlier request with the key claimed the id, and may have created the asset or job already.
    """

    owner: str
    sort_key: str | None
    resource_id: str
    is_new: bool
    response: dict[str, Any] | None = None


def fingerprint(*parts: str) -> str:
    """Hash the values that identify a request's body."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IdempotencyKeys:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def claim(self, owner: str, operation: str, key: str, body_fingerprint: str, new_resource_id: str) -> Claim:
        """Claim `key` for `new_resource_id`, or return its earlier claim. One call.

        Raises the 422 for an invalid key, and the 409 for a key that was used with another body.
        """
        if not 0 < len(key) <= MAX_KEY_CHARACTERS:
            raise errors.invalid_request("Idempotency-Key", f"must have 1 to {MAX_KEY_CHARACTERS} characters")
        # Bytes of a header that are not UTF-8 arrive as lone surrogates.
        named = f"{operation}\n{key}".encode("utf-8", "surrogatepass")
        sort_key = "idempotency#" + hashlib.sha256(named).hexdigest()
        now = int(self.clock().timestamp())
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    "owner": {"S": owner},
                    "sk": {"S": sort_key},
                    "fingerprint": {"S": body_fingerprint},
                    "resource_id": {"S": new_resource_id},
                    "expires_at": {"N": str(now + LIFETIME_SECONDS)},
                },
                # TTL removes items late, so the time in the item decides.
                ConditionExpression="attribute_not_exists(sk) OR expires_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            held = aws.refused_item(error)
            if held["fingerprint"]["S"] != body_fingerprint:
                raise errors.idempotency_key_reused() from error
            resource_id = held["resource_id"]["S"]
            return Claim(owner, sort_key, resource_id, is_new=False, response=_usable_response(held, now))
        return Claim(owner, sort_key, new_resource_id, is_new=True)

    def store_response(
        self, claim: Claim, response: dict[str, Any], *, usable_seconds: int = LIFETIME_SECONDS
    ) -> dict[str, Any]:
        """Store the response for replays; return it, or the one that another request with the key stored first.

        One call with a key, none without. After `usable_seconds`, the client cannot use the response any more (its form
        has expired), and a new one replaces it.
        """
        if claim.sort_key is None:
            return response
        now = int(self.clock().timestamp())
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"owner": {"S": claim.owner}, "sk": {"S": claim.sort_key}},
                UpdateExpression="SET #response = :response, usable_until = :until",
                ConditionExpression="attribute_not_exists(#response) OR usable_until <= :now",
                ExpressionAttributeNames={"#response": "response"},  # a reserved word in DynamoDB
                ExpressionAttributeValues={
                    ":response": {"S": json.dumps(response)},
                    ":until": {"N": str(now + usable_seconds)},
                    ":now": {"N": str(now)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return _usable_response(aws.refused_item(error), now) or response
        return response


def _usable_response(held: "Mapping[str, AttributeValueTypeDef]", now: int) -> dict[str, Any] | None:
    if "response" not in held or int(held["usable_until"]["N"]) <= now:
        return None
    response: dict[str, Any] = json.loads(held["response"]["S"])
    return response
