"""The table of assets: one partition per owner, newest last, with a tombstone for each deleted asset.

    owner = <sub>   sk = asset#<asset id>       filename, file_type, size_bytes, source,
                                                sha256?, width?, height?, job_id?, model_id?, source_asset_id?,
                                                content_credentials? (absent: none)
    owner = <sub>   sk = tombstone#<asset id>   expires_at (TTL, Unix seconds)

The jobs that generate assets are kept in the same table, so that one transaction reaches both: `jobs`.

IAM: dynamodb:GetItem and Query to read; BatchGetItem, ConditionCheckItem and PutItem to add; DeleteItem and PutItem to
delete.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from asset_api.assets import asset_ids
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from asset_api.media.content_credentials import ContentCredentials

Source = Literal["upload", "generation"]
Item = Mapping[str, "AttributeValueTypeDef"]

SORT_KEY_PREFIX = "asset#"
_TOMBSTONE = "tombstone#"
_ABSENT = "attribute_not_exists(sk)"
# Longer than anything in flight: SQS and the dead-letter queues keep messages for 14 days.
TOMBSTONE_SECONDS = 30 * 24 * 3600


def as_content_credentials(text: str | None) -> "ContentCredentials":
    """The stored value; "none" if nothing was stored."""
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
        """The time its id was minted, so that lists are ordered by it."""
        return asset_ids.issued_at(self.asset_id)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(
            owner=item["owner"]["S"],
            asset_id=item["sk"]["S"].removeprefix(SORT_KEY_PREFIX),
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
            "sk": SORT_KEY_PREFIX + self.asset_id,
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


class UnlistableError(Exception):
    """The asset is not listed, and never will be: public bytes under its id have to be removed."""


class DeletedError(UnlistableError):
    """The asset has a tombstone: it never comes back. `deleted_at` is aware, UTC, to the second."""

    def __init__(self, asset_id: str, deleted_at: datetime) -> None:
        super().__init__(asset_id)
        self.deleted_at = deleted_at


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
        answer = self.dynamodb.get_item(
            TableName=self.table, Key=_key(owner, SORT_KEY_PREFIX + asset_id), ConsistentRead=True
        )
        return Asset.from_item(answer["Item"]) if "Item" in answer else None

    def find(self, owner: str, asset_id: str) -> Asset | None:
        """The asset, or None if it is not published yet. Raises DeletedError for a tombstone. One call."""
        keys = [_key(owner, prefix + asset_id) for prefix in (SORT_KEY_PREFIX, _TOMBSTONE)]
        answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if answer["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        items = answer["Responses"].get(self.table, [])
        for item in items:
            if item["sk"]["S"].startswith(_TOMBSTONE):
                raise DeletedError(asset_id, _deleted_at(item))
        return Asset.from_item(items[0]) if items else None

    def add(self, asset: Asset, together_with: "Sequence[TransactWriteItemTypeDef]" = ()) -> Asset:
        """Insert if absent; return the stored asset.

        One transaction with the writes `together_with`. Raises DeletedError if the asset was deleted, and
        UnlistableError if the condition of one of those writes failed and the asset is not listed.
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
            raise UnlistableError(asset.asset_id)
        if transactions.is_refused(reasons, 1):
            return Asset.from_item(reasons[1]["Item"])
        if reasons:
            # A transaction need not report every failed condition.
            listed = self.find(asset.owner, asset.asset_id)
            if listed is None:
                raise UnlistableError(asset.asset_id)
            return listed
        return asset

    def delete(self, owner: str, asset_id: str) -> bool:
        """Replace the asset by its tombstone, in one transaction. False if there is no such asset."""
        if not asset_ids.is_asset_id(asset_id):
            return False
        reasons = transactions.write(
            self.dynamodb,
            [
                {
                    "Delete": {
                        "TableName": self.table,
                        "Key": _key(owner, SORT_KEY_PREFIX + asset_id),
                        "ConditionExpression": "attribute_exists(sk)",
                    }
                },
                {"Put": {"TableName": self.table, "Item": self._tombstone(owner, asset_id)}},
            ],
            sleep=self.sleep,
        )
        return not transactions.is_refused(reasons, 0)

    def bury(self, owner: str, asset_id: str) -> bool:
        """Write the tombstone of an asset that need not be listed, in one transaction. False where it has one."""
        reasons = transactions.write(
            self.dynamodb,
            [
                # It may be listed at this very moment.
                {"Delete": {"TableName": self.table, "Key": _key(owner, SORT_KEY_PREFIX + asset_id)}},
                {
                    "Put": {
                        "TableName": self.table,
                        "Item": self._tombstone(owner, asset_id),
                        "ConditionExpression": _ABSENT,
                    }
                },
            ],
            sleep=self.sleep,
        )
        return not transactions.is_refused(reasons, 1)

    def _tombstone(self, owner: str, asset_id: str) -> "dict[str, AttributeValueTypeDef]":
        expires_at = int(self.clock().timestamp()) + TOMBSTONE_SECONDS
        return {**_key(owner, _TOMBSTONE + asset_id), "expires_at": {"N": str(expires_at)}}


def _deleted_at(tombstone: Item) -> datetime:
    return datetime.fromtimestamp(int(tombstone["expires_at"]["N"]) - TOMBSTONE_SECONDS, UTC)


def tombstone_asset_id(sort_key: str) -> str:
    """The asset id of a tombstone's sort key."""
    return sort_key.removeprefix(_TOMBSTONE)


def _key(owner: str, sort_key: str) -> "dict[str, AttributeValueTypeDef]":
    return {"owner": {"S": owner}, "sk": {"S": sort_key}}
