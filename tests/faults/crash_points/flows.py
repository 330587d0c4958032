"""Flows of assets, to stop at each of their calls: a preparation, then repeatable actions."""

import contextlib
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
from asset_api.publishing import deferred_publication
from functions.assemble import app as assemble_function
from functions.publish import app as publish_function
from tests.faults.crash_points.account import LARGE_PARTS_BYTES, Account, files, large_files
from tests.faults.crash_points.interleavings import interleave
from tests.functions import triggers
from tests.functions.clock import Clock
from tests.functions.private_assets import changed_with_patience, changed_with_retries, passing_time
from tests.functions.renditions.viewer import ask_with_patience

Action = Callable[[], object]


@dataclass(frozen=True)
class Flow:
    """`prepare` runs the preparation and returns the flow. `assets` are the numbers of assets that alice may have once
    a stopped flow has been retried, and `statuses` those that completed attempts may get."""

    prepare: Callable[[Account], Action]
    assets: set[int]
    statuses: tuple[tuple[int, ...], ...] = ((),)
    assets_without_retry: frozenset[int] = frozenset({0, 1})
    """The numbers of assets that alice may have if the flow is not retried."""


NEVER = sys.maxsize
# The number of calls before which a flow can be overtaken.
CALLS_OF_PUBLISH = 5
CALLS_OF_A_RENDITION = 6
LARGE_PARTS = 2


def direct(name: str, account: Account) -> Action:
    return lambda: account.alice.upload(name, files()[name], key="once")


def form_with_complete(name: str, account: Account) -> Action:
    return lambda: account.alice.complete(account.post_form(name))


def form_with_event(name: str, account: Account) -> Action:
    return lambda: triggers.deliver(account.event(account.post_form(name)))


def form_with_both(name: str, account: Account) -> Action:
    def complete_and_event() -> None:
        asset_id = account.post_form(name)
        account.alice.complete(asset_id)
        triggers.deliver(account.event(asset_id))

    return complete_and_event


def publish(message: Mapping[str, Any]) -> None:
    """Handle one message as the function does; its batch processor, one per process, never handles two at once."""
    _handle(message, publish_function.publish, seconds=30)


def assemble(message: Mapping[str, Any]) -> None:
    """Handle the message of a large file as the function does. The queue does not know it."""
    with contextlib.suppress(aws.sqs().exceptions.ReceiptHandleIsInvalid):
        _handle(message, assemble_function.assemble, seconds=deferred_publication.LONGEST_ATTEMPT_SECONDS)


def _handle(message: Mapping[str, Any], function: Callable[[SQSRecord], None], *, seconds: int) -> None:
    clock = composition.now
    assert isinstance(clock, Clock)
    # A 503: the message is redelivered.
    with contextlib.suppress(ApiError), passing_time(clock, seconds) as context, remaining_time.of(context):
        function(SQSRecord(dict(message)))


def delete_during_publish(call: int, account: Account) -> Action:
    """Publish by event, overtaken by a `complete` and a delete before the call with this number."""
    asset_id = account.post_form("image.jpg")
    event = account.event(asset_id)

    def complete_and_delete() -> None:
        account.alice.complete(asset_id)
        account.alice.delete(asset_id)

    return lambda: interleave(lambda: publish(event), complete_and_delete, (call, NEVER))


def delete(account: Account) -> Action:
    asset_id = account.post_form("image.png")
    account.alice.complete(asset_id)
    return partial(account.alice.delete, asset_id)


def form_with_options(account: Account) -> Action:
    def complete() -> None:
        body = account.alice.ask_for_form(key="once", filename="image.png", tags=["a", "b"], expires_in=86400).json()
        asset_id = str(body["asset_id"])
        account.arrived.add((asset_id, triggers.post(account.stack.s3, body["upload"], files()["image.png"])))
        account.alice.complete(asset_id)

    return complete


def _tagged(account: Account) -> str:
    """Publish an asset with a tag, and return its id."""
    form_with_options(account)()
    (asset,) = account.alice.list().json()["assets"]
    return str(asset["asset_id"])


def in_parts(name: str, account: Account) -> Action:
    def begin_send_and_complete() -> None:
        data = files()[name]
        started = account.alice.begin(key="once", filename=name, size_bytes=len(data)).json()
        asset_id, upload_id = started["asset_id"], started["upload"]["id"]
        (part,) = account.alice.sign_parts(asset_id, upload_id, [1]).json()["parts"]
        with contextlib.suppress(account.stack.s3.exceptions.NoSuchUpload):  # already completed
            triggers.put_part(account.stack.s3, part, data)
        account.alice.complete_parts(asset_id, upload_id)

    return begin_send_and_complete


def parts_sent(account: Account) -> tuple[str, str]:
    """Upload all parts; return the asset id and the upload id."""
    data = files()["image.jpg"]
    started = account.alice.begin(filename="image.jpg", size_bytes=len(data)).json()
    asset_id, upload_id = str(started["asset_id"]), str(started["upload"]["id"])
    (part,) = account.alice.sign_parts(asset_id, upload_id, [1]).json()["parts"]
    triggers.put_part(account.stack.s3, part, data)
    return asset_id, upload_id


