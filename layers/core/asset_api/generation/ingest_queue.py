"""The queue of predictions that have ended: filled by `webhook` and `reconcile`, emptied by `ingest`.

A message only says where to look. What became of the prediction is asked of the provider, so that a message that
comes twice, late or out of order does no harm, and one is never too large for the queue. The attribute `correlation_id`
is for the logs: the request, or the run of `reconcile`, that sent it.

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
    """A prediction, and the job that it is said to be of."""

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
