"""Flows to stop at each of their calls: a preparation, then repeatable actions."""

import contextlib
import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api import composition
from asset_api.assets.asset import VISIBILITIES, Visibility
from asset_api.platform import aws, remaining_time
from asset_api.platform.errors import ApiError
from asset_api.publishing import later
from functions.assemble import app as assemble_function
from functions.publish import app as publish_function
from tests.fake_replicate import File, Problem, Silence
from tests.faults.crash_points.interleavings import interleave
from tests.faults.crash_points.world import LARGE_PARTS_BYTES, World, files, large_files
from tests.functions import triggers
from tests.functions.clock import Clock
from tests.functions.generation.stack import MODEL
from tests.functions.private_assets import changed_by_a_stubborn_client, changed_with_patience, passing_time
from tests.functions.renditions.viewer import ask_with_patience

Action = Callable[[], object]


@dataclass(frozen=True)
class Flow:
    """`prepare` runs the preparation and returns the flow. `assets` are the numbers of assets that alice may have once
    a stopped flow has been retried, and `answers` the statuses that completed attempts may get."""

    prepare: Callable[[World], Action]
    assets: set[int]
    answers: tuple[tuple[int, ...], ...] = ((),)
    assets_untried: frozenset[int] = frozenset({0, 1})
    """The numbers that she may have if nothing is retried."""


NEVER = sys.maxsize
# No further call to overtake: see `test_a_publication_makes_so_many_calls`.
CALLS_OF_PUBLISH = 5
CALLS_OF_A_RENDITION = 6
LARGE_PARTS = 2

# An interrupted create is confirmed only if the provider lists the prediction; otherwise the job fails.
PERHAPS = {0, 1}


def direct(name: str, world: World) -> Action:
    return lambda: world.alice.upload(name, files()[name], key="once")


def form_with_complete(name: str, world: World) -> Action:
    return lambda: world.alice.complete(world.post_form(name))


def form_with_event(name: str, world: World) -> Action:
    return lambda: triggers.deliver(world.event(world.post_form(name)))


def form_with_both(name: str, world: World) -> Action:
    def complete_and_event() -> None:
        asset_id = world.post_form(name)
        world.alice.complete(asset_id)
        triggers.deliver(world.event(asset_id))

    return complete_and_event


def publish(message: Mapping[str, Any]) -> None:
    """Handle one message as the function does; its batch processor, one per process, never handles two at once."""
    _handle(message, publish_function.publish, seconds=30)


def assemble(message: Mapping[str, Any]) -> None:
    """Handle the message of a large file as the function does. The queue does not know it."""
    with contextlib.suppress(aws.sqs().exceptions.ReceiptHandleIsInvalid):
        _handle(message, assemble_function.assemble, seconds=later.LONGEST_ATTEMPT_SECONDS)


def _handle(message: Mapping[str, Any], function: Callable[[SQSRecord], None], *, seconds: int) -> None:
    clock = composition.now
    assert isinstance(clock, Clock)
    # A 503: the message is redelivered.
    with contextlib.suppress(ApiError), passing_time(clock, seconds) as context, remaining_time.of(context):
        function(SQSRecord(dict(message)))


def delete_during_publish(call: int, world: World) -> Action:
    """Publish by event, overtaken by a `complete` and a delete before the call with this number."""
    asset_id = world.post_form("image.jpg")
    event = world.event(asset_id)

    def complete_and_delete() -> None:
        world.alice.complete(asset_id)
        world.alice.delete(asset_id)

    return lambda: interleave(lambda: publish(event), complete_and_delete, (call, NEVER))


def delete(world: World) -> Action:
    asset_id = world.post_form("image.png")
    world.alice.complete(asset_id)
    return partial(world.alice.delete, asset_id)


def form_with_options(world: World) -> Action:
    def complete() -> None:
        body = world.alice.ask_for_form(key="once", filename="image.png", tags=["a", "b"], expires_in=86400).json()
        asset_id = str(body["asset_id"])
        world.arrived.add((asset_id, triggers.post(world.stack.s3, body["upload"], files()["image.png"])))
        world.alice.complete(asset_id)

    return complete


