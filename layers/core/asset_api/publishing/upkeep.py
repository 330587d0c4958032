"""Upkeep of assets every minute: delete expired ones, finish changes whose process crashed, and take last looks.

`tombstones` explains last looks. All due items are in partitions of the sparse index InFlight, so a run costs in
proportion to their number.

IAM: dynamodb:Query on the index; the actions of deleting from the catalog and of finishing a change; for last looks
dynamodb:UpdateItem.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.assets import tombstones
from asset_api.assets.asset import EXPIRY_SHARDS, asset_id_of
from asset_api.platform import remaining_time
from asset_api.platform.errors import ApiError
from asset_api.publishing import changing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from asset_api.assets.catalog import Catalog
    from asset_api.publishing.changing import Changer

INDEX = "InFlight"
_AT_ONCE = 100
# Enough for a hundred deletes, or for one copy of a large file.
_STEP_SECONDS = 20

logger = Logger()


class DueAsset(NamedTuple):
    owner: str
    asset_id: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    dynamodb: "DynamoDBClient"
    table: str
    catalog: "Catalog"
    changer: "Changer"
    clock: Callable[[], datetime]

    def run(self) -> tuple[int, int]:
        """Delete expired assets, then finish changes, as far as time allows; return how many of each.

        The next run continues. Through their tombstones, `purge` removes the bytes, as after any delete.
        """
        expired = sum(self._attempt(self._end, group) for group in self._by_owner(EXPIRY_SHARDS))
        finished = sum(self._attempt(self._finish, [due]) for due in self._due(changing.SHARDS))
        return expired, finished

    def take_last_looks(self) -> int:
        """Take the last look at deleted assets; return how many still had something stored.

        Two calls for each.
        """
        return sum(self._attempt(self._take_last_look, [due]) for due in self._due(tombstones.SHARDS))

    def _attempt(self, step: Callable[[Sequence[DueAsset]], int], due: Sequence[DueAsset]) -> int:
        """Run one step. A failure must not keep the others from running; the next run tries again."""
        if not remaining_time.allows(_STEP_SECONDS):
            return 0
        try:
            return step(due)
        except (ApiError, BotoCoreError, ClientError):
            logger.exception("upkeep failed", extra={"asset_ids": [each.asset_id for each in due]})
            return 0

    def _end(self, due: Sequence[DueAsset]) -> int:
        ended = list(self.catalog.delete_many(due[0].owner, [each.asset_id for each in due], "expiry"))
        return len(ended)

    def _finish(self, due: Sequence[DueAsset]) -> int:
        for each in due:
            self.changer.finish(each.owner, each.asset_id)
        return len(due)

    def _take_last_look(self, due: Sequence[DueAsset]) -> int:
        removed = 0
        for owner, asset_id in due:
            if self.changer.take_last_look(owner, asset_id):
                logger.warning("bytes stored after their asset was purged", extra={"asset_id": asset_id})
                removed += 1
            tombstones.remove_from_index(self.dynamodb, self.table, owner, asset_id)
        return removed

    def _by_owner(self, shards: Sequence[str]) -> Iterator[Sequence[DueAsset]]:
        """Yield up to a hundred items of one owner at a time, which share a read and transactions."""
        due = self._due(shards)
        while batch := list(itertools.islice(due, _AT_ONCE)):
            for _, group in itertools.groupby(sorted(batch), key=lambda each: each.owner):
                yield list(group)

    def _due(self, shards: Sequence[str]) -> Iterator[DueAsset]:
        now = int(self.clock().timestamp())
        # Each minute starts at another shard, so that none starves if a run cannot do everything.
        first = now // 60 % len(shards)
        for name in (*shards[first:], *shards[:first]):
            start: dict[str, object] = {}
            while True:
                found = self.dynamodb.query(
                    TableName=self.table,
                    IndexName=INDEX,
                    KeyConditionExpression="in_flight = :shard AND check_at <= :now",
                    ExpressionAttributeValues={":shard": {"S": name}, ":now": {"N": str(now)}},
                    Limit=_AT_ONCE,
                    **start,  # type: ignore[arg-type]  # a start key, or nothing
                )
                for item in found["Items"]:
                    if not remaining_time.allows(_STEP_SECONDS):
                        late = now - int(item["check_at"]["N"])
                        logger.warning("out of time for upkeep", extra={"shard": name, "overdue_seconds": late})
                        return
                    yield DueAsset(item["owner"]["S"], asset_id_of(item["sk"]["S"]))
                if "LastEvaluatedKey" not in found:
                    break
                start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}
