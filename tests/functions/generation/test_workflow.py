"""Generation from image to video, as clients see it."""

from tests import media
from tests.fake_replicate import FakeReplicate, File
from tests.functions.gateway import HOST, Caller
from tests.functions.generation.stack import MODEL, Stack


def test_a_generation_ends_as_an_asset(stack: Stack, alice: Caller, provider: FakeReplicate, image_url: str) -> None:
    job_id = _requested(alice, provider, image_url)
    video = media.mp4()
    provider.becomes("succeeded", provider.put("video.mp4", File(video)))
    assert stack.send_webhook().status == 200
    assert stack.deliver() == []
    asset_id = _completed(alice, job_id)

    stored = stack.s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert stored["Body"].read() == video
    assert stored["ContentType"] == "video/mp4"
    listed = alice.list(file_type="video").json()["assets"]
    assert [(asset["asset_id"], asset["source"], asset["job_id"]) for asset in listed] == [
        (asset_id, "generation", job_id)
    ]
    assert listed[0]["filename"].startswith("video-01-")
    (item,) = (item for item in stack.items("asset#") if item["sk"]["S"].endswith(asset_id))
    assert (item["model_id"]["S"], item["source_asset_id"]["S"]) == (MODEL, image_url.rpartition("/")[2])
    assert stack.copied() == []

    assert alice.delete(asset_id).status == 200
    assert alice.job(job_id).json()["status"] == "completed"


def _requested(alice: Caller, provider: FakeReplicate, image_url: str) -> str:
    """Request a video of the image, check what the provider gets, and return the job's id."""
    response = alice.generate(prompt="wave hello", model_id=MODEL, input={"first_frame_image": image_url})
    assert response.status == 202, response.body
    job_id = response.json()["job_id"]
    assert response.json() == {"success": True, "job_id": job_id, "status": "pending"}
    assert response.headers["ratelimit"].startswith('"generations";r=9')
    assert response.headers["location"] == f"https://{HOST}/api/v2/jobs/{job_id}"
    assert provider.created[0]["input"] == {"prompt": "wave hello", "first_frame_image": image_url}
    assert provider.created[0]["webhook_events_filter"] == ["completed"]
    assert alice.job(job_id).json()["status"] == "pending"
    return str(job_id)


def _completed(alice: Caller, job_id: str) -> str:
    """Check everything in the completed job, and return the id of its asset."""
    job = alice.job(job_id).json()
    asset_id = job["asset_id"]
    assert job == {
        "success": True,
        "job_id": job_id,
        "kind": "generation",
        "status": "completed",
        "model_id": MODEL,
        "prompt": "wave hello",
        "created_at": job["created_at"],
        "completed_at": job["completed_at"],
        "source_url": None,
        "asset_url": f"https://{HOST}/api/v2/assets/{asset_id}",
        "video_url": f"https://{HOST}/api/v2/assets/{asset_id}",
        "asset_id": asset_id,
        "deleted_assets": None,
        "error_message": None,
    }
    return str(asset_id)


def test_a_generation_accepts_options(stack: Stack, alice: Caller, provider: FakeReplicate) -> None:
    job_id = alice.generate(prompt="wave", model_id=MODEL, tags=["red"], expires_in=60).json()["job_id"]
    provider.becomes("succeeded", provider.put("video.mp4", File(media.mp4())))
    stack.send_webhook()
    stack.deliver()
    asset = alice.metadata(alice.job(job_id).json()["asset_id"]).json()
    assert (asset["tags"], asset["expires_at"] is not None) == (["red"], True)
    assert alice.generate(prompt="wave", model_id=MODEL, tags=["#"]).status == 422


def test_a_job_completes_without_any_webhook(stack: Stack, alice: Caller, provider: FakeReplicate) -> None:
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    provider.becomes("processing")
    stack.minute()
    assert alice.job(job_id).json()["status"] == "processing"
    provider.becomes("succeeded", provider.put("video.mp4", File(media.mp4())))
    stack.minute()
    assert alice.job(job_id).json()["status"] == "completed"


def test_lists_jobs_newest_first_by_cursor(stack: Stack, alice: Caller) -> None:  # noqa: ARG001
    ids = [alice.generate(prompt="a", model_id=MODEL).json()["job_id"] for _ in range(5)]
    first = alice.jobs(limit=2).json()
    second = alice.jobs(limit=2, cursor=first["next_cursor"]).json()
    third = alice.jobs(limit=2, cursor=second["next_cursor"]).json()
    found = [job["job_id"] for page in (first, second, third) for job in page["jobs"]]
    assert sorted(found) == sorted(ids)
    assert found == sorted(found, reverse=True)
    assert third["next_cursor"] is None
    assert alice.jobs(limit=0).status == 422


def test_other_owners_jobs_are_not_found(stack: Stack, alice: Caller, bob: Caller) -> None:  # noqa: ARG001
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    for response in (bob.job(job_id), bob.cancel(job_id), bob.job("nonsense")):
        assert (response.status, response.detail) == (404, "Job not found")
    assert bob.jobs().json()["jobs"] == []
    assert alice.job(job_id).json()["status"] == "pending"


def test_every_route_needs_a_token(stack: Stack, anonymous: Caller) -> None:  # noqa: ARG001
    for response in (anonymous.generate(), anonymous.jobs(), anonymous.job("x"), anonymous.cancel("x")):
        assert response.status == 401