def large_in_parts(account: Account) -> Action:
    """Upload a large file, which its event publishes, and complete it once more."""

    def begin_send_and_complete() -> None:
        asset_id, upload_id = large_parts_sent(account, key="once")
        account.alice.complete_parts(asset_id, upload_id)
        assert account.deliver(asset_id, account.version(asset_id)) == []
        account.alice.complete_parts(asset_id, upload_id)

    return begin_send_and_complete


def large_parts_sent(account: Account, name: str = "personal.mp4", **fields: str) -> tuple[str, str]:
    """Upload all parts of a large file; return the asset id and the upload id."""
    data = large_files()[name]
    key = fields.pop("key", None)
    started = account.alice.begin(key=key, filename=name, size_bytes=len(data), **fields).json()
    asset_id, upload_id = str(started["asset_id"]), str(started["upload"]["id"])
    assert started["upload"]["part_count"] == LARGE_PARTS
    for part in account.alice.sign_parts(asset_id, upload_id, [*range(1, LARGE_PARTS + 1)]).json()["parts"]:
        send_part(account, part, data)
    return asset_id, upload_id


def send_part(account: Account, part: Mapping[str, Any], data: bytes) -> None:
    start = (part["part_number"] - 1) * LARGE_PARTS_BYTES
    with contextlib.suppress(account.stack.s3.exceptions.NoSuchUpload):  # completed or aborted before
        triggers.put_part(account.stack.s3, part, data[start : start + LARGE_PARTS_BYTES])


def large_arrived(account: Account, name: str = "personal.mp4", **fields: str) -> tuple[str, str, dict[str, Any]]:
    """Upload and complete a large file; return the asset id, the upload id, and the message of its event."""
    asset_id, upload_id = large_parts_sent(account, name, **fields)
    assert account.alice.complete_parts(asset_id, upload_id).status == 202
    version_id = account.version(asset_id)
    assert version_id
    account.arrived.add((asset_id, version_id))
    return asset_id, upload_id, triggers.large_message(asset_id, version_id=version_id)


def large_event(account: Account, name: str = "plain.mp4") -> Action:
    _, _, message = large_arrived(account, name)
    return lambda: assemble(message)


def abort(account: Account) -> Action:
    asset_id, upload_id = parts_sent(account)
    return lambda: account.alice.abort_upload(asset_id, upload_id)


def change(account: Account) -> Action:
    asset_id = _tagged(account)
    return lambda: account.alice.change(asset_id, filename="ours.png", tags=["b", "c"], expires_in=None)


def change_otherwise(account: Account) -> Action:
    """Change the only asset again."""
    (asset,) = account.alice.list().json()["assets"]
    return lambda: account.alice.change(asset["asset_id"], filename="theirs.png", tags=["d"], expires_in=3600)


def private_and_public(visibility: Visibility, account: Account) -> Action:
    """Change the visibility, and repeat until done, because a crashed change blocks it for a while."""
    asset_id = with_other_visibility(visibility, account)
    return lambda: changed_with_retries(account.alice, asset_id, account.stack.clock, visibility=visibility)


def large_private_and_public(visibility: Visibility, account: Account) -> Action:
    asset_id = large_with_other_visibility(visibility, account)
    return lambda: changed_with_retries(account.alice, asset_id, account.stack.clock, visibility=visibility)


def large_with_other_visibility(visibility: Visibility, account: Account) -> str:
    before = "private" if visibility == "public" else "public"
    asset_id, _, message = large_arrived(account, visibility=before)
    assemble(message)
    return asset_id


def with_other_visibility(visibility: Visibility, account: Account) -> str:
    before = "private" if visibility == "public" else "public"
    uploaded = account.alice.upload("image.png", files()["image.png"], visibility=before, tags=["a"])
    asset_id = str(uploaded.json()["asset_id"])
    triggers.deliver(account.event(asset_id))
    return asset_id


def change_visibility(asset_id: str, visibility: Visibility, account: Account) -> None:
    """Send the request once; it waits as long as requests may."""
    response = changed_with_patience(account.alice, asset_id, account.stack.clock, visibility=visibility)
    assert response.status in (200, 404, 503)


def delete_many(account: Account) -> Action:
    asset_id = _tagged(account)
    return lambda: account.alice.delete_many(asset_id, account.bobs_asset)


def expire(account: Account) -> Action:
    _tagged(account)
    account.stack.clock.advance(86400)
    return account.reconcile


def purge(account: Account) -> Action:
    delete(account)()
    account.post_form("image.png")  # again, with a still valid form
    return lambda: triggers.tombstone_written(*account.tombstones())


def rendition(account: Account) -> Action:
    asset_id = account.post_form("image.png")
    account.alice.complete(asset_id)
    return lambda: view(asset_id, account)


def view(asset_id: str, account: Account) -> None:
    assert ask_with_patience(asset_id, "w160.webp", account.stack.clock).status in (200, 404, 503)


def delete_during_rendition(call: int, account: Account) -> Action:
    """Make a rendition, overtaken by a delete before the call with this number."""
    asset_id = account.post_form("image.png")
    account.alice.complete(asset_id)
    return lambda: interleave(lambda: view(asset_id, account), lambda: account.alice.delete(asset_id), (call, NEVER))


def _upload(prepare: Callable[[str, Account], Action], name: str, *statuses: int) -> Flow:
    return Flow(partial(prepare, name), {1}, (statuses,))


ASSET_FLOWS = {
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
}
