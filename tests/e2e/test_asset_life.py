"""Options, changes, search, usage, bulk deletes and expiry."""

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests import media
from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.emulated_aws import client, item_with, physical_id, reconcile
from tests.e2e.local_stack import LocalStack

UNKNOWN = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
# Decomposed, and as it is compared.
SENT, COMPARED = "caf\u0065\u0301", "caf\u00e9"


def uploaded(caller: Caller, name: str = "image.png", **fields: Any) -> str:
    """Upload a small file in one request with `fields`; return its id."""
    response = caller.send("POST", "/api/v2/upload-asset", files={"file": (name, media.png())}, data=fields)
    return str(succeeded(response, 201)["asset_id"])


def found(caller: Caller, **parameters: str | int) -> list[str]:
    return [asset["asset_id"] for asset in succeeded(caller.list_assets(**parameters), 200)["assets"]]


@pytest.mark.parametrize("way", ["form", "direct"])
def test_an_upload_has_its_options_and_is_cached_only_until_it_expires(way: str, alice: Caller) -> None:
    before = time.time()
    if way == "form":
        asset_id = alice.arrived("image.png", media.png(), expires_in=3600, tags=[SENT, "album:1"])["asset_id"]
        succeeded(alice.complete(asset_id), 201)
    else:
        asset_id = uploaded(alice, expires_in="3600", tags=[SENT, "album:1"], visibility="public")
    asset = succeeded(alice.metadata(asset_id), 200)
    assert (asset["tags"], asset["visibility"]) == ([COMPARED, "album:1"], "public")
    headers = alice.get(asset_id).headers
    assert "max-age" not in headers["cache-control"]
    expires = parsedate_to_datetime(headers["expires"])
    assert expires.strftime("%Y-%m-%dT%H:%M:%S") == asset["expires_at"]
    assert before + 3599 <= expires.timestamp() <= time.time() + 3600
    for parameters in ({"tag": SENT}, {"tag": COMPARED, "q": "IMAGE", "file_type": "image"}):
        assert found(alice, **parameters) == [asset_id]
    assert found(alice, tag="album:2") == []


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"expires_in": "59"}, "expires_in: must be an integer from 60 to 31536000"),
        ({"tags": "a,b"}, "tags: may contain letters, digits, spaces"),
        ({"visibility": "hidden"}, "visibility: must be public or private"),
    ],
)
def test_a_422_names_the_invalid_option(fields: dict[str, str], detail: str, alice: Caller) -> None:
    response = alice.send("POST", "/api/v2/upload-asset", files={"file": ("image.png", media.png())}, data=fields)
    assert refused(response, 422).startswith(detail)
    as_json: dict[str, Any] = dict(fields)
    as_json |= {"tags": [fields["tags"]]} if "tags" in fields else {}
    as_json |= {"expires_in": 59} if "expires_in" in fields else {}
    assert refused(alice.ask_for_form("image.png", **as_json), 422).startswith(detail)


def test_search_ignores_case_and_unicode_form(alice: Caller) -> None:
    first, second = uploaded(alice, "Été à la Plage.PNG"), uploaded(alice, "ﬁlm.png")
    assert found(alice, q="e\u0301te\u0301 A\u0300") == [first]
    assert found(alice, q="FILM") == [second]
    assert found(alice, q=".png", limit=1, offset=1) == [first]
    assert found(alice, q="nothing") == []
    assert refused(alice.list_assets(q="x" * 256), 422).startswith("q: ")
    assert refused(alice.list_assets(tag="a,b"), 422).startswith("tag: ")


def test_a_renamed_asset_is_downloaded_under_its_new_name(alice: Caller, bob: Caller) -> None:
    asset_id = uploaded(alice, tags=["a"])
    path = f"/api/v2/assets/{asset_id}"
    changed = succeeded(
        alice.send("PATCH", path, json={"filename": "beach.png", "tags": ["b"], "expires_in": 3600}), 200
    )
    assert (changed["filename"], changed["tags"]) == ("beach.png", ["b"])
    public = alice.get(asset_id)
    assert public.headers["content-disposition"] == 'inline; filename="beach.png"'
    assert public.headers["expires"]
    assert public.content == media.png()
    assert (found(alice, tag="a"), found(alice, tag="b", q="BEACH")) == ([], [asset_id])
    forever = succeeded(alice.send("PATCH", path, json={"expires_in": None}), 200)
    assert forever["expires_at"] is None
    assert alice.get(asset_id).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert refused(alice.send("PATCH", path, json={"filename": "beach.jpg"}), 422).startswith("filename: ")
    assert refused(bob.send("PATCH", path, json={"tags": []}), 404) == "Asset not found"


def test_a_bulk_delete_reports_each_id(alice: Caller, bob: Caller) -> None:
    bobs, *ids = uploaded(bob), uploaded(alice, tags=["t"]), uploaded(alice)
    response = alice.send("POST", "/api/v2/assets/delete", json={"asset_ids": [*ids, UNKNOWN, ids[0], bobs]})
    assert succeeded(response, 200) == {"success": True, "deleted": ids, "not_found": [UNKNOWN, bobs]}
    assert [alice.get(asset_id).status_code for asset_id in (*ids, bobs)] == [404, 404, 200]
    assert (alice.listed_ids(), found(alice, tag="t")) == ([], [])
    assert refused(alice.send("POST", "/api/v2/assets/delete", json={"asset_ids": []}), 422).startswith("asset_ids")


def test_usage_equals_the_sum_of_the_list(alice: Caller) -> None:
    ids = [uploaded(alice), uploaded(alice)]
    usage = succeeded(alice.send("GET", "/api/v2/usage"), 200)
    assert (usage["assets"], usage["bytes"]) == (2, 2 * len(media.png()))
    assert usage["limits"]["max_upload_bytes"] == 52428800
    succeeded(alice.delete(ids[0]), 200)
    usage = succeeded(alice.send("GET", "/api/v2/usage"), 200)
    assert (usage["assets"], usage["bytes"]) == (1, len(media.png()))


def test_an_expired_asset_is_hidden_at_once_and_its_bytes_are_removed(alice: Caller, stack: LocalStack) -> None:
    asset_id = uploaded(alice, expires_in="60", tags=["t"])
    table, dynamodb = physical_id(stack, "AssetsTable"), client(stack, "dynamodb")
    # A minute passes. The tag first: once the asset has expired, the schedule may delete both.
    for sort_key in (f"tag#t#asset#{asset_id}", f"asset#{asset_id}"):
        item = item_with(stack, sort_key)
        dynamodb.update_item(
            TableName=table,
            Key={name: item[name] for name in ("owner", "sk")},
            UpdateExpression="SET expiry = :past" + (", check_at = :past" if sort_key.startswith("asset#") else ""),
            ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
        )
    assert (alice.listed_ids(), found(alice, tag="t")) == ([], [])
    assert refused(alice.metadata(asset_id), 404) == "Asset not found"
    reconcile(stack)
    eventually("bytes gone", lambda: alice.get(asset_id).status_code == 404)
    assert succeeded(alice.send("GET", "/api/v2/usage"), 200)["assets"] == 0
