"""Publication by the event, by `complete` and by both, always with inspection."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from asset_api.publishing.assets_bucket import AssetsBucket, Facts
from asset_api.publishing.incoming_bucket import IncomingBucket
from tests import media
from tests.corpus.md5_twins import PAGE, PICTURE
from tests.e2e.client import PATIENCE_SECONDS, SUPPORTED, Caller, eventually, refused, succeeded
from tests.e2e.emulated_aws import client, no_events_of_files, physical_id, publications_by_event
from tests.e2e.local_stack import LocalStack
from tests.samples import CLEAN, MIME

NEVER_ISSUED = "0199d1a0-0000-7000-8000-000000000000"
SCRIPT = b"<!doctype html><script>alert(1)</script>"


def test_the_event_alone_publishes_within_seconds(alice: Caller) -> None:
    arrived = {alice.arrived(f"sample.{name}", data)["asset_id"]: name for name, data in CLEAN.items()}
    eventually("all listed by their events", lambda: set(alice.listed_ids()) >= arrived.keys() or None)
    for asset_id, extension in arrived.items():
        public = alice.get(asset_id)
        assert (public.status_code, public.headers["content-type"]) == (200, MIME[extension])
        assert public.content == CLEAN[extension]
    assert sorted(alice.listed_ids()) == sorted(arrived)


def completed(alice: Caller, asset_id: str) -> dict[str, Any]:
    """Return the asset without its thumbhash, which another function adds a moment later."""
    return {**succeeded(alice.complete(asset_id), 201), "thumbhash": None}


def test_repeated_completes_make_one_asset(alice: Caller, stack: LocalStack) -> None:
    asset_id = alice.arrived("clip.mp4", media.mp4())["asset_id"]
    first = completed(alice, asset_id)
    assert completed(alice, asset_id) == first
    assert publications_by_event(stack, asset_id) == ["published"]
    assert completed(alice, asset_id) == first
    assert alice.listed_ids() == [asset_id]


def test_concurrent_completes_and_the_event_make_one_asset(alice: Caller, stack: LocalStack) -> None:
    asset_id = alice.arrived("image.jpg", media.jpeg(exif=True))["asset_id"]
    with ThreadPoolExecutor(6) as pool:
        assets = list(pool.map(lambda _: completed(alice, asset_id), range(6)))
    assert publications_by_event(stack, asset_id) == ["published"]
    assert all(asset == assets[0] for asset in assets)
    assert alice.listed_ids() == [asset_id]
    assert len(alice.get(asset_id).content) == assets[0]["size_bytes"]


def test_nothing_is_public_before_the_bytes_arrive(alice: Caller) -> None:
    asset_id = succeeded(alice.ask_for_form("clip.mp4"), 201)["asset_id"]
    assert refused(alice.complete(asset_id), 409).startswith("The file has not arrived yet: post it")
    assert alice.get(asset_id).status_code == 404
    assert alice.listed_ids() == []
    assert refused(alice.metadata(asset_id), 404) == "Asset not found"


def test_a_form_can_be_posted_again_after_a_refusal(alice: Caller) -> None:
    response = alice.arrived("image.png", media.gif())
    refused(alice.complete(response["asset_id"]), 400)
    assert alice.post(response["upload"], media.png()).status_code == 201
    succeeded(alice.complete(response["asset_id"]), 201)
    assert alice.get(response["asset_id"]).content == media.png()


@pytest.mark.parametrize("asset_id", [NEVER_ISSUED, "not-an-id", "019A8790-3D80-7C4A-9B1E-5F0F9A621D72"])
def test_an_unknown_id_cannot_be_completed(asset_id: str, alice: Caller) -> None:
    assert refused(alice.complete(asset_id), 404) == "Asset not found"


def test_another_owners_upload_cannot_be_completed(alice: Caller, bob: Caller) -> None:
    issued = succeeded(alice.ask_for_form("clip.mp4"), 201)
    assert refused(bob.complete(issued["asset_id"]), 404) == "Asset not found"
    assert alice.post(issued["upload"], media.mp4()).status_code == 201
    assert refused(bob.complete(issued["asset_id"]), 404) == "Asset not found"
    assert bob.listed_ids() == []


def test_a_file_of_another_type_than_declared_is_never_published(alice: Caller, stack: LocalStack) -> None:
    files = [("page.jpg", SCRIPT), ("image.jpg", media.gif()), ("clip.mp4", media.mov()), ("clip.mov", SCRIPT)]
    arrived = [alice.arrived(name, data)["asset_id"] for name, data in files]
    for asset_id in [*arrived, *arrived]:
        detail = refused(alice.complete(asset_id), 400)
        assert detail.startswith("Invalid file type")
        assert detail.endswith(f"Supported: {SUPPORTED}")
    for asset_id in arrived:
        assert publications_by_event(stack, asset_id) == ["invalid-file-type"]
        assert_absent(alice, asset_id)


def test_a_declared_sha256_is_enforced(alice: Caller, stack: LocalStack) -> None:
    response = succeeded(alice.ask_for_form("clip.mp4", sha256="0" * 64), 201)
    # S3 refuses these bytes when they are posted; the emulator ignores checksums.
    if alice.post(response["upload"], media.mp4()).status_code == 201:
        assert refused(alice.complete(response["asset_id"]), 400).startswith("Checksum mismatch")
        assert publications_by_event(stack, response["asset_id"]) == ["checksum-mismatch"]
    assert_absent(alice, response["asset_id"])


def test_a_form_used_again_with_other_bytes_changes_nothing_public(alice: Caller, stack: LocalStack) -> None:
    response = alice.arrived("image.jpg", media.jpeg())
    asset_id = response["asset_id"]
    asset = completed(alice, asset_id)
    etag = alice.get(asset_id).headers["etag"]
    for count, other in enumerate((media.jpeg(32, 32), SCRIPT), start=2):
        assert alice.post(response["upload"], other).status_code == 201
        assert completed(alice, asset_id) == asset
        publications_by_event(stack, asset_id, count)
        public = alice.get(asset_id)
        assert (public.content, public.headers["etag"]) == (media.jpeg(), etag)
    found = {**alice.metadata(asset_id).json(), "success": True, "thumbhash": None}
    assert found == asset
    assert alice.listed_ids() == [asset_id]


def test_the_uploaded_original_is_removed_after_publication(alice: Caller, stack: LocalStack) -> None:
    """Wait until events have removed the uploaded originals, completed or not."""
    completed, left = (alice.arrived("image.jpg", media.jpeg(exif=True)) for _ in range(2))
    succeeded(alice.complete(completed["asset_id"]), 201)
    for response in (completed, left):
        asset_id = response["asset_id"]
        publications_by_event(stack, asset_id)
        eventually("nothing is left", lambda asset_id=asset_id: not versions_of(stack, asset_id))  # type: ignore[misc]
        assert succeeded(alice.complete(asset_id), 201)["asset_id"] == asset_id


def versions_of(stack: LocalStack, asset_id: str) -> list[str]:
    """List the versions of an upload in S3."""
    bucket = physical_id(stack, "IncomingBucket")
    listed = client(stack, "s3").list_object_versions(Bucket=bucket, Prefix=f"uploads/{asset_id}")
    return [version["VersionId"] for version in listed.get("Versions", ())]


def test_an_md5_twin_posted_between_inspection_and_copy_is_not_published(alice: Caller, stack: LocalStack) -> None:
    """Publish step by step, without events, with a second post in between, which no client could time."""
    response = succeeded(alice.ask_for_form("picture.gif"), 201)
    asset_id = response["asset_id"]
    s3 = client(stack, "s3")
    incoming = IncomingBucket(s3, physical_id(stack, "IncomingBucket"))
    with no_events_of_files(stack):
        posted = [alice.post(response["upload"], PICTURE)]
        inspected = incoming.find(asset_id)
        assert inspected is not None
        posted.append(alice.post(response["upload"], PAGE))
    assert [each.status_code for each in posted] == [201, 201]
    assert posted[0].headers["etag"] == posted[1].headers["etag"]
    assets = AssetsBucket(s3, physical_id(stack, "AssetsBucket"), 300)
    assets.copy(inspected.upload, incoming.copy_source(inspected), facts=Facts())
    assert alice.get(asset_id).content == PICTURE
    # The publication is unfinished. The owner can still delete the public bytes.
    assert alice.listed_ids() == []
    succeeded(alice.delete(asset_id), 200)
    assert_absent(alice, asset_id)


def test_a_deleted_asset_never_returns(alice: Caller, stack: LocalStack) -> None:
    response = alice.arrived("clip.mp4", media.mp4())
    asset_id = response["asset_id"]
    succeeded(alice.complete(asset_id), 201)
    succeeded(alice.delete(asset_id), 200)
    assert alice.post(response["upload"], media.mp4()).status_code == 201
    assert refused(alice.complete(asset_id), 404) == "Asset not found"
    # Only the first event may precede the delete. The second finds a deleted asset, or one purged already.
    assert publications_by_event(stack, asset_id, 2).count("published") <= 1
    assert refused(alice.complete(asset_id), 404) == "Asset not found"
    assert refused(alice.delete(asset_id), 404) == "Asset not found"
    assert_absent(alice, asset_id)


def test_a_delete_during_completes_and_events_is_final(alice: Caller, stack: LocalStack) -> None:
    response = alice.arrived("image.jpg", media.jpeg(exif=True))
    asset_id = response["asset_id"]
    with ThreadPoolExecutor(4) as pool:
        completes = [pool.submit(alice.complete, asset_id) for _ in range(3)]
        eventually("deleted", lambda: alice.delete(asset_id).status_code == 200)
        for complete in completes:
            assert complete.result(PATIENCE_SECONDS).status_code in (201, 404, 409)
    publications_by_event(stack, asset_id)
    assert refused(alice.complete(asset_id), 404) == "Asset not found"
    assert_absent(alice, asset_id)


def assert_absent(owner: Caller, asset_id: str) -> None:
    """Check that the asset is neither public nor listed."""
    assert owner.get(asset_id).status_code == 404
    assert owner.listed_ids() == []
    assert refused(owner.metadata(asset_id), 404) == "Asset not found"
