"""The queue of ended predictions: `webhook` and `reconcile` fill it, `ingest` empties it.

A message only names a prediction, whose state `ingest` asks of the provider: a duplicate, late or reordered message
does no harm, and none is too large for the queue. The attribute `correlation_id` is for the logs: the request, or the
run of `reconcile`, that sent the message.

IAM: sqs:SendMessage.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


CORRELATION_ID = "correlation_id"

logger = Logger()


@dataclass(frozen=True, slots=True)
class EndedPrediction:
    """A prediction, and the job it is reported to belong to."""

    owner: str
    job_id: str
    prediction_id: str

    @classmethod
    def from_json(cls, body: str) -> Self:
        message = json.loads(body)
        return cls(message["owner"], message["job_id"], message["prediction_id"])


@dataclass(frozen=True, slots=True)
class IngestQueue:
    sqs: "SQSClient"
    url: str

    def send(self, ended: EndedPrediction) -> None:
        correlation_id = logger.get_correlation_id()
        attributes = {CORRELATION_ID: {"DataType": "String", "StringValue": correlation_id}} if correlation_id else {}
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=json.dumps(asdict(ended)), MessageAttributes=cast(Any, attributes)
        )
