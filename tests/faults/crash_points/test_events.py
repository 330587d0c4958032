"""Events at every crash: every final change in the table has been reported, with one id.

A record of the table's stream stands for each change, as in DynamoDB: the table is compared before and after each call
that may have written. `dispatch` delivers every record at least once; tests/functions/events stops it, too.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from asset_api.assets import tombstones
from asset_api.events import changes
from asset_api.jobs.job import Job
from asset_api.platform import aws
from tests import media
from tests.faults.crash_points import job_flows
from tests.faults.crash_points.account import Account, may_be_stopped
from tests.faults.crash_points.flows import ASSET_FLOWS, Action, Flow
from tests.faults.crash_points.job_flows import JOB_FLOWS
from tests.functions import triggers
from tests.functions.aws_calls import Moment, moments
from tests.functions.events.stream import PATTERNS, TableStream, matches

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")


def refuse(account: Account) -> Action:
    form = account.alice.ask_for_form(filename="image.png").json()
    triggers.post(account.stack.s3, form["upload"], media.gif())
    return lambda: account.alice.complete(form["asset_id"])


ANNOUNCED = {name: ASSET_FLOWS[name] for name in ("direct upload of image.png", "delete many", "expire")}
ANNOUNCED |= {name: JOB_FLOWS[name] for name in ("import", "cancel")}
ANNOUNCED["refuse"] = Flow(refuse, {0}, ((400,),))


@contextmanager
def recording_events(account: Account) -> Iterator[list[changes.Event]]:
    """Record the events of everything that is written within the block."""
    stream, events = TableStream(account.stack.dynamodb), list[changes.Event]()
    is_reading = False

    def read(model: Any, **_: Any) -> None:
        nonlocal is_reading
        if model.name not in WRITES or is_reading:
            return
        is_reading = True
        try:
            records = [record for record in stream.records() if any(matches(pattern, record) for pattern in PATTERNS)]
            found = [
                changes.to_event(record, "https://assets.example.com", lambda path, *_: path) for record in records
            ]
            events.extend(filter(None, found))
        finally:
            is_reading = False

    stream.records()
    emitter = aws.dynamodb().meta.events
    # First, because the flow may be stopped "after" this very call.
    emitter.register_first("after-call", read)
    try:
        yield events
    finally:
        emitter.unregister("after-call", read)


def expected(account: Account) -> set[str]:
    """Return the ids of the events that the stored items imply."""
    ids = set()
    for item in account.stack.items(""):
        kind, _, subject = item["sk"]["S"].partition("#")
        if item["owner"]["S"] != "alice":
            continue
        if kind == "asset":
            ids.add(f"asset_published_{subject}")
        elif kind == "tombstone" and tombstones.cause(item) in ("delete", "expiry", "erasure"):
            ids.add(f"asset_deleted_{subject}")
        elif kind == "refusal":
            ids.add(f"asset_refused_{subject}")
        elif kind == "job" and not (job := Job.from_item(item)).is_in_flight:
            ids.add(f"job_{job.status}_{subject}")
    return ids


def calls_of(name: str, account: Account) -> int:
    account.begin()
    action = ANNOUNCED[name].prepare(account)
    account.calls.resume()
    action()
    return len(account.calls.made)


def run(name: str, account: Account, number: int, moment: Moment) -> None:
    account.begin()
    with recording_events(account) as events:
        action = ANNOUNCED[name].prepare(account)
        account.calls.resume()
        account.calls.stop(number, moment)
        with may_be_stopped():
            action()
        account.run_until_idle()
    ids = [event.event_id for event in events]
    assert expected(account) <= set(ids)
    assert not [event_id for event_id, count in Counter(ids).items() if count > 1], "announced as two events"
    published, deleted = (
        {str(event_id).rpartition("_")[2] for event_id in ids if event_id.startswith(f"asset_{what}_")}
        for what in ("published", "deleted")
    )
    assert deleted <= published, "a deleted asset was never announced as published"
    listed = {asset["asset_id"] for asset in account.alice.list().json()["assets"]}
    assert listed == published - deleted, "the events do not match the list"


@pytest.mark.parametrize("name", ANNOUNCED)
def test_a_flow_stopped_at_any_call_announces_each_change_once(name: str, account: Account) -> None:
    for number, moment in moments(calls_of(name, account)):
        try:
            run(name, account, number, moment)
        except BaseException as error:
            error.add_note(f"{name}, stopped {moment} call {number}")
            raise


def test_an_erasure_announces_the_assets_and_jobs_that_it_ends(account: Account) -> None:
    """Run an erasure without a crash, because `test_crash_points` stops it at each call, which takes minutes."""
    account.begin()
    with recording_events(account) as events:
        action = job_flows.erase(account)
        (job,) = (job for job in account.alice.jobs().json()["jobs"] if job["kind"] == "generation")
        action()
        account.run_until_idle()
    ids = [event.event_id for event in events]
    assert f"job_canceled_{job['job_id']}" in ids
    assert expected(account) <= set(ids)
    assert len(ids) == len(set(ids))
