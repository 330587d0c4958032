"""A deployment's background activity, driven by tests: webhooks, queue deliveries, passing minutes."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asset_api.assets import asset_ids
from asset_api.jobs.job import Job
from asset_api.platform import settings
from functions.ingest import app as ingest
from functions.reconcile import app as reconcile
from tests.fake_replicate import FakeReplicate
from tests.functions import triggers
from tests.functions.aws_account import is_anything_due
from tests.functions.clock import Clock
from tests.functions.gateway import Caller, Context, Response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a-secret-for-tests").decode()
MODEL = "minimax/video-01"


@dataclass(frozen=True)
class Stack:
    provider: FakeReplicate
    clock: Clock
    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    sqs: "SQSClient"
    queue_url: str

    def send_webhook(self, number: int = -1, headers: Mapping[str, str] | None = None) -> Response:
        """Deliver the provider's signed webhook of a prediction's current state, with other `headers` if given."""
        prediction = list(self.provider.predictions.values())[number]
        url = urlsplit(prediction["webhook"])
        body = json.dumps(prediction).encode()
        sent = {**signed(body, int(self.clock().timestamp())), **(headers or {})}
        return Caller(None).request("POST", f"{url.path}?{url.query}", body=body, headers=sent)

    def deliver(self) -> list[str]:
        """Let the ingest function process every message; return the ids of those that it returns to the queue."""
        failed = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                failed += self.ingest(message["Body"])
        return failed

    @staticmethod
    def ingest(body: str) -> list[str]:
        """Let the ingest function process one message."""
        return ingest_message(body)

    def queued(self) -> int:
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    def minute(self, count: int = 1, *, step: int = 1) -> None:
        """Let `count` minutes pass, and run `reconcile` after every `step` of them if anything is due."""
        for _ in range(0, count, step):
            self.clock.advance(60 * step)
            if is_anything_due(self.clock()):
                reconcile.handler({}, _LongContext())
            self.deliver()

    def items(self, prefix: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [dict(item) for item in self.dynamodb.scan(TableName="assets")["Items"]]
        return [item for item in items if item["sk"]["S"].startswith(prefix)]

    def public(self) -> list[str]:
        return self._keys("assets", "api/v2/assets/")

    def arrived(self) -> list[str]:
        """List the ids of the uploads in the incoming bucket, one for each version."""
        return [asset_id for asset_id, _ in triggers.arrived(self.s3)]

    def copied(self) -> list[str]:
        """List the objects in the incoming bucket that are not uploads, one for each version."""
        return [asset_id for asset_id, _ in triggers.arrived(self.s3, "generated/")]

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [entry["Key"].removeprefix(prefix) for entry in found]


class _LongContext(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def ingest_message(body: str) -> list[str]:
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "a-handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:ingest",
        "awsRegion": "us-east-1",
    }
    response = ingest.handler({"Records": [record]}, Context())
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def old_job(owner: str, number: int, *, input: dict[str, Any]) -> Job:  # noqa: A002  the field's name
    """Return a job, requested `number` seconds after the start of 2025, that is due."""
    requested_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    salt = settings.current().asset_id_salt
    return Job(
        owner=owner,
        job_id=asset_ids.mint(owner, salt=salt, now=requested_at),
        model_id=MODEL,
        prompt="a",
        input=input,
        asset_id=asset_ids.mint(owner, salt=salt, now=requested_at),
        webhook="https://example.com",
        deadline=1,
        check_at=1,
    )


def signed(body: bytes, timestamp: int, *, message_id: str = "msg_1", secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """Return the headers of a signed webhook."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
