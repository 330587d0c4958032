"""A queue for each webhook receiver, so that none waits for another that is down; and the pauses between attempts.

Between attempts, an event's message is invisible in its receiver's queue. After a day, no more attempts are made: the
message becomes visible at once each time, until SQS moves it to the dead-letter queue.

IAM: sqs:SendMessage to send; sqs:GetQueueUrl and ChangeMessageVisibility to wait.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from asset_api.events import batches
from asset_api.events.changes import Event
from asset_api.events.webhook_requests import NotDeliveredError, WebhookSender

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

RETRIED_SECONDS = 24 * 3600
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 4 * 3600
_JITTER = 0.25

logger = Logger()


@dataclass(frozen=True, slots=True)
class WebhookQueue:
    """A destination of events: the queue of one receiver, numbered from 1."""

    sqs: "SQSClient"
    url: str
    receiver: int

    def send(self, events: Sequence[Event]) -> None:
        """Queue every event, ten per call."""
        payloads = [(event, payload(event)) for event in events]
        for batch in batches.split(payloads, lambda each: each[1]):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {
                    "Id": str(number),
                    "MessageBody": body,
                    "MessageAttributes": {
                        "event_id": {"DataType": "String", "StringValue": event.event_id},
                        "receiver": {"DataType": "Number", "StringValue": str(self.receiver)},
                    },
                }
                for number, (event, body) in enumerate(batch)
            ]
            failed = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed", [])
            if failed:
                # The response is a 200 even if some entries failed.
                code, message = failed[0]["Code"], failed[0].get("Message", "")
                raise ClientError({"Error": {"Code": code, "Message": message}}, "SendMessageBatch")


def payload(event: Event) -> str:
    """Serialize the event: the exact text that is signed and sent."""
    return json.dumps(event.to_json(), ensure_ascii=False, separators=(",", ":"))


class QueuedEvent(NamedTuple):
    """A message of a receiver's queue. `queued_at` is in Unix seconds."""

    event_id: str
    receiver: int
    body: bytes
    queued_at: float
    queue_name: str
    queue_owner: str
    receipt_handle: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Parse a record as Lambda passes it."""
        attributes = record["messageAttributes"]
        *_, owner, name = record["eventSourceARN"].split(":")
        return cls(
            event_id=attributes["event_id"]["stringValue"],
            receiver=int(attributes["receiver"]["stringValue"]),
            body=record["body"].encode(),
            queued_at=int(record["attributes"]["SentTimestamp"]) / 1000,
            queue_name=name,
            queue_owner=owner,
            receipt_handle=record["receiptHandle"],
        )


def pause_seconds(age: float, *, retry_after: int, draw: Callable[[float, float], float]) -> int:
    """Return the pause after a failed attempt: as long as the event's `age`, or longer if the receiver asked for it."""
    as_long_again = min(max(age, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    pause = max(as_long_again * draw(1 - _JITTER, 1 + _JITTER), min(retry_after, LONGEST_PAUSE_SECONDS))
    # The last attempt is a day after the event.
    return max(0, int(min(pause, max(RETRIED_SECONDS - 1 - age, 0))))


@dataclass(frozen=True, slots=True)
class WebhookDeliveries:
    """Delivers queued events to the receivers at `urls`, which are numbered from 1."""

    sqs: "SQSClient"
    urls: tuple[str, ...] = field(repr=False)
    sender: WebhookSender
    clock: Callable[[], datetime]
    draw: Callable[[float, float], float] = random.uniform

    def deliver(self, event: QueuedEvent) -> None:
        """Make one attempt. If it fails, hide the message until the next one and raise NotDeliveredError."""
        age = self.clock().timestamp() - event.queued_at
        about = {"event_id": event.event_id, "receiver": event.receiver}
        if event.receiver > len(self.urls):
            logger.info("receiver removed", extra=about)
            return
        if age >= RETRIED_SECONDS:
            self._wait(event, 0)
            raise NotDeliveredError("given up after a day")
        try:
            self.sender.send(self.urls[event.receiver - 1], event.event_id, event.body)
        except NotDeliveredError as error:
            pause = pause_seconds(age, retry_after=error.retry_after, draw=self.draw)
            logger.warning("not delivered", extra={**about, "reason": str(error), "next_attempt_in": pause})
            self._wait(event, pause)
            raise
        logger.info("delivered", extra={**about, "seconds": round(age, 3)})

    def _wait(self, event: QueuedEvent, seconds: int) -> None:
        found = self.sqs.get_queue_url(QueueName=event.queue_name, QueueOwnerAWSAccountId=event.queue_owner)
        self.sqs.change_message_visibility(
            QueueUrl=found["QueueUrl"], ReceiptHandle=event.receipt_handle, VisibilityTimeout=seconds
        )
