"""Every flow, stopped before and after the effect of each of its calls: all invariants hold at once and in the end."""

import itertools
from collections.abc import Callable

import pytest

from tests.faults.crash_points import invariants
from tests.faults.crash_points.flows import FLOWS, Flow
from tests.faults.crash_points.world import World, may_be_stopped
from tests.functions.aws_calls import MOMENTS, Moment


def calls_of(flow: Flow, world: World) -> list[str]:
    world.begin()
    action = flow.prepare(world)
    world.calls.resume()
    action()
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
    world.calls.resume()
    if tries_again:
        action()
    world.settle()
    invariants.check(world)
    assert len(world.alice.list().json()["assets"]) in (flow.assets if tries_again else {0, 1})


@pytest.mark.parametrize("name", FLOWS)
def test_nothing_is_lost_or_doubled_wherever_it_stops(
    name: str, world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    made = calls_of(FLOWS[name], world)
    assert made
    points = list(itertools.product(enumerate(made, start=1), MOMENTS, (True, False)))
    for (number, call), moment, tries_again in points:
        try:
            stop(FLOWS[name], world, number, moment, tries_again=tries_again)
        except BaseException as error:
            error.add_note(f"{name}, stopped {moment} call {number} ({call}), tried again: {tries_again}")
            raise
    record_testsuite_property(f"points of {name}", len(points))
