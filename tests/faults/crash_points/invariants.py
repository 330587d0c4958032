"""Checks of the invariants for a whole account: stored and served bytes, items, and responses."""

import hashlib
import re

from asset_api.assets import filenames, public_urls, usage
from asset_api.assets.asset import Asset
from asset_api.jobs import jobs_in_flight
from asset_api.publishing.assets_bucket import original_keys
from tests.faults.crash_points.account import Account, Stored, files, is_pending, large_files, published, video

# The contract's table of statuses, without the 500 that means a defect and those of methods and paths.
STATUSES = {200, 201, 202, 400, 404, 409, 413, 422, 429, 503}


_NAMES = {"image/png": "image.png", "image/jpeg": "image.jpg"}
_LARGE = "video/mp4"


def check_at_any_moment(account: Account) -> None:
    """Check the invariants that hold even before any retry."""
    _at_any_moment(account, account.stored())


def check(account: Account) -> None:
    """Check the invariants that hold once everything has been retried."""
    stored = account.stored()
    _at_any_moment(account, stored)
    _only_listed_bytes_are_public(stored)
    _uploads_are_listed_or_deleted(account, stored)
    _deleted_are_gone(account, stored)
    _renditions_belong_to_listed_assets(stored)
    _keys_have_one_response(account)
    _jobs_have_ended_with_one_asset_each(account, stored)
    _no_ended_job_counts_as_in_flight(stored)
    _no_minute_has_more_than_ten_uploads(account)
    _owners_are_separate(account, stored)
    _usage_equals_the_sum_of_the_list(stored)
    _tags_have_their_index_items_and_no_others(stored)
    _what_is_served_follows_the_catalog(account, stored)


def _at_any_moment(account: Account, stored: Stored) -> None:
    _listed_have_exactly_the_bytes_that_were_inspected(stored)
    _private_assets_are_private(account, stored)
    _responses_are_in_the_contract(account)


def _listed_have_exactly_the_bytes_that_were_inspected(stored: Stored) -> None:
    for item in stored.items:
        if not item["sk"]["S"].startswith("asset#"):
            continue
        asset_id = item["sk"]["S"].removeprefix("asset#")
        # The bytes are under both keys if a change of visibility crashed halfway.
        found = [data for place in (stored.public, stored.private) if (data := place.get(asset_id)) is not None]
        assert found, "listed without bytes"
        is_generated, file_type = item["source"]["S"] == "generation", item["file_type"]["S"]
        is_large = file_type == _LARGE and not is_generated
        # S3 has no SHA-256 of large files, and both of them begin with the same megabytes.
        expected = [video()] if is_generated else [published()[name] for name in (large_files() if is_large else ())]
        (data,) = {*found}
        assert data in (expected or [published()[_NAMES[file_type]]]), "not what was sent"
        digest = None if is_large else hashlib.sha256(data).hexdigest()
        assert item.get("sha256", {}).get("S") == digest, "not what was inspected"
        assert item["size_bytes"]["N"] == str(len(data)), "not what was inspected"


def _private_assets_are_private(account: Account, stored: Stored) -> None:
    acknowledged: dict[str, str] = {}
    for method, target, response in account.alice.responses:
        if method == "PATCH" and response.status == 200:
            acknowledged[target.rpartition("/")[2]] = response.json()["visibility"]
    for asset_id in (each for each, visibility in acknowledged.items() if visibility == "private"):
        assert asset_id not in stored.public, "private, but its bytes are public"
        names = [name for each, name in stored.renditions if each == asset_id]
        assert all(name.startswith("private/") for name in names), "private, but a rendition is public"


def _only_listed_bytes_are_public(stored: Stored) -> None:
    listed = [Asset.from_item(item) for item in stored.items if item["sk"]["S"].startswith("asset#")]
    for visibility, place in (("public", stored.public), ("private", stored.private)):
        assert sorted(place) == sorted(each.asset_id for each in listed if each.visibility == visibility)
    assert stored.copied == (), "a copied output was left behind"


def _uploads_are_listed_or_deleted(account: Account, stored: Stored) -> None:
    arrived = {asset_id for asset_id, _ in account.arrived}
    assert arrived <= {*stored.ids("asset#"), *stored.ids("tombstone#")}, "an upload was lost"
    assert stored.arrived == (), "an upload was left in the incoming bucket"


def _deleted_are_gone(account: Account, stored: Stored) -> None:
    tombstones = stored.ids("tombstone#")
    assert set(tombstones).isdisjoint(stored.ids("asset#")), "deleted and listed"
    assert set(tombstones).isdisjoint({*stored.public, *stored.private}), "deleted and stored"
    assert set(stored.begun).isdisjoint(original_keys(tombstones)), "deleted, and about to be completed"
    deletes = [
        target for method, target, response in account.alice.responses if (method, response.status) == ("DELETE", 200)
    ]
    of_assets = [target for target in deletes if "/uploads/" not in target]  # an upload may be aborted again
    assert len(of_assets) == len(set(of_assets)), "acknowledged twice"
    for target in deletes:
        asset_id = target.rpartition("/")[2].partition("?")[0]
        assert asset_id in tombstones, "acknowledged and not deleted"
        assert account.alice.metadata(asset_id).status == account.alice.complete(asset_id).status == 404


