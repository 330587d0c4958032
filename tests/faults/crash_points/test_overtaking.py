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
from tests.faults.crash_points.account import Account, files
from tests.faults.crash_points.interleavings import interleave
from tests.faults.crash_points.test_interleavings import ingest
from tests.functions import triggers
from tests.functions.cdn import view

Pair = Callable[[Account], tuple[flows.Action, flows.Action]]


def work(account: Account) -> None:
    """Let the ingest function process the queued messages, which are redelivered later."""
    bodies = account.receive()
    account.messages += bodies
    for body in bodies:
        with contextlib.suppress(ApiError):  # a 503: it is delivered again
            ingest(body)


def erased(account: Account) -> None:
    """Request an erasure, and process it as far as possible without a minute passing."""
    account.alice.erase()
    work(account)


def import_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    url = account.stack.provider.put("image.png", File(files()["image.png"]))
    asset_id = account.alice.import_url(url, tags=["a"]).json()["asset_id"]
    return lambda: work(account), lambda: account.alice.delete(asset_id)


def import_and_erase(account: Account) -> tuple[flows.Action, flows.Action]:
    url = account.stack.provider.put("image.png", File(files()["image.png"]))

    def import_and_work() -> None:
        account.alice.import_url(url, tags=["a"])
        work(account)

    return import_and_work, lambda: erased(account)


def upload_and_erase(account: Account) -> tuple[flows.Action, flows.Action]:
    return flows.direct("image.jpg", account), lambda: erased(account)


def publish_and_erase(account: Account) -> tuple[flows.Action, flows.Action]:
    event = account.event(account.post_form("image.png"))
    return lambda: flows.publish(event), lambda: erased(account)


def change_and_erase(account: Account) -> tuple[flows.Action, flows.Action]:
    return flows.change(account), lambda: erased(account)


def publish_and_expire(account: Account) -> tuple[flows.Action, flows.Action]:
    form = account.alice.ask_for_form(filename="image.png", tags=["a"], expires_in=86400).json()
    version_id = triggers.post(account.stack.s3, form["upload"], files()["image.png"])
    account.arrived.add((form["asset_id"], version_id))
    event = triggers.message(f"uploads/{form['asset_id']}", version_id=version_id)

    def expire() -> None:
        account.stack.clock.advance(86400)
        account.reconcile()

    return lambda: flows.publish(event), expire


def _changing(
    visibility: Visibility, account: Account, other: Callable[[str], object]
) -> tuple[flows.Action, flows.Action]:
    asset_id = flows.with_other_visibility(visibility, account)
    return lambda: flows.change_visibility(asset_id, visibility, account), lambda: other(asset_id)


def private_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("private", account, account.alice.delete)


def public_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("public", account, account.alice.delete)


