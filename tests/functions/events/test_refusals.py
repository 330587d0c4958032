"""Refused uploads: one event each, whichever process refuses them, and however often."""

from typing import TYPE_CHECKING, Any

import pytest

from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, moments
from tests.functions.events.stream import TableStream, deliver
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.fixture
def form(alice: Caller, s3: "S3Client") -> dict[str, Any]:
    """Post a form with bytes of another type."""
    form: dict[str, Any] = alice.ask_for_form(filename="image.png").json()
    post(s3, form["upload"], media.gif())
    return form


def test_a_refused_upload_is_one_event(
    alice: Caller, form: dict[str, Any], stream: TableStream, sent: list[Any]
) -> None:
    refused = alice.complete(form["asset_id"])
    assert refused.status == 400
    deliver(stream.filtered())
    ((event_id, payload),) = sent
    assert event_id == f"asset_refused_{form['asset_id']}"
    assert payload["data"] == {
        "owner": "alice",
        "asset_id": form["asset_id"],
        "filename": "image.png",
        "reason": refused.json()["detail"],
    }
    file_arrived(form["asset_id"])
    assert alice.complete(form["asset_id"]).status == 400
    assert stream.filtered() == []


def test_a_file_refused_by_its_event_is_an_event(form: dict[str, Any], stream: TableStream, sent: list[Any]) -> None:
    file_arrived(form["asset_id"])
    deliver(stream.filtered())
    assert [event_id for event_id, _ in sent] == [f"asset_refused_{form['asset_id']}"]


def test_other_bytes_posted_with_the_same_form_are_published(
    alice: Caller, form: dict[str, Any], stream: TableStream, sent: list[Any], s3: "S3Client"
) -> None:
    alice.complete(form["asset_id"])
    deliver(stream.filtered())
    post(s3, form["upload"], media.png())
    assert alice.complete(form["asset_id"]).status == 201
    deliver(stream.filtered())
    assert [payload["type"] for _, payload in sent] == ["asset.refused", "asset.published"]


def test_a_directly_refused_file_leaves_nothing(alice: Caller, stream: TableStream) -> None:
    assert alice.upload("image.png", media.gif()).status == 400
    assert stream.records() == []


@pytest.mark.parametrize(("number", "moment"), moments(3))
def test_a_refusal_after_a_crashed_request_is_an_event(
    number: int,
    moment: Moment,
    alice: Caller,
    form: dict[str, Any],
    stream: TableStream,
    calls: AwsCalls,
    sent: list[Any],
) -> None:
    with calls.stopped_at(number, moment):
        alice.complete(form["asset_id"])
    file_arrived(form["asset_id"])
    deliver(stream.filtered())
    assert [event_id for event_id, _ in sent] == [f"asset_refused_{form['asset_id']}"]


def test_recording_a_refusal_costs_one_call(alice: Caller, form: dict[str, Any], calls: AwsCalls) -> None:
    calls.resume()
    alice.complete(form["asset_id"])
    assert calls.made == ["BatchGetItem", "GetObject", "PutItem"]