def _renditions_belong_to_listed_assets(stored: Stored) -> None:
    # A rendition is beside its original, whatever the visibility.
    for asset_id, name in stored.renditions:
        originals = stored.private if name.startswith("private/") else stored.public
        assert asset_id in originals, "a rendition was left behind"
    assert not any(map(is_pending, stored.items)), "something is still in flight"


def _keys_have_one_response(account: Account) -> None:
    assert all(len(responses) == 1 for responses in account.alice.made.values()), "a key got two different responses"


def _jobs_have_ended_with_one_asset_each(account: Account, stored: Stored) -> None:
    all_jobs = account.alice.jobs().json()["jobs"]
    jobs = [job for job in all_jobs if job["kind"] != "erasure"]
    assert all(job["status"] in ("completed", "failed", "canceled") for job in all_jobs), "a job has not ended"
    assert len(jobs) <= 1, "a key made two jobs"
    if jobs == all_jobs:  # an erasure deletes them
        assert len(account.stack.provider.created) <= len(jobs), "more predictions than jobs"
    assets = {asset["asset_id"] for asset in account.alice.list().json()["assets"] if "job_id" in asset}
    made = {job["asset_id"] for job in jobs if job["status"] == "completed"}
    assert assets == made - set(stored.ids("tombstone#"))


def _no_ended_job_counts_as_in_flight(stored: Stored) -> None:
    counted = [item.get("job_ids") for item in stored.items if item["sk"]["S"] == jobs_in_flight.SORT_KEY]
    assert not any(counted), "an ended job still counts as in flight"


def _no_minute_has_more_than_ten_uploads(account: Account) -> None:
    """Check that no flow takes a minute except by waiting for jobs."""
    issued = {
        response.json()["asset_id"]
        for _, target, response in account.alice.responses
        if target.endswith("/upload-asset") and response.status == 201
    }
    assert len(issued) <= 10


def _owners_are_separate(account: Account, stored: Stored) -> None:
    assert [asset["asset_id"] for asset in account.bob.list().json()["assets"]] == [account.bobs_asset]
    assert stored.public[account.bobs_asset] == files()["image.png"]
    assert account.alice.metadata(account.bobs_asset).status == 404
    for asset_id in {asset["asset_id"] for asset in account.alice.list().json()["assets"]}:
        assert account.bob.metadata(asset_id).status == account.bob.delete(asset_id).status == 404


def _usage_equals_the_sum_of_the_list(stored: Stored) -> None:
    listed: dict[str, list[int]] = {}
    for item in stored.items:
        if item["sk"]["S"].startswith("asset#"):
            listed.setdefault(item["owner"]["S"], []).append(int(item["size_bytes"]["N"]))
    used = {item["owner"]["S"]: item for item in stored.items if item["sk"]["S"] == usage.SORT_KEY}
    for owner in listed.keys() | used.keys():
        sizes = listed.get(owner, [])
        assert usage.Usage.from_item(used.get(owner, {})) == (len(sizes), sum(sizes)), "not what is listed"


def _tags_have_their_index_items_and_no_others(stored: Stored) -> None:
    wanted = {
        (item["sk"]["S"], item["filename"]["S"])
        for asset_item in stored.items
        if asset_item["sk"]["S"].startswith("asset#")
        for item in Asset.from_item(asset_item).to_tag_items()
    }
    found = {(i["sk"]["S"], i["filename"]["S"]) for i in stored.items if i["sk"]["S"].startswith("tag#")}
    assert found == wanted, "tags that find nothing, or assets that no tag finds"


def _what_is_served_follows_the_catalog(account: Account, stored: Stored) -> None:
    # Those of renditions, which belong to no owner, expire by themselves.
    owned = [item for item in stored.items if not item["owner"]["S"].startswith("rendition#")]
    assert not any(item["sk"]["S"].startswith("change#") for item in owned), "a change is unfinished"
    for item in stored.items:
        if item["sk"]["S"].startswith("asset#"):
            asset = Asset.from_item(item)
            key = public_urls.object_key(asset.asset_id, asset.visibility)
            head = account.stack.s3.head_object(Bucket="assets", Key=key)
            assert head["ContentDisposition"] == filenames.content_disposition(asset.filename), "another name"
            assert ("Expires" in head) == (asset.expiry is not None), "another expiry"
            assert head["Metadata"].get("expiry") == (str(asset.expiry) if asset.expiry else None), "another expiry"


def _responses_are_in_the_contract(account: Account) -> None:
    for method, target, response in [*account.alice.responses, *account.bob.responses]:
        assert response.status in STATUSES, f"{method} {target}: {response.status} {response.body}"
        assert response.status < 400 or re.fullmatch(r".+", response.detail)
