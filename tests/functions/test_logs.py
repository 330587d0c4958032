"""Logs: every line has the request id of the response, and none identifies the client."""

from typing import TYPE_CHECKING

import pytest

from tests import media
from tests.functions import triggers
from tests.functions.gateway import Caller
from tests.functions.logs import Logged

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

OWNER = "alice@example.com"
FILENAME = "our wedding.png"


def test_log_lines_have_the_request_id_of_the_response(alice: Caller, logged: Logged) -> None:
    request_id = alice.upload("image.png", b"").json()["request_id"]
    alice.upload("image.png", media.png())
    assert logged.lines
    assert {line["correlation_id"] for line in logged.lines} == {request_id}


def test_log_lines_have_the_cloudfront_id(alice: Caller, logged: Logged) -> None:
    alice.request("POST", "/api/v2/upload-asset", body=b"{\"filename\": \"a.png\"}",
                  headers={"content-type": "application/json", "x-amz-cf-id": "edge-1"})  # fmt: skip
    alice.ask_for_form(filename="a.png")
    assert [line.get("edge_request_id") for line in logged.lines] == ["edge-1", None]


def test_a_defect_is_logged_with_its_stack_trace_and_request_id(
    alice: Caller, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("asset_api.uploads.forms.described_file", fail)
    request_id = alice.ask_for_form(filename="image.png").json()["request_id"]
    (line,) = logged.lines
    assert (line["level"], line["correlation_id"]) == ("ERROR", request_id)
    assert "a defect" in line["exception"]


def test_the_event_is_logged_with_s3s_request_id(alice: Caller, logged: Logged, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="image.png").json()
    triggers.post(s3, form["upload"], media.png())
    triggers.file_arrived(form["asset_id"])
    issued, published = logged.lines
    assert published["correlation_id"] == "N4N7GDK58NMKJ12R"
    assert issued["asset_id"] == published["asset_id"] == form["asset_id"]


def test_nothing_personal_is_logged(logged: Logged, s3: "S3Client") -> None:
    caller = Caller(OWNER)
    token = caller.authorization()["authorization"].removeprefix("Bearer ")
    asset_id = caller.upload(FILENAME, media.png(), key="a-key-of-the-client").json()["asset_id"]
    form = caller.ask_for_form(filename=FILENAME).json()
    triggers.post(s3, form["upload"], b"not an image")
    triggers.file_arrived(form["asset_id"])
    caller.upload(FILENAME, b"")
    caller.request("POST", "/api/v2/upload-asset", body=b"{", headers={"content-type": "application/json"})
    caller.list(limit=5)
    caller.delete(asset_id)
    triggers.tombstone_written(asset_id)
    assert logged.lines
    for secret in (OWNER, "alice", FILENAME, "wedding", token, token.split(".")[1], "a-key-of-the-client", "192.0.2.1"):
        assert secret not in logged.text
