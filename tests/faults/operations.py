"""Passing time and the operator's work: jobs become due, dead letters are redriven as in docs/operations.md."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from asset_api.generation import prediction_steps
from local.stack import NAME
from tests.e2e.emulated_aws import client, items, physical_id
from tests.e2e.local_stack import LocalStack

# Source and dead-letter queue. The table's stream has the third.
QUEUES = {"PublishQueue": "PublishDeadLetters", "IngestQueue": "IngestDeadLetters"}
REDELIVERED_AFTER_SECONDS = 3
GIVEN_UP_AFTER_ATTEMPTS = 4
UNSENT_AFTER_SECONDS = 20


def redeliver_soon(stack: LocalStack) -> None:
    """Shorten the queues' visibility timeouts to seconds."""
    for queue in QUEUES:
        client(stack, "sqs").set_queue_attributes(
            QueueUrl=physical_id(stack, queue), Attributes={"VisibilityTimeout": str(REDELIVERED_AFTER_SECONDS)}
        )


@contextlib.contextmanager
def given_up_soon(stack: LocalStack, queue: str) -> Iterator[None]:
    """Make messages of a queue dead letters after GIVEN_UP_AFTER_ATTEMPTS within the block, not after a minute."""
    sqs, url = client(stack, "sqs"), physical_id(stack, queue)
    whole = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    less = json.dumps({**json.loads(whole), "maxReceiveCount": GIVEN_UP_AFTER_ATTEMPTS})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": less})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": whole})


def waiting(stack: LocalStack, logical_id: str) -> int:
    """Count the messages of a queue, visible or not."""
    counted = client(stack, "sqs").get_queue_attributes(
        QueueUrl=physical_id(stack, logical_id), AttributeNames=["All"]
    )["Attributes"]
    return int(counted["ApproximateNumberOfMessages"]) + int(counted["ApproximateNumberOfMessagesNotVisible"])


def redrive(stack: LocalStack) -> dict[str, int]:
    """Redrive the dead letters, and return their number by queue."""
    tried = {queue: _move(stack, dead_letters, queue) for queue, dead_letters in QUEUES.items()}
    dead_tombstones = _drain(stack, "PurgeDeadLetters")
    if dead_tombstones:
        purge_again(stack)
    return {**tried, "PurgeDeadLetters": len(dead_tombstones)}


def purge_again(stack: LocalStack) -> None:
    """Purge every tombstone, because a dead letter of the stream only points to its records."""
    tombstones = [item for item in items(stack) if item["sk"]["S"].startswith("tombstone#")]
    invoke(stack, "purge", {"Records": [{"dynamodb": {"Keys": {"sk": item["sk"]}}} for item in tombstones]})


def let_jobs_fall_due(stack: LocalStack) -> None:
    """Let the time pass after which jobs in flight are checked again and crashed processes' leases expire."""
    dynamodb, table = client(stack, "dynamodb"), physical_id(stack, "AssetsTable")
    for item in items(stack):
        # Skip jobs that have ended since they were read.
        with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.update_item(
                TableName=table,
                Key={"owner": item["owner"], "sk": item["sk"]},
                UpdateExpression="SET check_at = :now REMOVE ingesting_until",
                ConditionExpression="attribute_exists(in_flight)",
                ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
            )
    invoke(stack, "reconcile", {})


def let_assets_expire(stack: LocalStack) -> None:
    """Let every expiring asset expire."""
    dynamodb, table = client(stack, "dynamodb"), physical_id(stack, "AssetsTable")
    for item in items(stack):
        if "expiry" not in item:
            continue
        is_asset = item["sk"]["S"].startswith("asset#")
        with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.update_item(
                TableName=table,
                Key={"owner": item["owner"], "sk": item["sk"]},
                UpdateExpression="SET expiry = :past" + (", check_at = :past" if is_asset else ""),
                ConditionExpression="attribute_exists(expiry)",
                ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
            )


def let_unconfirmed_jobs_expire(stack: LocalStack) -> None:
    """Let the quarter of an hour pass after which a job fails if the provider never confirmed its prediction.

    After UNSENT_AFTER_SECONDS, requests are no longer sent.
    """
    dynamodb, table, now = client(stack, "dynamodb"), physical_id(stack, "AssetsTable"), int(time.time())
    for item in items(stack):
        with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.update_item(
                TableName=table,
                Key={"owner": item["owner"], "sk": item["sk"]},
                UpdateExpression="SET sent_at = :long_ago",
                ConditionExpression="attribute_exists(in_flight) AND attribute_not_exists(prediction_id)"
                " AND creation = :sent AND sent_at < :unsent",
                ExpressionAttributeValues={
                    ":long_ago": {"N": str(now - prediction_steps.UNCONFIRMED_SECONDS)},
                    ":sent": {"S": "sent"},
                    ":unsent": {"N": str(now - UNSENT_AFTER_SECONDS)},
                },
            )


def invoke(stack: LocalStack, function: str, event: dict[str, Any]) -> None:
    response = client(stack, "lambda").invoke(FunctionName=f"{NAME}-{function}", Payload=json.dumps(event).encode())
    assert "FunctionError" not in response, response["Payload"].read()


def _move(stack: LocalStack, dead_letters: str, queue: str) -> int:
    """Move messages as StartMessageMoveTask does, which the emulator lacks."""
    bodies = _drain(stack, dead_letters)
    for body in bodies:
        client(stack, "sqs").send_message(QueueUrl=physical_id(stack, queue), MessageBody=body)
    return len(bodies)


def _drain(stack: LocalStack, logical_id: str) -> list[str]:
    sqs, url = client(stack, "sqs"), physical_id(stack, logical_id)
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies
