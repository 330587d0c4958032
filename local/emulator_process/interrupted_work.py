"""Work that was interrupted when the previous emulator ended, resumed when this one starts."""

import contextvars
import time
from datetime import datetime
from typing import Any

from ministack.core import responses
from ministack.services import s3, sqs

# A thread sends the event to a queue, which is saved within a second; on a busy machine, both take longer.
_EVENTS_MAY_BE_LOST_FOR_SECONDS = 30


def install() -> None:
    """Have MiniStack redeliver at once the messages whose receivers ended with it.

    Otherwise they would stay invisible for minutes. On AWS, their receivers would still be running.
    """
    load = sqs.load_persisted_state

    def load_and_release(snapshot: Any) -> None:
        load(snapshot)
        for queue in sqs._queues.all_values():
            for message in queue["messages"]:
                _release(message)

    sqs.load_persisted_state = load_and_release


def _release(message: dict[str, Any]) -> None:
    if message["receipt_handle"] is not None and message["visible_at"] > time.time():
        # The interrupted attempt does not count.
        message.update(receipt_handle=None, visible_at=time.time(), receive_count=message["receive_count"] - 1)


def announce_objects_since(moment: float) -> None:
    """Resend the events of objects that were stored since shortly before `moment`.

    The previous emulator may not have sent them. As on AWS, an event may arrive twice.
    """
    since = moment - _EVENTS_MAY_BE_LOST_FOR_SECONDS
    for (account, bucket), record in list(s3._buckets._data.items()):
        for key, stored in list(record["objects"].items()):
            if datetime.fromisoformat(stored["last_modified"]).timestamp() >= since:
                contextvars.copy_context().run(_announce, account, bucket, key, stored)


def _announce(account: str, bucket: str, key: str, stored: dict[str, Any]) -> None:
    responses.set_request_account_id(account)
    s3._fire_s3_event_async(
        *(bucket, key, "s3:ObjectCreated:Put"),
        size=stored["size"],
        etag=stored["etag"],
        version_id=stored.get("version_id"),
    )
