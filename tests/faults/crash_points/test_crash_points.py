"""Every flow, stopped before each of its calls and after the last: all invariants hold, immediately and in the end."""

import io
import itertools
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image

from tests.faults.crash_points import invariants
from tests.faults.crash_points.account import Account, files, may_be_stopped, published
from tests.faults.crash_points.flows import CALLS_OF_PUBLISH, FLOWS, Action, Flow, publish
from tests.functions.aws_calls import Moment, moments


def try_to_its_end(flow: Flow, action: Action, account: Account) -> None:
    account.calls.resume()
    before = len(account.alice.responses)
    action()
    assert tuple(response.status for _, _, response in account.alice.responses[before:]) in flow.statuses


def calls_of(flow: Flow, account: Account) -> list[str]:
    account.begin()
    try_to_its_end(flow, flow.prepare(account), account)
    return list(account.calls.made)


def stop(flow: Flow, account: Account, number: int, moment: Moment, *, tries_again: bool) -> None:
    account.begin()
    action = flow.prepare(account)
    account.calls.resume()
    account.calls.stop(number, moment)
    with may_be_stopped() as stopped:
        action()
    assert stopped, "it makes other calls each time"
    invariants.check_at_any_moment(account)
    if tries_again:
        try_to_its_end(flow, action, account)
    account.run_until_idle()
    invariants.check(account)
    assert len(account.alice.list().json()["assets"]) in (flow.assets if tries_again else flow.assets_untried)


@pytest.mark.parametrize("name", FLOWS)
def test_nothing_is_lost_or_doubled_wherever_it_stops(
    name: str, account: Account, record_testsuite_property: Callable[[str, object], None]
) -> None:
    made = calls_of(FLOWS[name], account)
    assert made
    points = list(itertools.product(moments(len(made)), (True, False)))
    for (number, moment), tries_again in points:
        try:
            stop(FLOWS[name], account, number, moment, tries_again=tries_again)
        except BaseException as error:
            error.add_note(f"{name}, stopped {moment} call {number} ({made[number - 1]}), tried again: {tries_again}")
            raise
    record_testsuite_property(f"points of {name}", len(points))


def test_the_photo_that_is_published_has_its_pixels_and_not_its_place() -> None:
    with Image.open(io.BytesIO(files()["image.jpg"])) as sent, Image.open(io.BytesIO(published()["image.jpg"])) as kept:
        assert sent.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert not kept.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert kept.tobytes() == sent.tobytes()


def test_a_publication_makes_so_many_calls(account: Account) -> None:
    account.begin()
    event = account.event(account.post_form("image.jpg"))
    account.calls.resume()
    publish(event)
    assert len(account.calls.made) == CALLS_OF_PUBLISH
