"""S3 events as the queue delivers them: twice, out of order, beside poison messages, of objects that are gone."""

import itertools
from typing import TYPE_CHECKING

import pytest

from asset_api.publishing.incoming_bucket import IncomingBucket
from tests import media
from tests.functions import triggers
from tests.functions.gateway import Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

POISON = ["", "null", "[]", "{}", '{"detail": {}}', '{"detail": {"object": {"key": 1}}}', "\x00"]


@pytest.fixture
def posted(alice: Caller, s3: "S3Client") -> list[str]:
    """Three uploads, in order."""
    forms = [alice.ask_for_form(filename="image.png").json() for _ in range(3)]
    for form in forms:
        triggers.post(s3, form["upload"], media.png())
    return [form["asset_id"] for form in forms]


@pytest.mark.parametrize("body", POISON)
def test_only_an_unreadable_message_is_redelivered(body: str, posted: list[str], dynamodb: "DynamoDBClient") -> None:
    good = [triggers.message(f"uploads/{asset_id}", asset_id) for asset_id in posted]
    poison = triggers.message("", "poison") | {"body": body}
    assert triggers.deliver(good[0], poison, *good[1:]) == ["poison"]
    assert sorted(triggers.listed(dynamodb)) == sorted(posted)


def test_duplicate_and_reordered_events_make_each_asset_once(
    posted: list[str], s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    for order in itertools.permutations(posted):
        assert triggers.deliver(*(triggers.message(f"uploads/{asset_id}") for asset_id in [*order, order[0]])) == []
        assert sorted(triggers.listed(dynamodb)) == sorted(triggers.public(s3)) == sorted(posted)


def test_the_event_of_a_missing_object_does_not_block_others(
    posted: list[str], s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    IncomingBucket(s3, "incoming").remove(posted[1])
    assert triggers.deliver(*(triggers.message(f"uploads/{asset_id}") for asset_id in posted)) == []
    assert sorted(triggers.listed(dynamodb)) == sorted([posted[0], posted[2]])


def test_keys_with_special_characters_are_not_decoded(posted: list[str], dynamodb: "DynamoDBClient") -> None:
    """EventBridge passes keys unchanged: none is decoded into one of ours, and none fails."""
    characters = [chr(code) for code in range(256)] + ["ÿ", "ß", "漢", "😀", "\u202e", "%2F", "%75ploads", "../"]
    keys = [f"uploads/{posted[0]}{character}" for character in characters]
    keys += [f"uploads/{character}{posted[0]}" for character in characters]
    keys += [f"uploads%2F{posted[0]}", f"%75ploads/{posted[0]}", posted[0], "uploads/"]
    assert triggers.deliver(*(triggers.message(key) for key in keys)) == []
    assert triggers.listed(dynamodb) == []