def _tagged(world: World) -> str:
    """Publish an asset with a tag, and return its id."""
    form_with_options(world)()
    (asset,) = world.alice.list().json()["assets"]
    return str(asset["asset_id"])


def in_parts(name: str, world: World) -> Action:
    def begin_send_and_complete() -> None:
        data = files()[name]
        begun = world.alice.begin(key="once", filename=name, size_bytes=len(data)).json()
        asset_id, upload_id = begun["asset_id"], begun["upload"]["id"]
        (part,) = world.alice.sign_parts(asset_id, upload_id, [1]).json()["parts"]
        with contextlib.suppress(world.stack.s3.exceptions.NoSuchUpload):  # already completed
            triggers.put_part(world.stack.s3, part, data)
        world.alice.complete_parts(asset_id, upload_id)

    return begin_send_and_complete


def parts_sent(world: World) -> tuple[str, str]:
    """Upload all parts; return the asset id and the upload id."""
    data = files()["image.jpg"]
    begun = world.alice.begin(filename="image.jpg", size_bytes=len(data)).json()
    asset_id, upload_id = str(begun["asset_id"]), str(begun["upload"]["id"])
    (part,) = world.alice.sign_parts(asset_id, upload_id, [1]).json()["parts"]
    triggers.put_part(world.stack.s3, part, data)
    return asset_id, upload_id


def large_in_parts(world: World) -> Action:
    """Upload a large file, which its event publishes, and complete it once more."""

    def begin_send_and_complete() -> None:
        asset_id, upload_id = large_parts_sent(world, key="once")
        world.alice.complete_parts(asset_id, upload_id)
        assert world.deliver(asset_id, world.version(asset_id)) == []
        world.alice.complete_parts(asset_id, upload_id)

    return begin_send_and_complete


def large_parts_sent(world: World, name: str = "personal.mp4", **fields: str) -> tuple[str, str]:
    """Upload all parts of a large file; return the asset id and the upload id."""
    data = large_files()[name]
    key = fields.pop("key", None)
    begun = world.alice.begin(key=key, filename=name, size_bytes=len(data), **fields).json()
    asset_id, upload_id = str(begun["asset_id"]), str(begun["upload"]["id"])
    assert begun["upload"]["part_count"] == LARGE_PARTS
    for part in world.alice.sign_parts(asset_id, upload_id, [*range(1, LARGE_PARTS + 1)]).json()["parts"]:
        send_part(world, part, data)
    return asset_id, upload_id


def send_part(world: World, part: Mapping[str, Any], data: bytes) -> None:
    start = (part["part_number"] - 1) * LARGE_PARTS_BYTES
    with contextlib.suppress(world.stack.s3.exceptions.NoSuchUpload):  # completed or aborted before
        triggers.put_part(world.stack.s3, part, data[start : start + LARGE_PARTS_BYTES])


def large_arrived(world: World, name: str = "personal.mp4", **fields: str) -> tuple[str, str, dict[str, Any]]:
    """Upload and complete a large file; return the asset id, the upload id, and the message of its event."""
    asset_id, upload_id = large_parts_sent(world, name, **fields)
    assert world.alice.complete_parts(asset_id, upload_id).status == 202
    version_id = world.version(asset_id)
    assert version_id
    world.arrived.add((asset_id, version_id))
    return asset_id, upload_id, triggers.large_message(asset_id, version_id=version_id)


def large_event(world: World, name: str = "plain.mp4") -> Action:
    _, _, message = large_arrived(world, name)
    return lambda: assemble(message)


def abort(world: World) -> Action:
    asset_id, upload_id = parts_sent(world)
    return lambda: world.alice.abort_upload(asset_id, upload_id)


def change(world: World) -> Action:
    asset_id = _tagged(world)
    return lambda: world.alice.change(asset_id, filename="ours.png", tags=["b", "c"], expires_in=None)


def change_otherwise(world: World) -> Action:
    """Change the only asset again."""
    (asset,) = world.alice.list().json()["assets"]
    return lambda: world.alice.change(asset["asset_id"], filename="theirs.png", tags=["d"], expires_in=3600)


