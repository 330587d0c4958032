"""The queue of jobs that are ready: `webhook`, `reconcile` and requests fill it, `ingest` empties it.

A message only names a job and, for a generation, its prediction; the receiver reads their state. So duplicate, late and
reordered messages are harmless, and none is too large for the queue. The attribute `correlation_id` is for the logs: it
is the id of the request, or of the run of `reconcile`, that sent the message.

IAM: sqs:SendMessage.
"""

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.jobs.job_states import Kind

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


CORRELATION_ID = "correlation_id"

logger = Logger()


class ReadyJob(NamedTuple):
    """A job that is reported to be ready, and its prediction if it is a generation."""

    owner: str
    job_id: str
    prediction_id: str = ""
    kind: Kind = "generation"

    @classmethod
    def from_json(cls, body: str) -> Self:
        message = json.loads(body)
        # Messages of earlier releases have no kind.
        return cls(message["owner"], message["job_id"], message["prediction_id"], message.get("kind", "generation"))

    def to_json(self) -> str:
        return json.dumps(self._asdict())


class IngestQueue(NamedTuple):
    sqs: "SQSClient"
    url: str

    def send(self, ready: ReadyJob, *, delay_seconds: int = 0) -> None:
        """Queue the job. The message is invisible for `delay_seconds`, up to 900."""
        correlation_id = logger.get_correlation_id()
        attributes = {CORRELATION_ID: {"DataType": "String", "StringValue": correlation_id}} if correlation_id else {}
        self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=ready.to_json(),
            MessageAttributes=cast(Any, attributes),
            DelaySeconds=delay_seconds,
        )

    def try_to_send(self, ready: ReadyJob) -> None:
        """Queue a stored job. If that fails, `reconcile` finds the job within two minutes."""
        # Imported late, because functions that only receive or resend messages do not need it.
        from asset_api.platform import http_api

        try:
            self.send(ready)
        except (BotoCoreError, ClientError) as error:
            if http_api.as_api_error(error).status != 503:
                raise
            logger.warning("message not sent", extra={"job_id": ready.job_id}, exc_info=True)
