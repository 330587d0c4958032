"""`make backfill`: assets of earlier releases are counted, and get missing attributes."""

import json
from typing import TYPE_CHECKING, Any, cast

from functions.renditions import app as renditions
from tests import media
from tests.functions.gateway import Caller, Context
from tools.deploy.backfill import Backfill

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class Functions:
    """Lambda with the function for images, whose asynchronous invocations finish at once."""

    def __init__(self) -> None:
        self.invoked: list[str] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803  AWS's names
        assert InvocationType == "Event"
        self.invoked.append(FunctionName)
        renditions.handler(json.loads(Payload), Context())


def _forget(dynamodb: "DynamoDBClient", asset_id: str) -> None:
    """Make an asset's item one of an earlier release, before usage was kept."""
    dynamodb.update_item(
        TableName="assets",
        Key={"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}},
        UpdateExpression="REMOVE counted",
    )
    dynamodb.delete_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": "usage"}})


def test_older_assets_are_counted_and_get_a_thumbhash(alice: Caller, dynamodb: "DynamoDBClient") -> None:
    asset_ids = [alice.upload("image.png", media.png()).json()["asset_id"] for _ in range(3)]
    video = alice.upload("clip.mp4", media.mp4()).json()["asset_id"]
    before = alice.request("GET", "/api/v2/usage").json()
    for asset_id in (*asset_ids, video):
        _forget(dynamodb, asset_id)
    assert alice.request("GET", "/api/v2/usage").json()["assets"] == 0
    functions = Functions()
    pauses: list[float] = []
    backfill = Backfill(dynamodb, cast(Any, functions), "assets", {"image": "renditions", "video": ""}, pauses.append)
    assert backfill.run() == (4, 3)
    assert alice.request("GET", "/api/v2/usage").json() == before
    assert all(alice.metadata(asset_id).json()["thumbhash"] for asset_id in asset_ids)
    assert alice.metadata(video).json()["thumbhash"] is None
    assert (functions.invoked, len(pauses)) == (["renditions"] * 3, 3)
    assert backfill.run() == (0, 0)
