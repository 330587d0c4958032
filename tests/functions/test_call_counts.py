"""AWS calls of operations that docs/cost.md does not price; test_cost_counts.py counts the others."""

from mypy_boto3_s3.client import S3Client

from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post


def test_a_form_with_an_idempotency_key_costs_three_calls_and_its_replay_one(alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    assert alice.ask_for_form(key="k", filename="clip.mp4").status == 201
    assert calls.made == ["PutItem", "UpdateItem", "UpdateItem"]
    calls.resume()
    assert alice.ask_for_form(key="k", filename="clip.mp4").status == 201
    assert calls.made == ["PutItem"]


def test_a_direct_upload_with_metadata_to_remove_costs_four_calls(alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    assert alice.upload("image.jpg", media.jpeg(exif=True)).status == 201
    assert calls.made == ["UpdateItem", "PutObject", "PutObject", "TransactWriteItems"]


def test_completing_costs_four_calls_and_again_one(alice: Caller, calls: AwsCalls, s3: S3Client) -> None:
    body = alice.ask_for_form(filename="clip.mp4").json()
    post(s3, body["upload"], media.mp4())
    calls.resume()
    assert alice.complete(body["asset_id"]).status == 201
    assert calls.made == ["BatchGetItem", "GetObject", "CopyObject", "TransactWriteItems"]
    calls.resume()
    assert alice.complete(body["asset_id"]).status == 201
    assert calls.made == ["BatchGetItem"]


def test_a_page_costs_one_call_and_with_an_offset_two(alice: Caller, calls: AwsCalls) -> None:
    for _ in range(3):
        alice.upload("image.png", media.png())
    calls.resume()
    page = alice.list(limit=1).json()
    assert calls.made == ["Query"]
    calls.resume()
    alice.list(limit=1, cursor=page["next_cursor"])
    assert calls.made == ["Query"]
    calls.resume()
    alice.list(limit=1, offset=1)
    assert calls.made == ["Query", "Query"]


def test_deleting_costs_five_calls_and_a_repeated_delete_three(alice: Caller, calls: AwsCalls) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    file_arrived(asset_id)
    calls.resume()
    assert alice.delete(asset_id).status == 200
    assert calls.made == ["BatchGetItem", "TransactWriteItems", "ListObjectVersions", "DeleteObjects", "ListObjectsV2"]
    calls.resume()
    assert alice.delete(asset_id).status == 404
    # Without public or private bytes.
    assert calls.made == ["BatchGetItem", "HeadObject", "HeadObject"]


def test_deleting_another_owners_asset_costs_one_call(alice: Caller, bob: Caller, calls: AwsCalls) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    calls.resume()
    assert bob.delete(asset_id).status == 404
    assert calls.made == ["BatchGetItem"]


def test_deleting_a_fresh_upload_costs_one_more_call(alice: Caller, calls: AwsCalls) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    calls.resume()
    assert alice.delete(asset_id).status == 200
    assert calls.made == [
        *("BatchGetItem", "TransactWriteItems", "ListObjectVersions", "DeleteObjects", "DeleteObjects"),
        "ListObjectsV2",
    ]


def test_invalid_requests_make_no_calls(alice: Caller, calls: AwsCalls, anonymous: Caller) -> None:
    calls.resume()
    refused = (
        anonymous.ask_for_form(filename="clip.mp4"),
        alice.ask_for_form(filename="clip.exe"),
        alice.upload("image.jpg", media.gif()),
        alice.complete("019a8790-3d80-7c4a-9b1e-5f0f9a621d72"),
        alice.list(limit=0),
        alice.metadata("none"),
        alice.delete("none"),
        anonymous.request("GET", "/api/v2/health"),
    )
    assert [response.status for response in refused] == [401, 400, 400, 404, 422, 404, 404, 200]
    assert calls.made == []
