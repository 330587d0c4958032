"""Metrics for the dashboard and the operator."""

from typing import TYPE_CHECKING

import pytest

from asset_api.platform import metrics
from tests import media
from tests.functions import triggers
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.logs import Logged

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# Outside Lambda, the service is not the stack's name.
pytestmark = pytest.mark.usefixtures("service_name")


@pytest.fixture
def service_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "my-stack")


def test_a_direct_upload_is_issued_and_published(alice: Caller, logged: Logged) -> None:
    data = media.png()
    assert alice.upload("image.png", data).status == 201
    assert logged.values("UploadsIssued") == [1.0]
    assert logged.values("AssetsPublished") == [1.0]
    assert logged.values("BytesPublished") == [float(len(data))]


def test_without_monitoring_nothing_is_sent(alice: Caller, logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, emits_metrics=False)
    assert alice.upload("image.png", media.png()).status == 201
    assert alice.upload("image.png", b"").status == 400
    assert logged.metrics == []


def test_a_form_is_counted_once_as_issued_and_once_as_published(alice: Caller, logged: Logged, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="image.png").json()
    assert (logged.values("UploadsIssued"), logged.values("AssetsPublished")) == ([1.0], [])
    triggers.post(s3, form["upload"], media.png())
    assert alice.complete(form["asset_id"]).status == 201
    triggers.file_arrived(form["asset_id"])
    assert alice.complete(form["asset_id"]).status == 201
    assert logged.values("AssetsPublished") == [1.0]


def test_a_replay_is_not_counted(alice: Caller, logged: Logged) -> None:
    for _ in range(2):
        assert alice.upload("image.png", media.png(), key="once").status == 201
    assert logged.values("UploadsIssued") == [1.0]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("image.png", b"", "empty-file"), ("image.png", b"MZ and so on", "invalid-file-type")],
)
def test_a_refused_file_is_counted_by_its_reason(
    name: str, data: bytes, reason: str, alice: Caller, logged: Logged
) -> None:
    assert alice.upload(name, data).status == 400
    (refusal,) = logged.metrics
    assert (refusal["UploadsRefused"], refusal["reason"]) == ([1.0], reason)


def test_a_file_refused_by_its_event_is_counted(alice: Caller, logged: Logged, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="image.png").json()
    triggers.post(s3, form["upload"], b"<script>")
    triggers.file_arrived(form["asset_id"])
    assert logged.values("UploadsRefused") == [1.0]


def test_rate_limited_requests_are_counted(alice: Caller, logged: Logged) -> None:
    responses = [alice.ask_for_form(filename="image.png").status for _ in range(12)]
    assert responses.count(429) == 2
    assert logged.values("LimitHits") == [1.0, 1.0]
    assert logged.values("UploadsRefused") == []


def test_client_errors_are_not_counted(alice: Caller, anonymous: Caller, logged: Logged) -> None:
    assert (alice.job("none").status, anonymous.list().status) == (404, 401)
    assert logged.metrics == []


def test_a_metric_names_the_stack(alice: Caller, logged: Logged) -> None:
    alice.ask_for_form(filename="image.png")
    (issued,) = logged.metrics
    (described,) = issued["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == metrics.NAMESPACE
    assert described["Dimensions"] == [["service"]]
    assert issued["service"] == "my-stack"
