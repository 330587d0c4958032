"""Flows that are overtaken by a whole other flow, before each of their calls: those of an asset's life.

Fewer schedules than in `test_interleavings`, where both flows pause: these flows make many calls.
"""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from asset_api.assets.asset import Visibility
from asset_api.composition import assets
from asset_api.platform.errors import ApiError
from tests.fake_replicate import File
from tests.faults.crash_points import flows, invariants
from tests.faults.crash_points.interleavings import interleave
from tests.faults.crash_points.test_interleavings import ingest
from tests.faults.crash_points.world import World, files
from tests.functions import triggers
from tests.functions.cdn import view

Pair = Callable[[World], tuple[flows.Action, flows.Action]]


def work(world: World) -> None:
    """Let the ingest function process the queued messages, which are redelivered later."""
    bodies = world.receive()
    world.messages += bodies
    for body in bodies:
        with contextlib.suppress(ApiError):  # a 503: it is delivered again
            ingest(body)


def erased(world: World) -> None:
    """Request an erasure, and process it as far as possible without a minute passing."""
    world.alice.erase()
    work(world)


def import_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    url = world.stack.provider.put("image.png", File(files()["image.png"]))
    asset_id = world.alice.import_url(url, tags=["a"]).json()["asset_id"]
    return lambda: work(world), lambda: world.alice.delete(asset_id)


def import_and_erase(world: World) -> tuple[flows.Action, flows.Action]:
    url = world.stack.provider.put("image.png", File(files()["image.png"]))

    def import_and_work() -> None:
        world.alice.import_url(url, tags=["a"])
        work(world)

    return import_and_work, lambda: erased(world)


def upload_and_erase(world: World) -> tuple[flows.Action, flows.Action]:
    return flows.direct("image.jpg", world), lambda: erased(world)


def publish_and_erase(world: World) -> tuple[flows.Action, flows.Action]:
    event = world.event(world.post_form("image.png"))
    return lambda: flows.publish(event), lambda: erased(world)


def change_and_erase(world: World) -> tuple[flows.Action, flows.Action]:
    return flows.change(world), lambda: erased(world)


def publish_and_expire(world: World) -> tuple[flows.Action, flows.Action]:
    form = world.alice.ask_for_form(filename="image.png", tags=["a"], expires_in=86400).json()
    version_id = triggers.post(world.stack.s3, form["upload"], files()["image.png"])
    world.arrived.add((form["asset_id"], version_id))
    event = triggers.message(f"uploads/{form['asset_id']}", version_id=version_id)

    def expire() -> None:
        world.stack.clock.advance(86400)
        world.reconcile()

    return lambda: flows.publish(event), expire


def _changing(
    visibility: Visibility, world: World, other: Callable[[str], object]
) -> tuple[flows.Action, flows.Action]:
    asset_id = flows.with_other_visibility(visibility, world)
    return lambda: flows.change_visibility(asset_id, visibility, world), lambda: other(asset_id)


def private_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("private", world, world.alice.delete)


def public_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("public", world, world.alice.delete)


