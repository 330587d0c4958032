"""Delete: at once, for good, and once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack
from tests.samples import CLEAN


@pytest.mark.parametrize("extension", CLEAN)
def test_a_deleted_asset_is_gone_at_once(extension: str, alice: Caller) -> None:
    asset_id = alice.uploaded(f"sample.{extension}", CLEAN[extension])["asset_id"]
    assert alice.get(asset_id).status_code == 200
    response = succeeded(alice.delete(asset_id), 200)
    assert response == {"success": True, "message": f"Asset {asset_id} deleted successfully"}
    assert alice.get(asset_id).status_code == 404
    assert alice.listed_ids() == []
    assert refused(alice.metadata(asset_id), 404) == "Asset not found"
    assert refused(alice.delete(asset_id), 404) == "Asset not found"


def test_a_delete_removes_every_version_from_s3(alice: Caller, stack: LocalStack) -> None:
    asset_id = alice.uploaded("clip.mp4", media.mp4())["asset_id"]
    s3 = client(stack, "s3")
    incoming = physical_id(stack, "IncomingBucket")
    # Versions that no event has removed yet, and a delete marker like those of the lifecycle rule.
    for _ in range(2):
        s3.put_object(Bucket=incoming, Key=f"uploads/{asset_id}", Body=media.mp4())
    s3.delete_object(Bucket=incoming, Key=f"uploads/{asset_id}")
    succeeded(alice.delete(asset_id), 200)
    public = (physical_id(stack, "AssetsBucket"), f"api/v2/assets/{asset_id}")
    for bucket, key in (public, (incoming, f"uploads/{asset_id}")):
        left = s3.list_object_versions(Bucket=bucket, Prefix=key)
        assert left.keys().isdisjoint({"Versions", "DeleteMarkers"})


def test_only_one_of_five_concurrent_deletes_succeeds(alice: Caller) -> None:
    asset_id = alice.uploaded("image.png", media.png())["asset_id"]
    with ThreadPoolExecutor(5) as pool:
        responses = list(pool.map(lambda _: alice.delete(asset_id), range(5)))
    assert sorted(response.status_code for response in responses) == [200, 404, 404, 404, 404]


def test_an_unpublished_upload_cannot_be_deleted(alice: Caller) -> None:
    asset_id = succeeded(alice.ask_for_form("clip.mp4"), 201)["asset_id"]
    assert refused(alice.delete(asset_id), 404) == "Asset not found"


@pytest.mark.parametrize("asset_id", ["0199d1a0-0000-7000-8000-000000000000", "x", "x" * 2000])
def test_deleting_an_unknown_id_is_a_404(asset_id: str, alice: Caller) -> None:
    assert refused(alice.delete(asset_id), 404) == "Asset not found"


def test_a_delete_leaves_other_assets_alone(alice: Caller) -> None:
    kept, deleted = (alice.uploaded("image.png", media.png())["asset_id"] for _ in range(2))
    succeeded(alice.delete(deleted), 200)
    assert alice.listed_ids() == [kept]
    assert alice.get(kept).content == media.png()
