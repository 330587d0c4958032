"""Leases: whoever asks first makes a rendition, and everyone else waits for it.

    owner = rendition#<asset id>   sk = <name>
        token, attempts, visibility (of the original), expires_at (TTL), outcome? ("made" or "refused"), reason?
    and while it is being made, for the index InFlight:
        in_flight = "rendition", check_at: from then on, whoever was making it is dead

They are in the assets table for the sake of its index, but belong to no owner: a public read has no token. Where an
owner is called so, its items are still others, since their sort keys begin otherwise.

A lease outlives its rendition by an hour, so that a request that missed the rendition a moment ago does not make it
again, and a file that cannot be decoded is not tried again on each request. A decoder that crashes or hangs takes its
invocation along and leaves the lease as it is: that counts as an attempt, of which there are two an hour.

IAM: dynamodb:UpdateItem and DeleteItem; to sweep, Query of the index; to tell whether any are held, Query.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from asset_api.assets.asset import key
from asset_api.platform import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.assets.asset import Visibility

# Longer than any function that makes renditions may run (`Timeout` in template.yaml).
LEASE_SECONDS = 35
MOST_ATTEMPTS = 2
KEPT_SECONDS = 3600
_INDEX = "InFlight"
_IN_FLIGHT = "rendition"
_OWNER_PREFIX = "rendition#"
_DUE_AT_ONCE = 100
_CRASHED = "decoding the file took more time or memory than there is"


class Lease(NamedTuple):
    """The right to make a rendition, until it expires."""

    asset_id: str
    name: str
    token: str


class Made(NamedTuple):
    """It was made, under the lease with this token."""

    token: str


class Refused(NamedTuple):
    """It cannot be made, for this reason."""

    reason: str


class Busy(NamedTuple):
    """Someone else is making it."""


@dataclass(frozen=True, slots=True)
class Leases:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def claim(
        self, asset_id: str, name: str, visibility: "Visibility" = "public", *, instead_of: Made | None = None
    ) -> Lease | Made | Refused | Busy:
        """Take the lease, or tell why not. `instead_of` is what was found made, and is gone all the same. One call."""
        lease = Lease(asset_id, name, secrets.token_hex(8))
        now = self._now
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + asset_id, name),
                UpdateExpression="SET #token = :token, in_flight = :in_flight, check_at = :check_at, "
                "expires_at = :expires_at, visibility = :visibility REMOVE outcome, reason ADD attempts :one",
                ConditionExpression="attribute_not_exists(sk) OR expires_at <= :now OR (attempts < :most AND "
                "attribute_not_exists(outcome) AND (attribute_not_exists(check_at) OR check_at <= :now)) "
                "OR #token = :gone",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={
                    ":token": {"S": lease.token},
                    ":in_flight": {"S": _IN_FLIGHT},
                    ":check_at": {"N": str(now + LEASE_SECONDS)},
                    ":expires_at": {"N": str(now + KEPT_SECONDS)},
                    ":visibility": {"S": visibility},
                    ":one": {"N": "1"},
                    ":most": {"N": str(MOST_ATTEMPTS)},
                    ":now": {"N": str(now)},
                    # A token that no lease has matches nothing.
                    ":gone": {"S": instead_of.token if instead_of else "none"},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return self._state(aws.refused_item(error))
        return lease

    def _state(self, item: "Mapping[str, AttributeValueTypeDef]") -> Made | Refused | Busy:
        match item.get("outcome", {}).get("S"):
            case "made":
                return Made(item["token"]["S"])
            case "refused":
                return Refused(item["reason"]["S"])
        is_alive = "check_at" in item and int(item["check_at"]["N"]) > self._now
        return Busy() if is_alive else Refused(_CRASHED)

    def finish(self, lease: Lease) -> None:
        """Record that the rendition was made, and stored. One call."""
        self._end(lease, {"outcome": "made"})

    def refuse(self, lease: Lease, reason: str) -> None:
        """Record why it cannot be made. One call."""
        self._end(lease, {"outcome": "refused", "reason": reason})

    def release(self, lease: Lease) -> None:
        """Let others try at once. One call."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + lease.asset_id, lease.name),
                **_held(lease),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it had expired, and is someone else's

    def _end(self, lease: Lease, outcome: "Mapping[str, str]") -> None:
        held = _held(lease)
        values = {f":{name}": {"S": text} for name, text in outcome.items()}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + lease.asset_id, lease.name),
                UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in outcome)} REMOVE in_flight, check_at",
                **{**held, "ExpressionAttributeValues": {**held["ExpressionAttributeValues"], **values}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it had expired, and is someone else's

    def are_held(self, asset_id: str, visibility: "Visibility") -> bool:
        """Tell whether renditions of bytes with this visibility are being made. One query."""
        found = self.dynamodb.query(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="#owner = :owner",
            FilterExpression="check_at > :now AND visibility = :visibility",
            ProjectionExpression="sk",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={
                ":owner": {"S": _OWNER_PREFIX + asset_id},
                ":now": {"N": str(self._now)},
                ":visibility": {"S": visibility},
            },
        )
        return bool(found["Items"])

    def expired(self) -> Iterator[tuple[str, str]]:
        """The asset ids and names of leases that someone has died with. One query, more where they are many."""
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": _INDEX,
            "KeyConditionExpression": "in_flight = :in_flight AND check_at <= :now",
            "ExpressionAttributeValues": {":in_flight": {"S": _IN_FLIGHT}, ":now": {"N": str(self._now)}},
            "Limit": _DUE_AT_ONCE,
        }
        for item in self.dynamodb.query(**query)["Items"]:
            yield item["owner"]["S"].removeprefix(_OWNER_PREFIX), item["sk"]["S"]

    def sweep(self, asset_id: str, name: str) -> None:
        """Take an expired lease out of the index; its attempt still counts. One call."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + asset_id, name),
                UpdateExpression="REMOVE in_flight, check_at",
                ConditionExpression="check_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(self._now)}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it was claimed again, or has ended

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())


def _held(lease: Lease) -> dict[str, Any]:
    return {
        "ConditionExpression": "#token = :token",
        "ExpressionAttributeNames": {"#token": "token"},
        "ExpressionAttributeValues": {":token": {"S": lease.token}},
    }
