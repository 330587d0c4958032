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
from tests.faults.crash_points.flows import Action
from tests.faults.crash_points.steps import Defect, Step, ends_at, watching
from tests.faults.crash_points.world import World
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls

WATCHED = (
    "functions/",
    "layers/core/asset_api/publishing/",
    "layers/core/asset_api/uploads/",
)


def complete(name: str, world: World) -> Action:
    asset_id = world.post_form(name)
    return lambda: world.alice.complete(asset_id)


def event(name: str, world: World) -> Action:
    message = world.event(world.post_form(name))
    return lambda: triggers.deliver(message)


def complete_large(world: World) -> Action:
    sent = flows.large_parts_sent(world)
    return lambda: world.alice.complete_parts(*sent)


def change_visibility(visibility: Visibility, world: World) -> Action:
    asset_id = flows.with_other_visibility(visibility, world)
    return lambda: world.alice.change(asset_id, visibility=visibility)


# Preparations are not stopped: they are flows of their own.
PREPARE: dict[str, Callable[[World], Action]] = {
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


def run(name: str, world: World, number: int) -> list[Step]:
    """Run a flow up to this step; return the steps taken."""
    world.begin()
    action = PREPARE[name](world)
    world.calls.resume()
    answered = len(world.alice.answers)
    taken: list[Step] = []
    try:
        with watching(WATCHED, taken, ends_at(number, Defect())):
            action()
    except Defect:
        pass
    # Defects are 500s, as in the contract.
    world.alice.answers[answered:] = [each for each in world.alice.answers[answered:] if each[2].status != 500]
    return taken


def delete_what_is_public_and_not_listed(world: World) -> None:
    stored = world.stored()
    for asset_id in set(stored.public) - set(stored.ids("asset#")):
        deleted = asset_id in stored.ids("tombstone#")
        assert world.alice.delete(asset_id).status == (404 if deleted else 200)
        assert asset_id not in world.stored().public


@pytest.mark.parametrize("name", PREPARE)
def test_whatever_fails_at_any_step_its_owner_can_delete_what_is_public(
    name: str, world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    steps = len(run(name, world, 0))
    assert steps > 10
    for number in range(1, steps + 1):
        (*_, step) = run(name, world, number)
        try:
            invariants.check_at_any_moment(world)
            delete_what_is_public_and_not_listed(world)
            world.settle()
            invariants.check(world)
        except BaseException as error:
            error.add_note(f"{name}, ended at step {number}, line {step[1]} of {step[0]}")
            raise
    record_testsuite_property(f"steps of {name}", steps)


@pytest.mark.parametrize("name", [*(f"sample.{extension}" for extension in media.SAMPLES), "photo.jpg"])
def test_nothing_reads_a_file_once_its_bytes_are_public(name: str, world: World, calls: AwsCalls) -> None:
    """Check that every step that may fail because of the file comes before."""
    world.begin()
    data = media.jpeg(exif=True) if name == "photo.jpg" else media.SAMPLES[name.partition(".")[2]]()
    body = world.alice.ask_for_form(filename=name).json()
    version_id = triggers.post(world.stack.s3, body["upload"], data)
    taken: list[Step] = []
    taken_before: list[int] = []
    world.calls.resume()
    for number in range(1, 20):
        calls.at(number, "before", lambda: taken_before.append(len(taken)))
    with watching(("layers/core/asset_api/media/",), taken):
        triggers.file_arrived(body["asset_id"], version_id)
    (public,) = (number for number, call in enumerate(calls.made) if call in PUBLIC)
    assert taken[: taken_before[public]] != []
    assert taken[taken_before[public] :] == []
