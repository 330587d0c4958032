"""Two concurrent flows: every schedule in which each is paused at most once, at any call, and either begins.

Between two calls, a flow does nothing that the other can see, so a switch right before a call covers all others.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.platform import remaining_time
from functions.ingest import app as ingest_function
from tests.faults.crash_points import flows, invariants, job_flows
from tests.faults.crash_points.account import Account, files, large_files, may_be_stopped
from tests.faults.crash_points.interleavings import interleave
from tests.functions import triggers
from tests.functions.gateway import Context
from tests.functions.generation.stack import MODEL

Pair = Callable[[Account], tuple[flows.Action, flows.Action]]
KEYED = ("image.jpg", "once")


def ingest(body: str) -> None:
    with remaining_time.of(Context()):
        ingest_function.ingest(SQSRecord({"body": body, "messageId": "1", "messageAttributes": {}}))


def publish_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id = account.post_form("image.jpg")
    event = account.event(asset_id)
    return lambda: flows.publish(event), lambda: account.alice.delete(asset_id)


def publish_again_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id = account.post_form("image.png")
    event = account.event(asset_id)

    def complete_and_delete() -> None:
        account.alice.complete(asset_id)
        account.alice.delete(asset_id)

    return lambda: flows.publish(event), complete_and_delete


def publish_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    event = account.event(account.post_form("image.jpg"))

    def once() -> None:
        flows.publish(event)

    return once, once


def complete_and_event(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id = account.post_form("image.png")
    event = account.event(asset_id)
    return lambda: account.alice.complete(asset_id), lambda: flows.publish(event)


def complete_parts_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    sent = flows.parts_sent(account)

    def once() -> None:
        account.alice.complete_parts(*sent)

    return once, once


def complete_and_abort(account: Account) -> tuple[flows.Action, flows.Action]:
    sent = flows.parts_sent(account)
    return lambda: account.alice.complete_parts(*sent), lambda: account.alice.abort_upload(*sent)


def publish_and_abort(account: Account) -> tuple[flows.Action, flows.Action]:
    """Return the event of parts that were completed by a process that crashed right afterwards."""
    asset_id, upload_id = flows.parts_sent(account)
    account.calls.resume()
    account.calls.stop(2, "after")
    with may_be_stopped() as stopped:
        account.alice.complete_parts(asset_id, upload_id)
    assert stopped
    account.calls.resume()
    event = account.event(asset_id)
    return lambda: flows.publish(event), lambda: account.alice.abort_upload(asset_id, upload_id)


def large_part_again_and_complete(account: Account) -> tuple[flows.Action, flows.Action]:
    """The client sends a part again, with other bytes, while it completes the upload."""
    asset_id, upload_id = flows.large_parts_sent(account)
    (part,) = account.alice.sign_parts(asset_id, upload_id, [flows.LARGE_PARTS]).json()["parts"]
    # Different bytes are not published.
    changed = large_files()["personal.mp4"].replace(b"where", b"where"[::-1])

    def complete() -> None:
        if account.alice.complete_parts(asset_id, upload_id).status == 202:
            flows.assemble(triggers.large_message(asset_id))

    return complete, lambda: flows.send_part(account, part, changed)


def complete_large_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id = flows.large_parts_sent(account)

    def once() -> None:
        account.alice.complete_parts(asset_id, upload_id)

    return once, once


def complete_large_and_abort(account: Account) -> tuple[flows.Action, flows.Action]:
    sent = flows.large_parts_sent(account)
    return lambda: account.alice.complete_parts(*sent), lambda: account.alice.abort_upload(*sent)


def delete_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    once = flows.delete(account)
    return once, once


def rendition_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id = account.post_form("image.png")
    account.alice.complete(asset_id)
    return lambda: flows.view(asset_id, account), lambda: account.alice.delete(asset_id)


def change_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    changed = flows.change(account)
    (asset,) = account.alice.list().json()["assets"]
    return changed, lambda: account.alice.delete(asset["asset_id"])


def change_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    return flows.change(account), flows.change_otherwise(account)


def change_and_expire(account: Account) -> tuple[flows.Action, flows.Action]:
    changed = flows.change(account)

    def expire() -> None:
        account.stack.clock.advance(86400)
        account.reconcile()

    return changed, expire


def batches(account: Account) -> tuple[flows.Action, flows.Action]:
    ids = [account.alice.upload("image.png", files()["image.png"], tags=["a"]).json()["asset_id"] for _ in range(3)]
    return lambda: account.alice.delete_many(*ids[:2]), lambda: account.alice.delete_many(*ids[1:])


def direct_with_one_key(account: Account) -> tuple[flows.Action, flows.Action]:
    once = flows.direct("image.jpg", account)
    return once, once


def forms_with_one_key(account: Account) -> tuple[flows.Action, flows.Action]:
    def once() -> None:
        account.alice.ask_for_form(key="once", filename="image.png")

    return once, once


def generate_with_one_key(account: Account) -> tuple[flows.Action, flows.Action]:
    once = job_flows.generate(account)
    return once, once


def uploads_at_the_limit(account: Account) -> tuple[flows.Action, flows.Action]:
    for _ in range(9):
        assert account.alice.ask_for_form(filename="image.png").status == 201

    def upload() -> None:
        account.alice.upload("image.png", files()["image.png"])

    return upload, upload


def _ended(account: Account) -> str:
    account.alice.generate(key="once", prompt="a", model_id=MODEL)
    account.succeed()
    account.stack.send_webhook()
    (body,) = account.messages = account.receive()
    return body


def ingest_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    body = _ended(account)

    def once() -> None:
        ingest(body)

    return once, once


def reconcile_and_ingest(account: Account) -> tuple[flows.Action, flows.Action]:
    body = _ended(account)
    return account.reconcile, lambda: ingest(body)


def cancel_and_ingest(account: Account) -> tuple[flows.Action, flows.Action]:
    body = _ended(account)
    job_id = account.alice.jobs().json()["jobs"][0]["job_id"]
    return lambda: account.alice.cancel(job_id), lambda: ingest(body)


@dataclass(frozen=True)
class Interleaved:
    """`assets` are the numbers of assets that alice may have in the end; `statuses` are those of both requests,
    in any order."""

    pair: Pair
    assets: set[int]
    statuses: tuple[int, int] | None = None


PAIRS = {
    "publish and delete": Interleaved(publish_and_delete, {0, 1}),
    "publish and delete of what is listed": Interleaved(publish_again_and_delete, {0, 1}),
    "publish twice": Interleaved(publish_twice, {1}),
    "complete and event": Interleaved(complete_and_event, {1}),
    "complete of parts twice": Interleaved(complete_parts_twice, {1}, (201, 201)),
    "complete of parts and abort": Interleaved(complete_and_abort, {0, 1}),
    "publish of parts and abort": Interleaved(publish_and_abort, {0, 1}),
    "part again and complete of a large file": Interleaved(large_part_again_and_complete, {1}),
    "complete of a large file twice": Interleaved(complete_large_twice, {1}, (202, 202)),
    "complete of a large file and abort": Interleaved(complete_large_and_abort, {0}),
    "rendition and delete": Interleaved(rendition_and_delete, {0}),
    "delete twice": Interleaved(delete_twice, {0}, (200, 404)),
    "change and delete": Interleaved(change_and_delete, {0}),
    "change twice": Interleaved(change_twice, {1}, (200, 200)),
    "change and expire": Interleaved(change_and_expire, {0, 1}),
    "batch and batch": Interleaved(batches, {0}, (200, 200)),
    "direct uploads with one key": Interleaved(direct_with_one_key, {1}, (201, 201)),
    "forms with one key": Interleaved(forms_with_one_key, {0}, (201, 201)),
    "generate with one key": Interleaved(generate_with_one_key, {1}, (202, 202)),
    "uploads at the limit": Interleaved(uploads_at_the_limit, {1}, (201, 429)),
    "ingest twice": Interleaved(ingest_twice, {1}),
    "reconcile and ingest": Interleaved(reconcile_and_ingest, {1}),
    "cancel and ingest": Interleaved(cancel_and_ingest, {0, 1}),
}


def run(interleaved: Interleaved, account: Account, at: tuple[int, int], *, reverse: bool) -> tuple[bool, bool]:
    account.begin()
    first, second = reversed(interleaved.pair(account)) if reverse else interleaved.pair(account)
    before = len(account.alice.responses)
    paused = interleave(first, second, at)
    statuses = [response.status for _, _, response in account.alice.responses[before:]]
    assert interleaved.statuses in (None, tuple(sorted(statuses)))
    invariants.check_at_any_moment(account)
    account.run_until_idle()
    invariants.check(account)
    return paused


def _orders(pair: Pair, account: Account) -> tuple[bool, ...]:
    """Return the orders to try: one is enough for two identical flows."""
    account.begin()
    first, second = pair(account)
    return (False,) if first is second else (False, True)


@pytest.mark.parametrize("name", PAIRS)
def test_two_flows_interleaved_at_any_calls_lose_and_duplicate_nothing(
    name: str, account: Account, record_testsuite_property: Callable[[str, object], None]
) -> None:
    interleaved = PAIRS[name]
    schedules = 0
    for reverse in _orders(interleaved.pair, account):
        for first in itertools.count(1):
            for second in itertools.count(1):
                try:
                    paused = run(interleaved, account, (first, second), reverse=reverse)
                    assert len(account.alice.list().json()["assets"]) in interleaved.assets
                except BaseException as error:
                    error.add_note(f"{name}, at calls {first} and {second}, reversed: {reverse}")
                    raise
                schedules += 1
                if not all(paused):
                    break
            if not paused[0]:
                break
    record_testsuite_property(f"schedules of {name}", schedules)
