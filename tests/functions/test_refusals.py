"""Records of refused uploads: one for each version of an upload, and one event for all."""

from typing import TYPE_CHECKING

import pytest

from asset_api.assets.refusals import KEPT_SECONDS, Refusals
from asset_api.composition import publishing
from asset_api.platform import errors
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


@pytest.fixture
def refusals(clock: Clock) -> Refusals:  # noqa: ARG001  attempts end by this clock
    refusals = publishing.publisher().refusals
    assert refusals
    return refusals


def record(refusals: Refusals, version_id: str, refusal: errors.ApiError) -> None:
    refusals.record("alice", ASSET_ID, "a.png", version_id, refusal)


def found(refusals: Refusals, version_id: str) -> str | None:
    error = refusals.find("alice", ASSET_ID, version_id)
    return error.slug if error else None


def test_versions_keep_their_own_refusals_in_any_order(
    refusals: Refusals, dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    calls.resume()
    record(refusals, "2", errors.empty_file())
    record(refusals, "2", errors.checksum_mismatch())
    record(refusals, "1", errors.checksum_mismatch())
    assert calls.made == ["PutItem", "PutItem", "PutItem", "PutItem"]
    calls.resume()
    assert [found(refusals, each) for each in "123"] == ["checksum-mismatch", "empty-file", None]
    assert calls.made == ["BatchGetItem"] * 3
    items = dynamodb.scan(TableName="assets")["Items"]
    assert [item["sk"]["S"] for item in items if item["sk"]["S"].startswith("refusal#")] == [f"refusal#{ASSET_ID}"]
    assert all("expires_at" in item for item in items)


def test_versions_count_their_own_attempts(refusals: Refusals, clock: Clock) -> None:
    refusals.begin_last_attempt("alice", ASSET_ID, "1", seconds=60)
    clock.advance(60)
    refusals.begin_last_attempt("alice", ASSET_ID, "2", seconds=60)
    assert [found(refusals, each) for each in "12"] == ["publication-failed", None]


def test_the_first_check_starts_the_time_limit_of_a_publication(
    refusals: Refusals, clock: Clock, calls: AwsCalls
) -> None:
    def looked() -> str | None:
        error = refusals.find_with_deadline("alice", ASSET_ID, "1", seconds=60)
        return error.slug if error else None

    calls.resume()
    # Another request checks concurrently.
    calls.at(2, "before", looked)
    assert looked() is None
    assert calls.made == ["BatchGetItem", "PutItem"]
    clock.advance(59)
    assert (looked(), found(refusals, "1")) == (None, None)
    clock.advance(1)
    assert (looked(), found(refusals, "1")) == ("publication-failed", "publication-failed")
    # A redriven dead letter gets a new time limit.
    refusals.begin_last_attempt("alice", ASSET_ID, "1", seconds=60)
    assert looked() is None
    record(refusals, "1", errors.empty_file())
    assert looked() == "empty-file"


def test_a_record_of_an_earlier_release_names_no_version(
    refusals: Refusals, dynamodb: "DynamoDBClient", clock: Clock
) -> None:
    expires_at = str(int(clock().timestamp()) + KEPT_SECONDS)
    earlier = {"filename": {"S": "a.png"}, "reason": {"S": "Empty file"}, "expires_at": {"N": expires_at}}
    dynamodb.put_item(TableName="assets", Item={"owner": {"S": "alice"}, "sk": {"S": f"refusal#{ASSET_ID}"}, **earlier})
    assert found(refusals, "1") is None
    record(refusals, "1", errors.empty_file())
    assert found(refusals, "1") == "empty-file"
