"""The queue of predictions that have ended: filled by `webhook` and `reconcile`, emptied by `ingest`.

A message only says where to look. What became of the prediction is asked of the provider, so that a message that
comes twice, late or out of order does no harm, and one is never too large for the queue.

IAM: sqs:SendMessage.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


@dataclass(frozen=True, slots=True)
class EndedPrediction:
    """A prediction, and the job that it is said to be of."""

    owner: str
    job_id: str
    prediction_id: str

    @classmethod
    def of(cls, body: str) -> Self:
        message = json.loads(body)
        return cls(message["owner"], message["job_id"], message["prediction_id"])


@dataclass(frozen=True, slots=True)
class IngestQueue:
    sqs: "SQSClient"
    url: str

    def send(self, ended: EndedPrediction) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(asdict(ended)))
