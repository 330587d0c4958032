"""Every publication and delete, failing at each of its steps, not only where it calls AWS.

After a defect between two calls, the owner can immediately and permanently delete whatever is public. A crash
there is one right after the earlier call: see `test_crash_points`.
"""

from collections.abc import Callable
from functools import partial

import pytest

from asset_api.assets.asset import VISIBILITIES, Visibility
from tests import media
from tests.faults.crash_points import flows, invariants
from tests.faults.crash_points.account import Account
from tests.faults.crash_points.flows import Action
from tests.faults.crash_points.steps import Defect, Step, ends_at, watching
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls

WATCHED = (
    "functions/",
    "layers/core/asset_api/publishing/",
    "layers/core/asset_api/uploads/",
)


def complete(name: str, account: Account) -> Action:
    asset_id = account.post_form(name)
    return lambda: account.alice.complete(asset_id)


def event(name: str, account: Account) -> Action:
    message = account.event(account.post_form(name))
    return lambda: triggers.deliver(message)


def complete_large(account: Account) -> Action:
    sent = flows.large_parts_sent(account)
    return lambda: account.alice.complete_parts(*sent)


def change_visibility(visibility: Visibility, account: Account) -> Action:
    asset_id = flows.with_other_visibility(visibility, account)
    return lambda: account.alice.change(asset_id, visibility=visibility)


# Preparations are not stopped: they are flows of their own.
PREPARE: dict[str, Callable[[Account], Action]] = {
    "direct upload of image.png": partial(flows.direct, "image.png"),
    "complete, image.jpg": partial(complete, "image.jpg"),
    "event, image.jpg": partial(event, "image.jpg"),
    "event, image.png": partial(event, "image.png"),
    "delete": flows.delete,
    "purge": flows.purge,
    "complete of a large file": complete_large,
    "event of a large file": partial(flows.large_event, name="personal.mp4"),
    **{f"made {each}": partial(change_visibility, each) for each in VISIBILITIES},
}
PUBLIC = {"CopyObject", "PutObject"}


def run(name: str, account: Account, number: int) -> list[Step]:
    """Run a flow up to this step; return the steps taken."""
    account.begin()
    action = PREPARE[name](account)
    account.calls.resume()
    before = len(account.alice.responses)
    steps: list[Step] = []
    try:
        with watching(WATCHED, steps, ends_at(number, Defect())):
            action()
    except Defect:
        pass
    # Defects are 500s, as in the contract.
    account.alice.responses[before:] = [each for each in account.alice.responses[before:] if each[2].status != 500]
    return steps


def delete_unlisted_public_bytes(account: Account) -> None:
    stored = account.stored()
    for asset_id in set(stored.public) - set(stored.ids("asset#")):
        deleted = asset_id in stored.ids("tombstone#")
        assert account.alice.delete(asset_id).status == (404 if deleted else 200)
        assert asset_id not in account.stored().public


@pytest.mark.parametrize("name", PREPARE)
def test_the_owner_can_delete_public_bytes_after_a_defect_at_any_step(
    name: str, account: Account, record_testsuite_property: Callable[[str, object], None]
) -> None:
    steps = len(run(name, account, 0))
    assert steps > 10
    for number in range(1, steps + 1):
        (*_, step) = run(name, account, number)
        try:
            invariants.check_at_any_moment(account)
            delete_unlisted_public_bytes(account)
            account.run_until_idle()
            invariants.check(account)
        except BaseException as error:
            error.add_note(f"{name}, ended at step {number}, line {step[1]} of {step[0]}")
            raise
    record_testsuite_property(f"steps of {name}", steps)


@pytest.mark.parametrize("name", [*(f"sample.{extension}" for extension in media.SAMPLES), "photo.jpg"])
def test_nothing_reads_a_file_once_its_bytes_are_public(name: str, account: Account, calls: AwsCalls) -> None:
    """Check that everything that can fail because of the file happens before its bytes are public."""
    account.begin()
    data = media.jpeg(exif=True) if name == "photo.jpg" else media.SAMPLES[name.partition(".")[2]]()
    body = account.alice.ask_for_form(filename=name).json()
    version_id = triggers.post(account.stack.s3, body["upload"], data)
    steps: list[Step] = []
    steps_before: list[int] = []
    account.calls.resume()
    for number in range(1, 20):
        calls.at(number, "before", lambda: steps_before.append(len(steps)))
    with watching(("layers/core/asset_api/media/",), steps):
        triggers.file_arrived(body["asset_id"], version_id)
    (public,) = (number for number, call in enumerate(calls.made) if call in PUBLIC)
    assert steps[: steps_before[public]] != []
    assert steps[steps_before[public] :] == []
