"""The erasure of an owner with many assets, over several invocations, on a clock that AWS calls advance.

With `ERASED_ASSETS=10000 ERASING_SECONDS=600` it measures the figures for large owners in docs/scale.md.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from asset_api.assets import asset_ids, usage
from asset_api.assets.asset import Asset
from asset_api.jobs.ingest_queue import IngestQueue
from asset_api.platform import settings
from functions.ingest import app as ingest
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls
from tests.functions.erasures.conftest import Eraser
from tests.functions.gateway import Caller, Context

ASSETS = int(os.environ.get("ERASED_ASSETS", "120"))
# Time of an invocation: with few assets, too little to delete all of them.
SECONDS = float(os.environ.get("ERASING_SECONDS", "61.5"))
CALL_SECONDS = {"TransactWriteItems": 0.1, "DeleteObjects": 0.3}
ANY_CALL_SECONDS = 0.05


class SlowContext(Context):
    """An invocation whose time passes with its AWS calls."""

    def __init__(self, calls: AwsCalls) -> None:
        self.calls, self.begun = calls, len(calls.made)

    def get_remaining_time_in_millis(self) -> int:
        taken = sum(CALL_SECONDS.get(name, ANY_CALL_SECONDS) for name in self.calls.made[self.begun :])
        return int((SECONDS - taken) * 1000)


def own_assets(eraser: Eraser, count: int) -> list[str]:
    """Store the items and bytes of `count` assets of alice."""
    salt, now = settings.current().asset_id_salt, eraser.stack.clock()
    ids = [asset_ids.mint("alice", salt=salt, now=now - timedelta(seconds=number + 1)) for number in range(count)]
    for asset_id in ids:
        asset = Asset("alice", asset_id, "a.png", "image/png", 1, "0" * 64, 1, 1)
        eraser.stack.dynamodb.put_item(TableName="assets", Item=asset.to_item() | {usage.COUNTED: {"BOOL": True}})
        eraser.stack.s3.put_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}", Body=b"a")
    eraser.stack.dynamodb.update_item(
        TableName="assets",
        Key={"owner": {"S": "alice"}, "sk": {"S": usage.SORT_KEY}},
        UpdateExpression="SET #assets = :count, #bytes = :count",
        ExpressionAttributeNames={"#assets": "assets", "#bytes": "bytes"},
        ExpressionAttributeValues={":count": {"N": str(count)}},
    )
    return ids


def test_a_large_erasure_continues_over_several_invocations(
    eraser: Eraser, alice: Caller, calls: AwsCalls, record_testsuite_property: Callable[[str, object], None]
) -> None:
    ids = own_assets(eraser, ASSETS)
    job_id = eraser.begin(alice)
    calls.resume()
    left: list[int] = []
    while bodies := received(eraser):
        for body in bodies:
            record = triggers.sample("ingest")["Records"][0] | {"body": body}
            assert ingest.handler({"Records": [record]}, SlowContext(calls))["batchItemFailures"] == []
            left.append(len(triggers.public(eraser.stack.s3)))
        eraser.stack.clock.advance(31)
    job = alice.job(job_id).json()
    assert (job["status"], job["deleted_assets"]) == ("completed", ASSETS)
    assert alice.list().json()["assets"] == []
    assert eraser.stack.public() == []
    assert sorted(triggers.tombstones(eraser.stack.dynamodb)) == sorted(ids)
    assert left[0] > 0 or SECONDS > 62
    per_hundred = {name: round(100 * count / ASSETS, 2) for name, count in Counter(calls.made).items()}
    record_testsuite_property("erased, calls per hundred assets", {"invocations": len(left), **per_hundred})
    writes = ("BatchGetItem", "TransactWriteItems", "DeleteObjects")
    assert sum(per_hundred[name] for name in writes) <= 7


def received(eraser: Eraser) -> list[str]:
    """Receive all messages of the queue; return their bodies."""
    sqs, url = eraser.stack.sqs, eraser.stack.queue_url
    messages = sqs.receive_message(QueueUrl=url).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


@pytest.fixture(autouse=True)
def _undelayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delay no message, because the queue does not use the test's clock."""
    send = IngestQueue.send
    monkeypatch.setattr(IngestQueue, "send", lambda queue, ready, delay_seconds=0: send(queue, ready))  # noqa: ARG005
