"""The table of assets: one partition an owner, newest last, and a tombstone for each that was deleted.

    owner = <sub>   sk = asset#<asset id>       filename, file_type, size_bytes, source,
                                                sha256?, width?, height?, job_id?, model_id?, source_asset_id?,
                                                content_credentials? (absent: none)
    owner = <sub>   sk = tombstone#<asset id>   expires_at (TTL, Unix seconds)

The jobs that generate assets are kept in the same table, so that one transaction reaches both: `jobs`.

IAM: dynamodb:GetItem and Query to read; BatchGetItem, ConditionCheckItem and PutItem to add; DeleteItem and PutItem to
delete.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from asset_api.assets import asset_ids
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from asset_api.media.file_types import Kind
    from asset_api.media.metadata_removal import ContentCredentials

Source = Literal["upload", "generation"]
Item = Mapping[str, "AttributeValueTypeDef"]

_ASSET = "asset#"
_TOMBSTONE = "tombstone#"
_ABSENT = "attribute_not_exists(sk)"
# Longer than anything in flight: SQS and the dead-letter queues keep messages for 14 days.
TOMBSTONE_SECONDS = 30 * 24 * 3600
# A page of a kind looks at so many assets at most. Where the kind is rare it may come back short, with a cursor.
_FILTERED_AT_ONCE = 1000
_QUERIES_A_PAGE = 10


def as_content_credentials(text: str | None) -> "ContentCredentials":
    """Its value where it was stored, "none" where nothing was."""
    match text:
        case "kept" | "removed":
            return text
    return "none"


class Asset(NamedTuple):
    """A published file. `size_bytes` and `sha256` (hex) are those of the published bytes."""

    owner: str
    asset_id: str
    filename: str
    file_type: str
    size_bytes: int
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    source: Source = "upload"
    job_id: str | None = None
    model_id: str | None = None
    source_asset_id: str | None = None
    content_credentials: "ContentCredentials" = "none"

    @property
    def uploaded_at(self) -> datetime:
        """When its id was minted, so that the order of the list is the order of these."""
        return asset_ids.issued_at(self.asset_id)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            owner=item["owner"]["S"],
            asset_id=item["sk"]["S"].removeprefix(_ASSET),
            filename=item["filename"]["S"],
            file_type=item["file_type"]["S"],
            size_bytes=int(item["size_bytes"]["N"]),
            sha256=item["sha256"]["S"] if "sha256" in item else None,
            width=int(item["width"]["N"]) if "width" in item else None,
            height=int(item["height"]["N"]) if "height" in item else None,
            source="generation" if item["source"]["S"] == "generation" else "upload",
            job_id=item["job_id"]["S"] if "job_id" in item else None,
            model_id=item["model_id"]["S"] if "model_id" in item else None,
            source_asset_id=item["source_asset_id"]["S"] if "source_asset_id" in item else None,
            content_credentials=as_content_credentials(item.get("content_credentials", {}).get("S")),
        )

    def to_item(self) -> "dict[str, AttributeValueTypeDef]":
        texts = {
            "owner": self.owner,
            "sk": _ASSET + self.asset_id,
            "filename": self.filename,
            "file_type": self.file_type,
            "source": self.source,
            "sha256": self.sha256,
            "job_id": self.job_id,
            "model_id": self.model_id,
            "source_asset_id": self.source_asset_id,
            "content_credentials": self.content_credentials if self.content_credentials != "none" else None,
        }
        numbers = {"size_bytes": self.size_bytes, "width": self.width, "height": self.height}
        return {
            **{name: {"S": text} for name, text in texts.items() if text is not None},
            **{name: {"N": str(number)} for name, number in numbers.items() if number is not None},
        }


class Page(NamedTuple):
    """Assets, newest first; `last_id` is where the next page starts after, None on the last page."""

    assets: tuple[Asset, ...]
    last_id: str | None


class UnlistableError(Exception):
    """The asset is not listed, and never will be: bytes that are public under its id have to go."""


class DeletedError(UnlistableError):
    """The asset has a tombstone: it never comes back."""


@dataclass(frozen=True, slots=True)
class Catalog:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def get(self, owner: str, asset_id: str) -> Asset | None:
        """The asset, if it is this owner's and not deleted. One strongly consistent read."""
        if not asset_ids.is_asset_id(asset_id):  # DynamoDB refuses keys of more than 1 KB
            return None
        answer = self.dynamodb.get_item(TableName=self.table, Key=_key(owner, _ASSET + asset_id), ConsistentRead=True)
        return Asset.from_item(answer["Item"]) if "Item" in answer else None

    def find(self, owner: str, asset_id: str) -> Asset | None:
        """The asset, or None where it was not published yet. Raises DeletedError for a tombstone. One call."""
        keys = [_key(owner, prefix + asset_id) for prefix in (_ASSET, _TOMBSTONE)]
        answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if answer["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        items = answer["Responses"].get(self.table, [])
        if any(item["sk"]["S"].startswith(_TOMBSTONE) for item in items):
            raise DeletedError(asset_id)
        return Asset.from_item(items[0]) if items else None

    def add(self, asset: Asset, together_with: "Sequence[TransactWriteItemTypeDef]" = ()) -> Asset:
        """List the asset, or leave it as it was listed before: the one that counts.

        In one transaction with the writes `together_with`. Raises DeletedError where it was deleted, and
        UnlistableError where the condition of one of those writes failed and the asset is not listed.
        """
        reasons = transactions.write(
            self.dynamodb,
            [
                {
                    "ConditionCheck": {
                        "TableName": self.table,
                        "Key": _key(asset.owner, _TOMBSTONE + asset.asset_id),
                        "ConditionExpression": _ABSENT,
                    }
                },
                {
                    "Put": {
                        "TableName": self.table,
                        "Item": asset.to_item(),
                        "ConditionExpression": _ABSENT,
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                *together_with,
            ],
            sleep=self.sleep,
        )
        if transactions.is_refused(reasons, 0):
            raise DeletedError(asset.asset_id)
        if transactions.is_refused(reasons, 1):
            return Asset.from_item(reasons[1]["Item"])
        if reasons:
            # A transaction need not say everything that was wrong with it.
            listed = self.find(asset.owner, asset.asset_id)
            if listed is None:
                raise UnlistableError(asset.asset_id)
            return listed
        return asset

    def delete(self, owner: str, asset_id: str) -> bool:
        """Replace the asset by its tombstone, in one transaction. False where there is no such asset."""
        if not asset_ids.is_asset_id(asset_id):
            return False
        expires_at = int(self.clock().timestamp()) + TOMBSTONE_SECONDS
        tombstone: dict[str, AttributeValueTypeDef] = {
            **_key(owner, _TOMBSTONE + asset_id),
            "expires_at": {"N": str(expires_at)},
        }
        reasons = transactions.write(
            self.dynamodb,
            [
                {
                    "Delete": {
                        "TableName": self.table,
                        "Key": _key(owner, _ASSET + asset_id),
                        "ConditionExpression": "attribute_exists(sk)",
                    }
                },
                {"Put": {"TableName": self.table, "Item": tombstone}},
            ],
            sleep=self.sleep,
        )
        return not transactions.is_refused(reasons, 0)

    def page(
        self,
        owner: str,
        *,
        limit: int,
        offset: int = 0,
        after_id: str | None = None,
        kind: "Kind | None" = None,
    ) -> Page:
        """Up to `limit` assets, newest first, after `after_id` or after skipping `offset`; of one kind or all.

        One query; one more where there is an offset, which transfers nothing but a count; up to ten where a kind is
        rare, and with an offset as many more as it takes to look at what is skipped.
        """
        if after_id is None and offset:
            after_id = self._skip(owner, offset, kind)
            if after_id is None:
                return Page((), None)
        found: list[Asset] = []
        answers = self._query(owner, after_id, kind, Limit=_FILTERED_AT_ONCE if kind else limit + 1)
        for answer in itertools.islice(answers, _QUERIES_A_PAGE):
            found.extend(map(Asset.from_item, answer["Items"]))
            if len(found) > limit:
                return Page(tuple(found[:limit]), found[limit - 1].asset_id)
            last_id = _last_id(answer)
        return Page(tuple(found), last_id)

    def _skip(self, owner: str, offset: int, kind: "Kind | None") -> str | None:
        """The id of the `offset`th asset, None where there are not more than that."""
        if kind:
            # A count says how many of a kind are among those looked at, but not where the last of them is.
            answers = self._query(owner, None, kind, Limit=_FILTERED_AT_ONCE, ProjectionExpression="sk")
            items = (item for answer in answers for item in answer["Items"])
            skipped = next(itertools.islice(items, offset - 1, None), None)
            return skipped["sk"]["S"].removeprefix(_ASSET) if skipped else None
        remaining = offset
        after_id = None
        while remaining:
            answer = next(self._query(owner, after_id, None, Limit=remaining, Select="COUNT"))
            remaining -= answer["Count"]
            after_id = _last_id(answer)
            if after_id is None:
                return None
        return after_id

    def _query(self, owner: str, after_id: str | None, kind: "Kind | None", **options: Any) -> "Iterator[Any]":
        values: dict[str, AttributeValueTypeDef] = {":owner": {"S": owner}, ":asset": {"S": _ASSET}}
        if kind:
            options["FilterExpression"] = "begins_with(file_type, :kind)"
            values[":kind"] = {"S": f"{kind}/"}
        if after_id is not None:
            options["ExclusiveStartKey"] = _key(owner, _ASSET + after_id)
        while True:
            answer = self.dynamodb.query(
                TableName=self.table,
                KeyConditionExpression="#owner = :owner AND begins_with(sk, :asset)",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                ConsistentRead=True,
                **options,
            )
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            options["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def tombstone_asset_id(sort_key: str) -> str:
    """The asset id in a tombstone's sort key."""
    return sort_key.removeprefix(_TOMBSTONE)


def _key(owner: str, sort_key: str) -> "dict[str, AttributeValueTypeDef]":
    return {"owner": {"S": owner}, "sk": {"S": sort_key}}


def _last_id(answer: Any) -> str | None:
    last = answer.get("LastEvaluatedKey")
    return last["sk"]["S"].removeprefix(_ASSET) if last else None
