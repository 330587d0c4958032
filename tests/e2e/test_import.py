"""Imports from URLs on the service itself, the only host that every machine can reach."""

from tests import media
from tests.e2e.client import Caller, refused, succeeded


def test_another_owners_public_file_can_be_imported(alice: Caller, bob: Caller) -> None:
    theirs = bob.uploaded("portrait.png", media.png(32, 16))
    accepted = succeeded(alice.import_url(theirs["url"], tags=["imported"]), 202)
    assert accepted.keys() == {"success", "job_id", "asset_id", "status"}
    job = alice.ended(accepted["job_id"])
    assert (job["kind"], job["status"], job["source_url"]) == ("import", "completed", theirs["url"]), job
    assert (job["asset_id"], job["video_url"]) == (accepted["asset_id"], None)
    asset = succeeded(alice.metadata(accepted["asset_id"]), 200)
    assert (asset["source"], asset["job_id"], asset["source_url"]) == ("import", accepted["job_id"], theirs["url"])
    assert (asset["filename"], asset["width"], asset["height"]) == ("portrait.png", 32, 16)
    assert alice.get(asset["asset_id"]).content == bob.get(theirs["asset_id"]).content
    (tagged,) = alice.list_assets(tag="imported").json()["assets"]
    assert tagged == {**asset, "thumbhash": tagged["thumbhash"]}  # which may have become known meanwhile
    succeeded(bob.delete(theirs["asset_id"]), 200)
    assert alice.get(asset["asset_id"]).status_code == 200


def test_an_imported_copy_outlives_the_original(alice: Caller) -> None:
    original = alice.uploaded("clip.mp4", media.mp4())
    job = alice.ended(succeeded(alice.import_url(original["url"], filename="copy.mp4"), 202)["job_id"])
    assert job["video_url"] == job["asset_url"] is not None, job
    succeeded(alice.delete(original["asset_id"]), 200)
    assert succeeded(alice.metadata(job["asset_id"]), 200)["filename"] == "copy.mp4"
    assert alice.get(job["asset_id"]).status_code == 200


def test_an_invalid_url_is_refused_and_an_unusable_file_fails_its_job(alice: Caller) -> None:
    gone = alice.uploaded("image.png", media.png())
    succeeded(alice.delete(gone["asset_id"]), 200)
    health = gone["url"].partition("/api/")[0] + "/api/v2/health"
    for url, words in ((gone["url"], "no live asset"), (health, "Invalid file type"), (health + "x", "no such file")):
        job = alice.ended(succeeded(alice.import_url(url), 202)["job_id"])
        assert (job["status"], words in job["error_message"]) == ("failed", True), job
    for url in ("ftp://example.com/a.png", "http://user@example.com/", "http://0x7f.1/"):
        assert refused(alice.import_url(url), 422).startswith("url: ")
