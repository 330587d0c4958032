"""The table of assets on DynamoDB responses that moto never gives: conflicts, throttling, incomplete batches."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from asset_api.assets import asset_ids, tombstones
from asset_api.assets.asset import Asset
from asset_api.assets.catalog import Catalog, DeletedError, OverQuotaError, UnlistableError
from asset_api.platform.errors import ApiError

NOW = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)
ASSET_ID = asset_ids.mint("alice", salt="s", now=NOW)
ASSET = Asset("alice", ASSET_ID, "a.png", "image/png", 5)


class TransactionCanceledError(Exception):
    def __init__(self, *reasons: Any) -> None:
        super().__init__()
        self.response = {"CancellationReasons": reasons}


NONE_LEFT: dict[str, Any] = {"UnprocessedKeys": {}}


def found(*assets: Asset) -> dict[str, Any]:
    return {"Responses": {"assets": [asset.to_item() for asset in assets]}, **NONE_LEFT}


def canceled(*codes: str, item: Any = None) -> TransactionCanceledError:
    return TransactionCanceledError(*({"Code": code} | ({"Item": item} if item else {}) for code in codes))


@dataclass
class Dynamodb:
    """Return the given responses in order, or raise those that are exceptions."""

    responses: list[Any]
    requests: list[dict[str, Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    exceptions = SimpleNamespace(TransactionCanceledException=TransactionCanceledError)

    def _respond(self, **parameters: Any) -> Any:
        self.requests.append(parameters)
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    transact_write_items = batch_get_item = get_item = _respond

    def catalog(self) -> Catalog:
        return Catalog(cast(Any, self), "assets", lambda: NOW, self.slept.append)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_conflict_is_retried_after_a_pause(code: str) -> None:
    dynamodb = Dynamodb([canceled("None", code), canceled(code, "None"), {}])
    assert dynamodb.catalog().add(ASSET) == ASSET
    assert len(dynamodb.slept) == 2


def test_a_persistent_conflict_is_a_503() -> None:
    dynamodb = Dynamodb([found(ASSET), *[canceled("TransactionConflict", "None")] * 6])
    with pytest.raises(ApiError, match="The table of assets is temporarily unavailable"):
        dynamodb.catalog().delete("alice", ASSET_ID)
    assert sum(dynamodb.slept) < 28


def test_an_invalid_transaction_is_not_retried() -> None:
    dynamodb = Dynamodb([canceled("ValidationError", "None")])
    with pytest.raises(TransactionCanceledError):
        dynamodb.catalog().add(ASSET)


def test_adding_a_listed_asset_changes_nothing() -> None:
    listed = Asset("alice", ASSET_ID, "first.png", "image/png", 7)
    dynamodb = Dynamodb([canceled("None", "ConditionalCheckFailed", item=listed.to_item())])
    assert dynamodb.catalog().add(ASSET) == listed


def test_adding_a_deleted_asset_is_refused_even_beside_a_conflict() -> None:
    tombstone = tombstones.item("alice", ASSET_ID, "expiry", NOW)
    dynamodb = Dynamodb(
        [canceled("ConditionalCheckFailed", "TransactionConflict"), {"Responses": {"assets": [tombstone]}, **NONE_LEFT}]
    )
    with pytest.raises(DeletedError) as deleted:
        dynamodb.catalog().add(ASSET)
    assert (deleted.value.deleted_at, deleted.value.cause) == (NOW, "expiry")


def test_adding_an_asset_from_before_an_erasure_is_refused() -> None:
    usage = {"erased_before": {"N": str(asset_ids.issued_at_ms(ASSET_ID))}}
    refused = canceled("None", "None", "ConditionalCheckFailed", item=usage)
    with pytest.raises(UnlistableError):
        Dynamodb([refused, found()]).catalog().add(ASSET)


def test_adding_more_than_the_quota_is_refused() -> None:
    refused = canceled("None", "None", "ConditionalCheckFailed", item={"assets": {"N": "1"}, "bytes": {"N": "5"}})
    with pytest.raises(OverQuotaError):
        Dynamodb([refused, found()]).catalog().add(ASSET)


def test_a_change_that_lost_a_race_starts_over() -> None:
    other = ASSET._replace(tags=("theirs",))
    dynamodb = Dynamodb([{"Item": ASSET.to_item()}, canceled("ConditionalCheckFailed"), {"Item": other.to_item()}, {}])
    changed = dynamodb.catalog().change("alice", ASSET_ID, lambda asset: asset._replace(filename="b.png"))
    assert changed == other._replace(filename="b.png")


def test_a_delete_that_lost_a_race_to_a_change_starts_over() -> None:
    tagged = ASSET._replace(tags=("a", "b"))
    dynamodb = Dynamodb([found(ASSET), canceled("ConditionalCheckFailed"), found(tagged), {}])
    assert dynamodb.catalog().delete("alice", ASSET_ID)
    deleted = [
        write["Delete"]["Key"]["sk"]["S"] for write in dynamodb.requests[3]["TransactItems"] if "Delete" in write
    ]
    assert deleted == [f"asset#{ASSET_ID}", f"tag#a#asset#{ASSET_ID}", f"tag#b#asset#{ASSET_ID}"]


def test_bulk_deletes_stay_within_dynamodbs_transaction_limit() -> None:
    many = [ASSET._replace(asset_id=asset_ids.mint("alice", salt="s", now=NOW), tags=tuple("abcdefghij"))] * 100
    dynamodb = Dynamodb([found(*many), *[{}] * 13])
    assert len(list(dynamodb.catalog().delete_many("alice", [ASSET_ID]))) == 100
    assert [len(request["TransactItems"]) for request in dynamodb.requests[1:]] == [8 * 12] * 12 + [4 * 12]


def test_deleting_a_missing_asset_returns_false() -> None:
    assert not Dynamodb([found()]).catalog().delete("alice", ASSET_ID)


def test_deleting_a_concurrently_deleted_asset_returns_false() -> None:
    assert not Dynamodb([found(ASSET), canceled("ConditionalCheckFailed"), found()]).catalog().delete("alice", ASSET_ID)


def test_an_unfinished_batch_read_is_a_503() -> None:
    unfinished = {"Responses": {"assets": []}, "UnprocessedKeys": {"assets": {}}}
    with pytest.raises(ApiError) as refusal:
        Dynamodb([unfinished]).catalog().find("alice", ASSET_ID)
    assert refusal.value.status == 503


@pytest.mark.parametrize("asset_id", ["", "none", "x" * 3000])
def test_a_malformed_id_makes_no_call(asset_id: str) -> None:
    catalog = Dynamodb([]).catalog()
    assert catalog.get("alice", asset_id) is None
    assert not catalog.delete("alice", asset_id)
