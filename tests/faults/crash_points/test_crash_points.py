"""Every flow, stopped before each of its calls and after the last: all invariants hold, at once and in the end."""

import io
import itertools
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image

from tests.faults.crash_points import invariants
from tests.faults.crash_points.account import Account, files, may_be_stopped, published
from tests.faults.crash_points.flows import ASSET_FLOWS, CALLS_OF_PUBLISH, Action, Flow, publish
from tests.faults.crash_points.job_flows import JOB_FLOWS
from tests.functions.aws_calls import Moment, moments

FLOWS = {**ASSET_FLOWS, **JOB_FLOWS}


def run_completely(flow: Flow, action: Action, account: Account) -> None:
    account.calls.resume()
    before = len(account.alice.responses)
    action()
    assert tuple(response.status for _, _, response in account.alice.responses[before:]) in flow.statuses


def calls_of(flow: Flow, account: Account) -> list[str]:
    account.begin()
    run_completely(flow, flow.prepare(account), account)
    return list(account.calls.made)


def stop(flow: Flow, account: Account, number: int, moment: Moment, *, retries: bool) -> None:
    account.begin()
    action = flow.prepare(account)
    account.calls.resume()
    account.calls.stop(number, moment)
    with may_be_stopped() as stopped:
        action()
    assert stopped, "the flow does not make the same calls each time"
    invariants.check_at_any_moment(account)
    if retries:
        run_completely(flow, action, account)
    account.run_until_idle()
    invariants.check(account)
    assert len(account.alice.list().json()["assets"]) in (flow.assets if retries else flow.assets_without_retry)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_stopped_at_any_call_loses_and_duplicates_nothing(
    name: str, account: Account, record_testsuite_property: Callable[[str, object], None]
) -> None:
    made = calls_of(FLOWS[name], account)
    assert made
    points = list(itertools.product(moments(len(made)), (True, False)))
    for (number, moment), retries in points:
        try:
            stop(FLOWS[name], account, number, moment, retries=retries)
        except BaseException as error:
            error.add_note(f"{name}, stopped {moment} call {number} ({made[number - 1]}), retried: {retries}")
            raise
    record_testsuite_property(f"points of {name}", len(points))


def test_a_published_photo_keeps_its_pixels_but_not_its_position() -> None:
    with Image.open(io.BytesIO(files()["image.jpg"])) as sent, Image.open(io.BytesIO(published()["image.jpg"])) as kept:
        assert sent.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert not kept.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert kept.tobytes() == sent.tobytes()


def test_a_publication_makes_the_expected_number_of_calls(account: Account) -> None:
    account.begin()
    event = account.event(account.post_form("image.jpg"))
    account.calls.resume()
    publish(event)
    assert len(account.calls.made) == CALLS_OF_PUBLISH