def private_and_erase(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("private", world, lambda _: erased(world))


def import_and_make_private(world: World) -> tuple[flows.Action, flows.Action]:
    """The import is processed twice at once, and its asset is made private in between."""
    url = world.stack.provider.put("image.png", File(files()["image.png"]))
    asset_id = world.alice.import_url(url).json()["asset_id"]
    bodies = world.messages = world.receive()

    def process() -> None:
        for body in bodies:
            with contextlib.suppress(ApiError):  # a 503: it is delivered again
                ingest(body)

    def process_and_change() -> None:
        process()
        flows.change_visibility(asset_id, "private", world)

    return process, process_and_change


def private_and_rendition(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("private", world, lambda asset_id: flows.view(asset_id, world))


def private_and_public(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("private", world, lambda asset_id: flows.change_visibility(asset_id, "public", world))


def private_and_expire(world: World) -> tuple[flows.Action, flows.Action]:
    def expire(asset_id: str) -> None:
        world.alice.change(asset_id, expires_in=60)
        world.stack.clock.advance(60)
        world.reconcile()

    return _changing("private", world, expire)


def _read(url: str, world: World) -> None:
    """Read a URL as viewers do, and get the file, a redirect to it, or a 404 at any moment."""
    answer = view(world.stack.s3, url)
    assert answer.status in (200, 307, 404)
    assert answer.status != 200 or answer.body == files()["image.png"]


def private_and_read(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing("private", world, lambda asset_id: _read(f"/api/v2/assets/{asset_id}", world))


def public_and_signed_read(world: World) -> tuple[flows.Action, flows.Action]:
    """A signed URL goes on working while its asset becomes public."""

    def read(asset_id: str) -> None:
        path = assets.url_signer().signed(f"/api/v2/assets/{asset_id}", int(world.stack.clock.time.timestamp()) + 600)
        assert view(world.stack.s3, path).status in (200, 307)
        _read(path, world)

    return _changing("public", world, read)


def publish_and_make_private(world: World) -> tuple[flows.Action, flows.Action]:
    """The event is being processed while the client completes the upload and makes it private."""
    asset_id = world.post_form("image.png")
    event = world.event(asset_id)

    def complete_and_change() -> None:
        world.alice.complete(asset_id)
        flows.change_visibility(asset_id, "private", world)

    return lambda: flows.publish(event), complete_and_change


def large_event_twice(world: World) -> tuple[flows.Action, flows.Action]:
    _, _, message = flows.large_arrived(world)
    return lambda: flows.assemble(message), lambda: flows.assemble(message)


def large_event_and_abort(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id, message = flows.large_arrived(world)
    return lambda: flows.assemble(message), lambda: world.alice.abort_upload(asset_id, upload_id)


def large_event_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    """While the file is being copied, another delivery of its event publishes it, and its owner deletes it."""
    asset_id, _, message = flows.large_arrived(world)

    def publish_and_delete() -> None:
        flows.assemble(message)
        world.alice.delete(asset_id)

    return lambda: flows.assemble(message), publish_and_delete


def large_event_and_purge(world: World) -> tuple[flows.Action, flows.Action]:
    """The same, and the stream delivers the tombstone immediately."""
    assemble, publish_and_delete = large_event_and_delete(world)

    def publish_delete_and_purge() -> None:
        publish_and_delete()
        if deleted := world.tombstones():
            triggers.tombstone_written(*deleted)

    return assemble, publish_delete_and_purge


def large_event_and_make_private(world: World) -> tuple[flows.Action, flows.Action]:
    asset_id, _, message = flows.large_arrived(world)

    def publish_and_change() -> None:
        flows.assemble(message)
        flows.change_visibility(asset_id, "private", world)

    return lambda: flows.assemble(message), publish_and_change


def _changing_large(world: World, other: Callable[[str, str], object]) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id, message = flows.large_arrived(world)
    flows.assemble(message)
    return lambda: flows.change_visibility(asset_id, "private", world), lambda: other(asset_id, upload_id)


def large_private_and_delete(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing_large(world, lambda asset_id, _: world.alice.delete(asset_id))


def large_private_and_public(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing_large(world, lambda asset_id, _: flows.change_visibility(asset_id, "public", world))


def large_private_and_complete(world: World) -> tuple[flows.Action, flows.Action]:
    return _changing_large(world, world.alice.complete_parts)


def private_and_complete(world: World) -> tuple[flows.Action, flows.Action]:
    """The client repeats its `complete` while it makes the asset private."""
    asset_id, upload_id = flows.parts_sent(world)
    assert world.alice.complete_parts(asset_id, upload_id).status == 201

    def complete() -> None:
        answer = world.alice.complete_parts(asset_id, upload_id)
        assert (answer.status, answer.json()["visibility"]) in ((201, "public"), (201, "private"))

    return lambda: flows.change_visibility(asset_id, "private", world), complete


@dataclass(frozen=True)
class Overtaken:
    """Check every schedule. `assets` is the number that alice may have in the end."""

    pair: Pair
    assets: set[int]


PAIRS = {
    "import and delete": Overtaken(import_and_delete, {0, 1}),
    "import and erase": Overtaken(import_and_erase, {0, 1}),
    "direct upload and erase": Overtaken(upload_and_erase, {0, 1}),
    "publish and erase": Overtaken(publish_and_erase, {0}),
    "change and erase": Overtaken(change_and_erase, {0}),
    "publish and expire": Overtaken(publish_and_expire, {0, 1}),
    "made private and deleted": Overtaken(private_and_delete, {0}),
    "made public and deleted": Overtaken(public_and_delete, {0}),
    "made private and erased": Overtaken(private_and_erase, {0}),
    "imported and made private": Overtaken(import_and_make_private, {1}),
    "made private and a rendition": Overtaken(private_and_rendition, {1}),
    "made private and made public": Overtaken(private_and_public, {1}),
    "made private and expired": Overtaken(private_and_expire, {0, 1}),
    "made private and read": Overtaken(private_and_read, {1}),
    "made public and read by a signed URL": Overtaken(public_and_signed_read, {1}),
    "published and made private": Overtaken(publish_and_make_private, {1}),
    "made private and completed again": Overtaken(private_and_complete, {1}),
    "large file published twice": Overtaken(large_event_twice, {1}),
    "large file published and aborted": Overtaken(large_event_and_abort, {0, 1}),
    "large file published and deleted": Overtaken(large_event_and_delete, {0}),
    "large file published and purged": Overtaken(large_event_and_purge, {0}),
    "large file published and made private": Overtaken(large_event_and_make_private, {1}),
    "large file made private and deleted": Overtaken(large_private_and_delete, {0}),
    "large file made private and made public": Overtaken(large_private_and_public, {1}),
    "large file made private and completed again": Overtaken(large_private_and_complete, {1}),
}


# An erasure makes many calls, so one upload that overtakes it at each is enough.
BOTH_WAYS = (
    "import and delete",
    "direct upload and erase",
    "publish and expire",
    "made private and a rendition",
    "published and made private",
    "made private and completed again",
    "large file published and aborted",
    "large file published and made private",
)
ORDERS = [*((name, False) for name in PAIRS), *((name, True) for name in BOTH_WAYS)]


@pytest.mark.parametrize(("name", "reverse"), ORDERS)
def test_nothing_is_lost_or_doubled_whatever_overtakes_it(
    name: str, reverse: bool, world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    for call in itertools.count(1):
        world.begin()
        overtaken, overtaking = reversed(PAIRS[name].pair(world)) if reverse else PAIRS[name].pair(world)
        try:
            paused, _ = interleave(overtaken, overtaking, (call, flows.NEVER))
            invariants.check_at_any_moment(world)
            world.settle()
            invariants.check(world)
            assert len(world.alice.list().json()["assets"]) in PAIRS[name].assets
        except BaseException as error:
            error.add_note(f"{name}, overtaken before call {call}, reversed: {reverse}")
            raise
        if not paused:
            break
    record_testsuite_property(f"overtaken: {name}, reversed: {reverse}", call)