def private_and_erase(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("private", account, lambda _: erased(account))


def import_and_make_private(account: Account) -> tuple[flows.Action, flows.Action]:
    """The import is processed twice at once, and its asset is made private in between."""
    url = account.stack.provider.put("image.png", File(files()["image.png"]))
    asset_id = account.alice.import_url(url).json()["asset_id"]
    bodies = account.messages = account.receive()

    def process() -> None:
        for body in bodies:
            with contextlib.suppress(ApiError):  # a 503: it is delivered again
                ingest(body)

    def process_and_change() -> None:
        process()
        flows.change_visibility(asset_id, "private", account)

    return process, process_and_change


def private_and_rendition(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("private", account, lambda asset_id: flows.view(asset_id, account))


def private_and_public(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("private", account, lambda asset_id: flows.change_visibility(asset_id, "public", account))


def private_and_expire(account: Account) -> tuple[flows.Action, flows.Action]:
    def expire(asset_id: str) -> None:
        account.alice.change(asset_id, expires_in=60)
        account.stack.clock.advance(60)
        account.reconcile()

    return _changing("private", account, expire)


def _read(url: str, account: Account) -> None:
    """Read a URL as viewers do, and get the file, a redirect to it, or a 404 at any moment."""
    response = view(account.stack.s3, url)
    assert response.status in (200, 307, 404)
    assert response.status != 200 or response.body == files()["image.png"]


def private_and_read(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing("private", account, lambda asset_id: _read(f"/api/v2/assets/{asset_id}", account))


def public_and_signed_read(account: Account) -> tuple[flows.Action, flows.Action]:
    """A signed URL keeps working while its asset becomes public."""

    def read(asset_id: str) -> None:
        path = assets.url_signer().sign(f"/api/v2/assets/{asset_id}", int(account.stack.clock.time.timestamp()) + 600)
        assert view(account.stack.s3, path).status in (200, 307)
        _read(path, account)

    return _changing("public", account, read)


def publish_and_make_private(account: Account) -> tuple[flows.Action, flows.Action]:
    """The event is being processed while the client completes the upload and makes it private."""
    asset_id = account.post_form("image.png")
    event = account.event(asset_id)

    def complete_and_change() -> None:
        account.alice.complete(asset_id)
        flows.change_visibility(asset_id, "private", account)

    return lambda: flows.publish(event), complete_and_change


def large_event_twice(account: Account) -> tuple[flows.Action, flows.Action]:
    _, _, message = flows.large_arrived(account)
    return lambda: flows.assemble(message), lambda: flows.assemble(message)


def large_event_and_abort(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id, message = flows.large_arrived(account)
    return lambda: flows.assemble(message), lambda: account.alice.abort_upload(asset_id, upload_id)


def large_event_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    """While the file is being copied, another delivery of its event publishes it, and its owner deletes it."""
    asset_id, _, message = flows.large_arrived(account)

    def publish_and_delete() -> None:
        flows.assemble(message)
        account.alice.delete(asset_id)

    return lambda: flows.assemble(message), publish_and_delete


def large_event_and_purge(account: Account) -> tuple[flows.Action, flows.Action]:
    """The same, and the stream delivers the tombstone immediately."""
    assemble, publish_and_delete = large_event_and_delete(account)

    def publish_delete_and_purge() -> None:
        publish_and_delete()
        if deleted := account.tombstones():
            triggers.tombstone_written(*deleted)

    return assemble, publish_delete_and_purge


def large_event_and_make_private(account: Account) -> tuple[flows.Action, flows.Action]:
    asset_id, _, message = flows.large_arrived(account)

    def publish_and_change() -> None:
        flows.assemble(message)
        flows.change_visibility(asset_id, "private", account)

    return lambda: flows.assemble(message), publish_and_change


def _changing_large(account: Account, other: Callable[[str, str], object]) -> tuple[flows.Action, flows.Action]:
    asset_id, upload_id, message = flows.large_arrived(account)
    flows.assemble(message)
    return lambda: flows.change_visibility(asset_id, "private", account), lambda: other(asset_id, upload_id)


def large_private_and_delete(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing_large(account, lambda asset_id, _: account.alice.delete(asset_id))


def large_private_and_public(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing_large(account, lambda asset_id, _: flows.change_visibility(asset_id, "public", account))


def large_private_and_complete(account: Account) -> tuple[flows.Action, flows.Action]:
    return _changing_large(account, account.alice.complete_parts)


def private_and_complete(account: Account) -> tuple[flows.Action, flows.Action]:
    """The client repeats its `complete` while it makes the asset private."""
    asset_id, upload_id = flows.parts_sent(account)
    assert account.alice.complete_parts(asset_id, upload_id).status == 201

    def complete() -> None:
        response = account.alice.complete_parts(asset_id, upload_id)
        assert (response.status, response.json()["visibility"]) in ((201, "public"), (201, "private"))

    return lambda: flows.change_visibility(asset_id, "private", account), complete


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


# Pairs in which either flow is overtaken. Of those with an erasure, which makes many calls, one is enough.
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
def test_a_flow_overtaken_at_any_call_loses_and_duplicates_nothing(
    name: str, reverse: bool, account: Account, record_testsuite_property: Callable[[str, object], None]
) -> None:
    for call in itertools.count(1):
        account.begin()
        overtaken, overtaking = reversed(PAIRS[name].pair(account)) if reverse else PAIRS[name].pair(account)
        try:
            paused, _ = interleave(overtaken, overtaking, (call, flows.NEVER))
            invariants.check_at_any_moment(account)
            account.run_until_idle()
            invariants.check(account)
            assert len(account.alice.list().json()["assets"]) in PAIRS[name].assets
        except BaseException as error:
            error.add_note(f"{name}, overtaken before call {call}, reversed: {reverse}")
            raise
        if not paused:
            break
    record_testsuite_property(f"overtaken: {name}, reversed: {reverse}", call)