def private_and_public(visibility: Visibility, world: World) -> Action:
    """Change the visibility, and repeat until done, because a crashed change blocks it for a while."""
    asset_id = with_other_visibility(visibility, world)
    return lambda: changed_by_a_stubborn_client(world.alice, asset_id, world.stack.clock, visibility=visibility)


def large_private_and_public(visibility: Visibility, world: World) -> Action:
    asset_id = large_with_other_visibility(visibility, world)
    return lambda: changed_by_a_stubborn_client(world.alice, asset_id, world.stack.clock, visibility=visibility)


def large_with_other_visibility(visibility: Visibility, world: World) -> str:
    before = "private" if visibility == "public" else "public"
    asset_id, _, message = large_arrived(world, visibility=before)
    assemble(message)
    return asset_id


def with_other_visibility(visibility: Visibility, world: World) -> str:
    before = "private" if visibility == "public" else "public"
    uploaded = world.alice.upload("image.png", files()["image.png"], visibility=before, tags=["a"])
    asset_id = str(uploaded.json()["asset_id"])
    triggers.deliver(world.event(asset_id))
    return asset_id


def change_visibility(asset_id: str, visibility: Visibility, world: World) -> None:
    """Send the request once; it waits as long as requests may."""
    answer = changed_with_patience(world.alice, asset_id, world.stack.clock, visibility=visibility)
    assert answer.status in (200, 404, 503)


def delete_many(world: World) -> Action:
    asset_id = _tagged(world)
    return lambda: world.alice.delete_many(asset_id, world.bobs_asset)


def expire(world: World) -> Action:
    _tagged(world)
    world.stack.clock.advance(86400)
    return world.reconcile


def purge(world: World) -> Action:
    delete(world)()
    world.post_form("image.png")  # again, with a still valid form
    return lambda: triggers.tombstone_written(*world.tombstones())


def rendition(world: World) -> Action:
    asset_id = world.post_form("image.png")
    world.alice.complete(asset_id)
    return lambda: view(asset_id, world)


def view(asset_id: str, world: World) -> None:
    assert ask_with_patience(asset_id, "w160.webp", world.stack.clock).status in (200, 404, 503)


def delete_during_rendition(call: int, world: World) -> Action:
    """Make a rendition, overtaken by a delete before the call with this number."""
    asset_id = world.post_form("image.png")
    world.alice.complete(asset_id)
    return lambda: interleave(lambda: view(asset_id, world), lambda: world.alice.delete(asset_id), (call, NEVER))


def generate(world: World) -> Action:
    return lambda: world.alice.generate(key="once", prompt="a", model_id=MODEL)


def generate_after(problem: Problem | Silence, world: World) -> Action:
    world.stack.provider.misbehavior.append(problem)
    return generate(world)


def reconcile_after(problem: Problem | Silence, world: World) -> Action:
    generate_after(problem, world)()
    world.succeed()
    return world.reconcile


def webhook(world: World) -> Action:
    generate(world)()
    world.succeed()

    def webhook_and_queue() -> None:
        assert world.stack.send_webhook().status == 200
        world.ingest()

    return webhook_and_queue


def ingest(world: World) -> Action:
    generate(world)()
    world.succeed()
    world.stack.send_webhook()
    return world.ingest


def ingest_and_cancel(world: World) -> Action:
    """Ingest an output whose message is redelivered after the job was canceled."""
    redelivered = ingest(world)
    (job,) = world.alice.jobs().json()["jobs"]
    deliveries = itertools.count()

    def deliver() -> None:
        if next(deliveries):
            world.alice.cancel(job["job_id"])
        redelivered()

    return deliver


def reconcile(world: World) -> Action:
    generate(world)()
    world.succeed()
    return world.reconcile


def cancel(world: World) -> Action:
    generate(world)()
    (job,) = world.alice.jobs().json()["jobs"]
    return partial(world.alice.cancel, job["job_id"])


def import_file(world: World) -> Action:
    url = world.stack.provider.put("image.png", File(files()["image.png"]))

    def request_and_queue() -> None:
        world.alice.import_url(url, key="once", tags=["a"])
        world.ingest()

    return request_and_queue


