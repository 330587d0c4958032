"""Dispatch of the assets table's changes to every destination, at least once.

If something cannot be sent, the error is raised and Lambda delivers the batch again. A record that cannot be parsed
would fail every time and block its shard, so it goes to the dead-letter queue instead.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.assets.asset import Asset
from asset_api.events import changes
from asset_api.events.changes import Event, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs.client import SQSClient

# Errors that parsing an unexpected item raises.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)

logger = Logger()


class Destination(Protocol):
    """A place that events are sent to."""

    def send(self, events: Sequence[Event]) -> None:
        """Send every event at least once. Raises ClientError or BotoCoreError if some may not have been sent."""


class Renditions(Protocol):
    """Requests for the renditions of published assets."""

    def request(self, asset: Asset) -> None:
        """Request the asset's renditions. Raises ClientError or BotoCoreError if the request may not have arrived."""


@dataclass(frozen=True, slots=True)
class UnreadableRecords:
    """The dead-letter queue of records that cannot be parsed.

    IAM: sqs:SendMessage.
    """

    sqs: "SQSClient"
    queue_url: str

    def add(self, record: Record, error: Exception) -> None:
        """Queue the record's keys, so that an operator can find its item in the table. One call."""
        keys = record.get("dynamodb", {}).get("Keys")
        kept = {"eventID": record.get("eventID"), "eventName": record.get("eventName"), "keys": keys}
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps({"error": repr(error), **kept}))


@dataclass(slots=True)
class _Failures:
    """Collects AWS failures, and raises the first when everything else is done."""

    errors: list[Exception] = field(default_factory=list)

    def run(self, step: "Callable[[], None]") -> None:
        try:
            step()
        except (BotoCoreError, ClientError) as error:
            logger.warning("not dispatched yet", exc_info=True)
            self.errors.append(error)

    def raise_first(self) -> None:
        if self.errors:
            raise self.errors[0]


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Sends a batch's events to every destination, and requests the renditions of newly published assets."""

    destinations: Sequence[Destination]
    renditions: Renditions
    unreadable: UnreadableRecords
    base_url: str
    sign: changes.Sign

    def dispatch(self, records: Sequence[Record]) -> None:
        """Dispatch a batch. If one destination fails, send to all others before raising the error."""
        failures = _Failures()
        read = list(self._read(records, failures))
        events = [event for event, _ in read if event]
        if events:
            for destination in self.destinations:
                failures.run(partial(destination.send, events))
        for asset in (asset for _, asset in read if asset):
            failures.run(partial(self.renditions.request, asset))
        logger.info("dispatched", extra={"event_ids": [event.event_id for event in events]})
        failures.raise_first()

    def _read(self, records: Sequence[Record], failures: _Failures) -> Iterator[tuple[Event | None, Asset | None]]:
        """Yield each record's event and the asset that it lists. Records that cannot be parsed go to their queue."""
        for record in records:
            try:
                yield changes.to_event(record, self.base_url, self.sign), changes.published_asset(record)
            except _UNREADABLE as error:
                logger.exception("unreadable record", extra={"record_id": record.get("eventID")})
                failures.run(partial(self.unreadable.add, record, error))
