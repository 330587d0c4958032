"""An EventBridge bus as a destination of events.

Its receivers get no headers, so the detail includes the event's id.

IAM: events:PutEvents.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from asset_api.events import batches
from asset_api.events.changes import Event

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "asset-upload-api"
_PAUSES_SECONDS = (0.1, 0.4, 1.6)


@dataclass(frozen=True, slots=True)
class EventBus:
    eventbridge: "EventBridgeClient"
    name: str
    sleep: Callable[[float], None] = time.sleep

    def send(self, events: Sequence[Event]) -> None:
        """Put every event on the bus, ten per call. Entries that EventBridge refuses are sent again."""
        for batch in batches.split(map(self._entry, events), lambda entry: entry["Detail"]):
            self._put(batch)

    def _entry(self, event: Event) -> "PutEventsRequestEntryTypeDef":
        detail = {"id": event.event_id, **event.to_json()}
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
            "Time": event.happened_at,
        }

    def _put(self, entries: "list[PutEventsRequestEntryTypeDef]") -> None:
        for pause in (*_PAUSES_SECONDS, None):
            results = self.eventbridge.put_events(Entries=entries)["Entries"]
            failed = [(entry, result) for entry, result in zip(entries, results, strict=True) if "ErrorCode" in result]
            if not failed:
                return
            if pause is None:
                _, result = failed[0]
                code, message = result["ErrorCode"], result.get("ErrorMessage", "")
                raise ClientError({"Error": {"Code": code, "Message": message}}, "PutEvents")
            self.sleep(pause)
            entries = [entry for entry, _ in failed]
