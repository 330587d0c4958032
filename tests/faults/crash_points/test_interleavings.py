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
from tests.faults.crash_points import flows, invariants
from tests.faults.crash_points.interleavings import interleave
from tests.faults.crash_points.world import World, files, large_files, may_be_stopped
from tests.functions import triggers
from tests.functions.gateway import Context
from tests.functions.generation.stack import MODEL

Pair = Callable[[World], tuple[flows.Action, flows.Action]]
KEYED = ("image.jpg", "once")


def ingest(body: str) -> None:
    with remaining_time.of(Context()):
        ingest_function.ingest(SQSRecord({"body": body, "messageId": "1", "messageAttributes": {}}))


def publish_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id = world.post_form("image.jpg")
    event = world.event(asset_id)
    return lambda: flows.publish(event), lambda: world.alice.delete(asset_id)


def publish_again_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id = world.post_form("image.png")
    event = world.event(asset_id)

    def complete_and_delete() -> None:
        world.alice.complete(asset_id)
        world.alice.delete(asset_id)

    return lambda: flows.publish(event), complete_and_delete


def publish_twice(world: World) -> tuple[flows.Action, flows.Action]:
    event = world.event(world.post_form("image.jpg"))

    def once() -> None:
        flows.publish(event)

    return once, once


def complete_and_event(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id = world.post_form("image.png")
    event = world.event(asset_id)
    return lambda: world.alice.complete(asset_id), lambda: flows.publish(event)


def complete_parts_twice(world: World) -> tuple[flows.Action, flows.Action]:
    sent = flows.parts_sent(world)

    def once() -> None:
        world.alice.complete_parts(*sent)

    return once, once


def complete_and_abort(world: World) -> tuple[flows.Action, flows.Action]:
    sent = flows.parts_sent(world)
    return lambda: world.alice.complete_parts(*sent), lambda: world.alice.abort_upload(*sent)


def publish_and_abort(world: World) -> tuple[flows.Action, flows.Action]:
    """Return the event of parts that were completed by a process that crashed right afterwards."""
    asset_id, upload_id = flows.parts_sent(world)
    world.calls.resume()
    world.calls.stop(2, "after")
    with may_be_stopped() as stopped:
        world.alice.complete_parts(asset_id, upload_id)
    assert stopped
    world.calls.resume()
    event = world.event(asset_id)
    return lambda: flows.publish(event), lambda: world.alice.abort_upload(asset_id, upload_id)


def large_part_again_and_complete(world: World) -> tuple[flows.Action, flows.Action]:
    """The client sends a part again, with other bytes, while it completes the upload."""
    asset_id, upload_id = flows.large_parts_sent(world)
    (part,) = world.alice.sign_parts(asset_id, upload_id, [flows.LARGE_PARTS]).json()["parts"]
    # Different bytes are not published.
    changed = large_files()["personal.mp4"].replace(b"where", b"where"[::-1])

    def complete() -> None:
        if world.alice.complete_parts(asset_id, upload_id).status == 202:
            flows.assemble(triggers.large_message(asset_id))

    return complete, lambda: flows.send_part(world, part, changed)


def complete_large_twice(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id = flows.large_parts_sent(world)

    def once() -> None:
        world.alice.complete_parts(asset_id, upload_id)

    return once, once


def complete_large_and_abort(world: World) -> tuple[flows.Action, flows.Action]:
    sent = flows.large_parts_sent(world)
    return lambda: world.alice.complete_parts(*sent), lambda: world.alice.abort_upload(*sent)


def delete_twice(world: World) -> tuple[flows.Action, flows.Action]:
    once = flows.delete(world)
    return once, once


def rendition_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id = world.post_form("image.png")
    world.alice.complete(asset_id)
    return lambda: flows.view(asset_id, world), lambda: world.alice.delete(asset_id)


def change_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    changed = flows.change(world)
    (asset,) = world.alice.list().json()["assets"]
    return changed, lambda: world.alice.delete(asset["asset_id"])


def change_twice(world: World) -> tuple[flows.Action, flows.Action]:
    return flows.change(world), flows.change_otherwise(world)


def change_and_expire(world: World) -> tuple[flows.Action, flows.Action]:
    changed = flows.change(world)

    def expire() -> None:
        world.stack.clock.advance(86400)
        world.reconcile()

    return changed, expire


def batches(world: World) -> tuple[flows.Action, flows.Action]:
    ids = [world.alice.upload("image.png", files()["image.png"], tags=["a"]).json()["asset_id"] for _ in range(3)]
    return lambda: world.alice.delete_many(*ids[:2]), lambda: world.alice.delete_many(*ids[1:])


def direct_with_one_key(world: World) -> tuple[flows.Action, flows.Action]:
    once = flows.direct("image.jpg", world)
    return once, once


def forms_with_one_key(world: World) -> tuple[flows.Action, flows.Action]:
    def once() -> None:
        world.alice.ask_for_form(key="once", filename="image.png")

    return once, once


def generate_with_one_key(world: World) -> tuple[flows.Action, flows.Action]:
    once = flows.generate(world)
    return once, once


def uploads_at_the_limit(world: World) -> tuple[flows.Action, flows.Action]:
    for _ in range(9):
        assert world.alice.ask_for_form(filename="image.png").status == 201

    def upload() -> None:
        world.alice.upload("image.png", files()["image.png"])

    return upload, upload


def _ended(world: World) -> str:
    world.alice.generate(key="once", prompt="a", model_id=MODEL)
    world.succeed()
    world.stack.send_webhook()
    (body,) = world.messages = world.receive()
    return body


def ingest_twice(world: World) -> tuple[flows.Action, flows.Action]:
    body = _ended(world)

    def once() -> None:
        ingest(body)

    return once, once


def reconcile_and_ingest(world: World) -> tuple[flows.Action, flows.Action]:
    body = _ended(world)
    return world.reconcile, lambda: ingest(body)


def cancel_and_ingest(world: World) -> tuple[flows.Action, flows.Action]:
    body = _ended(world)
    job_id = world.alice.jobs().json()["jobs"][0]["job_id"]
    return lambda: world.alice.cancel(job_id), lambda: ingest(body)


@dataclass(frozen=True)
class Interleaved:
    """`assets` are the numbers of assets that alice may have in the end; `answers` are the statuses of both requests,
    in any order."""

    pair: Pair
    assets: set[int]
    answers: tuple[int, int] | None = None


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


def run(interleaved: Interleaved, world: World, at: tuple[int, int], *, reverse: bool) -> tuple[bool, bool]:
    world.begin()
    first, second = reversed(interleaved.pair(world)) if reverse else interleaved.pair(world)
    before = len(world.alice.answers)
    paused = interleave(first, second, at)
    answers = [answer.status for _, _, answer in world.alice.answers[before:]]
    assert interleaved.answers in (None, tuple(sorted(answers)))
    invariants.check_at_any_moment(world)
    world.settle()
    invariants.check(world)
    return paused


def _orders(pair: Pair, world: World) -> tuple[bool, ...]:
    """Return the orders to try: one is enough for two identical flows."""
    world.begin()
    first, second = pair(world)
    return (False,) if first is second else (False, True)


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_is_lost_or_doubled_however_they_are_interleaved(
    name: str, world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    interleaved = PAIRS[name]
    schedules = 0
    for reverse in _orders(interleaved.pair, world):
        for first in itertools.count(1):
            for second in itertools.count(1):
                try:
                    paused = run(interleaved, world, (first, second), reverse=reverse)
                    assert len(world.alice.list().json()["assets"]) in interleaved.assets
                except BaseException as error:
                    error.add_note(f"{name}, at calls {first} and {second}, reversed: {reverse}")
                    raise
                schedules += 1
                if not all(paused):
                    break
            if not paused[0]:
                break
    record_testsuite_property(f"schedules of {name}", schedules)