def erase(world: World) -> Action:
    """Create everything that an owner may have: a listed asset with tags, an unpublished upload, a job in flight."""
    listed = world.alice.ask_for_form(filename="image.png", tags=["a", "b"]).json()
    world.arrived.add((str(listed["asset_id"]), triggers.post(world.stack.s3, listed["upload"], files()["image.png"])))
    world.alice.complete(listed["asset_id"])
    generate(world)()
    body = world.alice.ask_for_form(filename="image.jpg").json()
    world.arrived.add((str(body["asset_id"]), triggers.post(world.stack.s3, body["upload"], files()["image.jpg"])))

    def request_and_passes() -> None:
        world.alice.erase()
        world.ingest()
        world.reconcile()
        world.ingest()

    return request_and_passes


def _upload(prepare: Callable[[str, World], Action], name: str, *answers: int) -> Flow:
    return Flow(partial(prepare, name), {1}, (answers,))


# For a create: the provider's response, and whether it created the prediction anyway.
PROBLEMS: dict[str, Problem | Silence] = {
    "a 429": Problem(429),
    "a 500": Problem(500),
    "a 500 that created": Problem(500, creates=True),
    "no answer": Silence(),
    "a lost answer": Silence(creates=True),
}

FLOWS = {
    **{f"direct upload of {name}": _upload(direct, name, 201) for name in files()},
    **{f"form with complete, {name}": _upload(form_with_complete, name, 201, 201) for name in files()},
    **{f"form with event, {name}": _upload(form_with_event, name, 201) for name in files()},
    **{f"form with both, {name}": _upload(form_with_both, name, 201, 201) for name in files()},
    **{
        f"delete during publish, before call {call}": Flow(
            partial(delete_during_publish, call), {0}, ((201, 200), (201, 404), (404, 404))
        )
        for call in range(1, CALLS_OF_PUBLISH + 1)
    },
    **{f"upload in parts, {name}": _upload(in_parts, name, 201, 200, 201) for name in files()},
    "abort of an upload in parts": Flow(abort, {0}, ((200,),)),
    "large upload in parts": Flow(large_in_parts, {1}, ((201, 200, 202, 201), (201, 200, 201, 201))),
    "event of a large file that is not rewritten": Flow(large_event, {1}),
    **{
        f"large file made {visibility}": Flow(
            partial(large_private_and_public, visibility), {1}, tuple((*[503] * waits, 200) for waits in range(4))
        )
        for visibility in VISIBILITIES
    },
    "delete": Flow(delete, {0}, ((200,), (404,))),
    "purge": Flow(purge, {0}),
    "rendition": Flow(rendition, {1}),
    **{
        f"delete during rendition, before call {call}": Flow(
            partial(delete_during_rendition, call), {0}, ((200,), (404,))
        )
        for call in range(1, CALLS_OF_A_RENDITION + 1)
    },
    "form with options": Flow(form_with_options, {1}, ((201, 201),)),
    "change": Flow(change, {1}, ((200,),)),
    **{
        f"made {visibility}": Flow(
            partial(private_and_public, visibility), {1}, tuple((*[503] * waits, 200) for waits in range(4))
        )
        for visibility in VISIBILITIES
    },
    "delete many": Flow(delete_many, {0}, ((200,),)),
    "expire": Flow(expire, {0}),
    "import": Flow(import_file, {1}, ((202,),)),
    "erase": Flow(erase, {0}, ((202,),), frozenset({0, 3})),
    "generate": Flow(generate, PERHAPS, ((202,),)),
    **{f"generate with {name}": Flow(partial(generate_after, it), PERHAPS, ((202,),)) for name, it in PROBLEMS.items()},
    "webhook": Flow(webhook, {1}),
    "ingest": Flow(ingest, {1}),
    "ingest, then cancel": Flow(ingest_and_cancel, {0, 1}, ((), (200,))),
    "reconcile": Flow(reconcile, {1}),
    **{f"reconcile after {name}": Flow(partial(reconcile_after, it), PERHAPS) for name, it in PROBLEMS.items()},
    "cancel": Flow(cancel, {0}, ((200,),)),
}
