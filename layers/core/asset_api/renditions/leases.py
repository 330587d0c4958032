"""Leases: the first request for a rendition makes it, and the others wait.

    owner = rendition#<asset id>   sk = <name>
        token, attempts, visibility (of the original), expires_at (TTL), outcome? ("made" or "refused"), reason?
    and while it is being made, for the index InFlight:
        in_flight = "rendition", check_at: after this time, the maker has crashed

    owner = rendition#<asset id>   sk = change#<asset id>   applied, expires_at (TTL)
        asks `purge`, which reads the table's stream, to invalidate CloudFront's copies of the asset's renditions

They are in the assets table because of its index, but belong to no owner: a public read has no token. Even if an owner
has such a name, its items do not collide: their sort keys begin differently, or contain the ids of the owner's assets.

A lease is kept for an hour after the rendition was made, so that a request that just missed the rendition does not make
it again, and a file that cannot be decoded is not tried on each request. A decoder that crashes or hangs ends its
invocation and leaves the lease unfinished; this counts as one of two attempts an hour.

IAM: dynamodb:UpdateItem and DeleteItem; for `are_held`, Query; for `expired`, Query of the index.
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

    Values = dict[str, AttributeValueTypeDef]

# Longer than the timeout of the functions that make renditions (`Timeout` in template.yaml).
LEASE_SECONDS = 35
MAX_ATTEMPTS = 2
KEPT_SECONDS = 3600
_INDEX = "InFlight"
_IN_FLIGHT = "rendition"
_OWNER_PREFIX = "rendition#"
_DUE_AT_ONCE = 100
# The prefix from `publishing.changing`, whose import would make cold starts slower.
_CHANGE_PREFIX = "change#"
_CRASHED = "decoding the file takes too much time or memory"


class Lease(NamedTuple):
    """The right to make a rendition, until it expires."""

    asset_id: str
    name: str
    token: str


class AlreadyMade(NamedTuple):
    """The rendition was made, under the lease with this token."""

    token: str


class Unrenderable(NamedTuple):
    """The rendition cannot be made, for this reason."""

    reason: str


class BeingMade(NamedTuple):
    """Another request is making the rendition."""


@dataclass(frozen=True, slots=True)
class Leases:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def claim(
        self, asset_id: str, name: str, visibility: "Visibility" = "public", *, instead_of: AlreadyMade | None = None
    ) -> Lease | AlreadyMade | Unrenderable | BeingMade:
        """Claim the lease, or return what prevents it. `instead_of` had a rendition that is gone. One call."""
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
                    ":most": {"N": str(MAX_ATTEMPTS)},
                    ":now": {"N": str(now)},
                    # No lease has the token "none".
                    ":gone": {"S": instead_of.token if instead_of else "none"},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            return self._state(aws.refused_item(error))
        return lease

    def _state(self, item: "Mapping[str, AttributeValueTypeDef]") -> AlreadyMade | Unrenderable | BeingMade:
        match item.get("outcome", {}).get("S"):
            case "made":
                return AlreadyMade(item["token"]["S"])
            case "refused":
                return Unrenderable(item["reason"]["S"])
        is_alive = "check_at" in item and int(item["check_at"]["N"]) > self._now
        return BeingMade() if is_alive else Unrenderable(_CRASHED)

    def finish(self, lease: Lease) -> None:
        """Record that the rendition was stored. One call."""
        self._end(lease, {"outcome": "made"})

    def refuse(self, lease: Lease, reason: str) -> None:
        """Record why the rendition cannot be made. One call."""
        self._end(lease, {"outcome": "refused", "reason": reason})

    def release(self, lease: Lease) -> None:
        """Delete the lease, so that others can try at once. One call."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + lease.asset_id, lease.name),
                **_held(lease),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it expired, and another request took it

    def abandon(self, lease: Lease) -> None:
        """Let the lease expire now, so that another request or `abandoned` takes over. One call.

        The attempt does not count.
        """
        values: Values = {":now": {"N": str(self._now)}, ":uncounted": {"N": "-1"}}
        self._update(lease, "SET check_at = :now ADD attempts :uncounted", values)

    def _end(self, lease: Lease, outcome: "Mapping[str, str]") -> None:
        values: Values = {f":{name}": {"S": text} for name, text in outcome.items()}
        expression = f"SET {', '.join(f'{name} = :{name}' for name in outcome)} REMOVE in_flight, check_at"
        self._update(lease, expression, values)

    def _update(self, lease: Lease, expression: str, values: "Values") -> None:
        held = _held(lease)
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key(_OWNER_PREFIX + lease.asset_id, lease.name),
                UpdateExpression=expression,
                **{**held, "ExpressionAttributeValues": {**held["ExpressionAttributeValues"], **values}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it expired, and another request took it

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
        """Yield the asset ids and rendition names of leases whose maker has crashed. One query."""
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": _INDEX,
            "KeyConditionExpression": "in_flight = :in_flight AND check_at <= :now",
            "ExpressionAttributeValues": {":in_flight": {"S": _IN_FLIGHT}, ":now": {"N": str(self._now)}},
            "Limit": _DUE_AT_ONCE,
        }
        for item in self.dynamodb.query(**query)["Items"]:
            yield item["owner"]["S"].removeprefix(_OWNER_PREFIX), item["sk"]["S"]

    def remove_from_index(self, asset_id: str, name: str) -> None:
        """Remove an expired lease from the index; its attempt still counts. One call."""
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

    def request_invalidation(self, asset_id: str) -> None:
        """Let `purge` invalidate CloudFront's copies of renditions that were stored after their original was removed.

        Its own invalidation may have come before. Repeated after a crash, this requests another. One call.
        """
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key(_OWNER_PREFIX + asset_id, _CHANGE_PREFIX + asset_id),
            UpdateExpression="SET applied = :applied, expires_at = :expires_at",
            # A new value each time, because the stream omits writes that change nothing.
            ExpressionAttributeValues={
                ":applied": {"S": secrets.token_hex(8)},
                ":expires_at": {"N": str(self._now + KEPT_SECONDS)},
            },
        )

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())


def _held(lease: Lease) -> dict[str, Any]:
    return {
        "ConditionExpression": "#token = :token",
        "ExpressionAttributeNames": {"#token": "token"},
        "ExpressionAttributeValues": {":token": {"S": lease.token}},
    }
