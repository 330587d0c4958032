"""Every flow, stopped before each of its calls and after the last: all invariants hold, immediately and in the end."""

import io
import itertools
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image

from tests.faults.crash_points import invariants
from tests.faults.crash_points.flows import CALLS_OF_PUBLISH, FLOWS, Action, Flow, publish
from tests.faults.crash_points.world import World, files, may_be_stopped, published
from tests.functions.aws_calls import Moment, moments


def try_to_its_end(flow: Flow, action: Action, world: World) -> None:
    world.calls.resume()
    before = len(world.alice.answers)
    action()
    assert tuple(answer.status for _, _, answer in world.alice.answers[before:]) in flow.answers


def calls_of(flow: Flow, world: World) -> list[str]:
    world.begin()
    try_to_its_end(flow, flow.prepare(world), world)
    return list(world.calls.made)


def stop(flow: Flow, world: World, number: int, moment: Moment, *, tries_again: bool) -> None:
    world.begin()
    action = flow.prepare(world)
    world.calls.resume()
    world.calls.stop(number, moment)
    with may_be_stopped() as stopped:
        action()
    assert stopped, "it makes other calls each time"
    invariants.check_at_any_moment(world)
    if tries_again:
        try_to_its_end(flow, action, world)
    world.settle()
    invariants.check(world)
    assert len(world.alice.list().json()["assets"]) in (flow.assets if tries_again else flow.assets_untried)


@pytest.mark.parametrize("name", FLOWS)
def test_nothing_is_lost_or_doubled_wherever_it_stops(
    name: str, world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    made = calls_of(FLOWS[name], world)
    assert made
    points = list(itertools.product(moments(len(made)), (True, False)))
    for (number, moment), tries_again in points:
        try:
            stop(FLOWS[name], world, number, moment, tries_again=tries_again)
        except BaseException as error:
            error.add_note(f"{name}, stopped {moment} call {number} ({made[number - 1]}), tried again: {tries_again}")
            raise
    record_testsuite_property(f"points of {name}", len(points))


def test_the_photo_that_is_published_has_its_pixels_and_not_its_place() -> None:
    with Image.open(io.BytesIO(files()["image.jpg"])) as sent, Image.open(io.BytesIO(published()["image.jpg"])) as kept:
        assert sent.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert not kept.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert kept.tobytes() == sent.tobytes()


def test_a_publication_makes_so_many_calls(world: World) -> None:
    world.begin()
    event = world.event(world.post_form("image.jpg"))
    world.calls.resume()
    publish(event)
    assert len(world.calls.made) == CALLS_OF_PUBLISH
