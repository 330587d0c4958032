"""Idempotency keys: the same key and body within 24 hours give the same answer and one asset or job.

    owner = <sub>   sk = idempotency#<hash of operation and key>
    fingerprint, resource_id, expires_at (TTL, Unix seconds), answer?, usable_until?

A key is claimed with the id of what will be made before anything else is done, and everything done for an id may be
done again: whoever comes with the key, at once or after a crash, works on the same asset or job. The answer is kept
when it is known.

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
    """A key that this owner holds, the asset or job it stands for, and the answer if it was given before."""

    owner: str
    sort_key: str
    resource_id: str
    answer: dict[str, Any] | None


def fingerprint(*parts: str) -> str:
    """What must be the same for a body to be the same."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IdempotencyKeys:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def claim(self, owner: str, operation: str, key: str, body_fingerprint: str, new_resource_id: str) -> Claim:
        """Hold `key` for `new_resource_id`, or learn what it has stood for since it came first. One call.

        Raises the 422 for a key that is none, and the 409 for a key that came with another body.
        """
        if not 0 < len(key) <= MAX_KEY_CHARACTERS:
            raise errors.invalid_request("Idempotency-Key", f"must have 1 to {MAX_KEY_CHARACTERS} characters")
        # A header's bytes that are no UTF-8 come as lone surrogates.
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
                # TTL removes items late: the time in them decides.
                ConditionExpression="attribute_not_exists(sk) OR expires_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            held = aws.refused_item(error)
            if held["fingerprint"]["S"] != body_fingerprint:
                raise errors.idempotency_key_reused() from error
            return Claim(owner, sort_key, held["resource_id"]["S"], _usable_answer(held, now))
        return Claim(owner, sort_key, new_resource_id, None)

    def keep(self, claim: Claim, answer: dict[str, Any], *, usable_seconds: int = LIFETIME_SECONDS) -> dict[str, Any]:
        """Keep the answer, or learn that another request with the key has given one: that one counts. One call.

        After `usable_seconds` the answer is of no use to the client (a form that has expired), and makes way.
        """
        now = int(self.clock().timestamp())
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"owner": {"S": claim.owner}, "sk": {"S": claim.sort_key}},
                UpdateExpression="SET answer = :answer, usable_until = :until",
                ConditionExpression="attribute_not_exists(answer) OR usable_until <= :now",
                ExpressionAttributeValues={
                    ":answer": {"S": json.dumps(answer)},
                    ":until": {"N": str(now + usable_seconds)},
                    ":now": {"N": str(now)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return _usable_answer(aws.refused_item(error), now) or answer
        return answer


def _usable_answer(held: "Mapping[str, AttributeValueTypeDef]", now: int) -> dict[str, Any] | None:
    if "answer" not in held or int(held["usable_until"]["N"]) <= now:
        return None
    answer: dict[str, Any] = json.loads(held["answer"]["S"])
    return answer
