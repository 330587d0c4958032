"""Generation jobs as their owner sees them: an image and a prompt become a video asset."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests import media
from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn

# Jobs that another module's tests wait for; they run during the tests of this one.
pytestmark = pytest.mark.usefixtures("reconciled_jobs")

JOB_KEYS = {
    "job_id", "kind", "status", "model_id", "prompt", "source_url", "created_at", "completed_at", "asset_url",
    "video_url", "asset_id", "deleted_assets", "error_message",
}  # fmt: skip
UNKNOWN_ID = "0199d1a0-0000-7000-8000-000000000000"
# The cheapest model, because it makes no video.
WAITING = "stand-in/never-starts"
POLICY = '"generations";q=10;w=60'


def test_a_generation_makes_a_video_asset_of_an_image(alice: Caller, stack: LocalStack, stand_in: StandIn) -> None:
    image = alice.uploaded("image.png", media.png(320, 240))
    model_input = {"prompt": "person waving hello", "image": image["url"], "first_frame_image": image["url"]}
    response = alice.generate("minimax/video-01", prompt="Make the person in this image wave hello", input=model_input)
    body = succeeded(response, 202)
    job_id = body["job_id"]
    assert body == {"success": True, "job_id": job_id, "status": "pending"}
    assert response.headers["location"] == f"{stack.url}/api/v2/jobs/{job_id}"

    job = alice.ended(job_id)
    asset_id = job["asset_id"]
    assert job == {
        "success": True,
        "job_id": job_id,
        "kind": "generation",
        "status": "completed",
        "model_id": "minimax/video-01",
        "prompt": "Make the person in this image wave hello",
        "created_at": job["created_at"],
        "completed_at": job["completed_at"],
        "video_url": f"{stack.url}/api/v2/assets/{asset_id}",
        "asset_url": f"{stack.url}/api/v2/assets/{asset_id}",
        "asset_id": asset_id,
        "source_url": None,
        "deleted_assets": None,
        "error_message": None,
    }
    assert_recent(job["created_at"])
    assert job["created_at"] <= job["completed_at"]
    assert_recent(job["completed_at"])
    assert [prediction["input"] for prediction in stand_in.predictions_of(job_id)] == [model_input]

    video = alice.http.get(job["video_url"])
    assert video.status_code == 200
    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"
    listed = succeeded(alice.list_assets(file_type="video"), 200)["assets"]
    assert [(one["asset_id"], one["source"], one["job_id"]) for one in listed] == [(asset_id, "generation", job_id)]
    assert listed[0]["size_bytes"] == len(video.content)
    assert listed[0]["url"] == job["video_url"]

    succeeded(alice.delete(asset_id), 200)
    assert alice.get(asset_id).status_code == 404
    assert alice.listed_ids() == [image["asset_id"]]
    assert succeeded(alice.job(job_id), 200) == job


def test_the_prompt_is_the_default_of_the_models_input(alice: Caller, stand_in: StandIn) -> None:
    job_id = alice.generating(WAITING, prompt="a wave", input={"seed": 7})
    [prediction] = stand_in.predictions_of(job_id)
    assert prediction["input"] == {"prompt": "a wave", "seed": 7}


def test_a_pending_job_has_no_video(alice: Caller) -> None:
    job = succeeded(alice.job(alice.generating(WAITING)), 200)
    assert job.keys() == JOB_KEYS | {"success"}
    assert job["status"] == "pending"
    assert {name for name, value in job.items() if value is None} == {
        "source_url", "completed_at", "asset_url", "video_url", "asset_id", "deleted_assets", "error_message",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v2/generate"),
        ("GET", "/api/v2/jobs"),
        ("GET", f"/api/v2/jobs/{UNKNOWN_ID}"),
        ("POST", f"/api/v2/jobs/{UNKNOWN_ID}/cancel"),
    ],
)
def test_generation_routes_need_a_token(method: str, path: str, anonymous: Caller) -> None:
    response = anonymous.send(method, path)
    assert refused(response, 401) == "Not authenticated"
    assert response.headers["www-authenticate"] == "Bearer"
    assert refused(anonymous.send(method, path, headers={"Authorization": "Bearer x"}), 401) == (
        "Invalid or expired token"
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"model_id": "minimax"}, "model_id"),
        ({"model_id": "minimax/video-01/../../x"}, "model_id"),
        ({"model_id": "minimax/video-01:"}, "model_id"),
        ({"model_id": 1}, "model_id"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"input": []}, "input"),
        ({"input": {"image": "file:///etc/passwd"}}, "input.image"),
        ({"input": {"images": [{"start": "ftp://example.com/image.png"}]}}, "input.images.0.start"),
    ],
)
def test_a_422_names_the_invalid_field(changed: dict[str, object], field: str, alice: Caller) -> None:
    body = {"model_id": "minimax/video-01", "prompt": "wave", **changed}
    assert refused(alice.send("POST", "/api/v2/generate", json=body), 422).startswith(f"{field}: ")


def test_a_generation_without_a_prompt_or_valid_json_is_refused(alice: Caller) -> None:
    without = {"model_id": "minimax/video-01"}
    assert refused(alice.send("POST", "/api/v2/generate", json=without), 422).startswith("prompt: ")
    malformed = alice.send(
        "POST", "/api/v2/generate", content=b'{"prompt": ', headers={"content-type": "application/json"}
    )
    assert refused(malformed, 422)
    assert succeeded(alice.list_jobs(), 200)["jobs"] == []


def test_an_input_url_of_this_host_must_be_a_live_asset(alice: Caller, stack: LocalStack, stand_in: StandIn) -> None:
    deleted = alice.uploaded("image.png", media.png())
    succeeded(alice.delete(deleted["asset_id"]), 200)
    prompt = f"nothing {secrets.token_hex(8)}"
    for url in (f"{stack.url}/api/v2/assets/{UNKNOWN_ID}", deleted["url"], f"{stack.url}/api/v2/health", stack.url):
        response = alice.generate(prompt=prompt, input={"image": url})
        assert refused(response, 400).startswith("input.image: names no live asset")
    assert succeeded(alice.list_jobs(), 200)["jobs"] == []
    assert stand_in.predictions_with_prompt(prompt) == []


def test_another_owners_job_looks_like_a_missing_one(alice: Caller, bob: Caller) -> None:
    job_id = alice.generating(WAITING)
    for other in (job_id, UNKNOWN_ID, "not-an-id"):
        assert refused(bob.job(other), 404) == "Job not found"
        assert refused(bob.cancel(other), 404) == "Job not found"
    assert succeeded(bob.list_jobs(), 200)["jobs"] == []
    assert succeeded(alice.job(job_id), 200)["status"] == "pending"


def test_jobs_are_listed_newest_first_by_cursor(alice: Caller) -> None:
    started = [alice.generating(WAITING) for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while len(seen) < 5:
        page = succeeded(alice.list_jobs(limit=2, **({"cursor": cursor} if cursor else {})), 200)
        assert page.keys() == {"success", "jobs", "limit", "next_cursor"}
        assert all(job.keys() == JOB_KEYS for job in page["jobs"])
        seen += [job["job_id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        assert (cursor is None) == (len(seen) == 5)
    assert seen == started[::-1]
    for wrong in ({"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x"}):
        assert refused(alice.list_jobs(**wrong), 422).startswith(f"{next(iter(wrong))}: ")


def test_a_canceled_job_is_canceled_at_the_provider(alice: Caller, stand_in: StandIn) -> None:
    job_id = alice.generating("stand-in/never-ends")
    job = succeeded(alice.cancel(job_id), 200)
    assert job["status"] == "canceled"
    assert_recent(job["completed_at"])
    assert succeeded(alice.cancel(job_id), 200) == job
    [prediction] = stand_in.predictions_of(job_id)
    assert prediction["status"] == "canceled"
    # The webhook arrives later and changes nothing.
    eventually("its webhook", lambda: stand_in.predictions_of(job_id)[0]["webhooks"])
    assert succeeded(alice.job(job_id), 200) == job


def test_an_ended_job_is_not_canceled(alice: Caller, image_url: str) -> None:
    job_id = alice.generating(input={"image": image_url})
    job = alice.ended(job_id)
    assert job["status"] == "completed"
    assert succeeded(alice.cancel(job_id), 200) == job
    assert alice.get(job["asset_id"]).status_code == 200


def test_five_concurrent_requests_with_one_key_make_one_job(alice: Caller, bob: Caller, stand_in: StandIn) -> None:
    prompt = f"once {secrets.token_hex(8)}"
    with ThreadPoolExecutor(5) as pool:
        responses = list(pool.map(lambda _: alice.generate(WAITING, prompt=prompt, key="once"), range(5)))
    bodies = [succeeded(response, 202) for response in responses]
    assert all(body == bodies[0] for body in bodies)
    assert [job["job_id"] for job in succeeded(alice.list_jobs(), 200)["jobs"]] == [bodies[0]["job_id"]]
    assert len(stand_in.predictions_with_prompt(prompt)) == 1
    # A later replay returns the original response, even though the job has ended.
    succeeded(alice.cancel(bodies[0]["job_id"]), 200)
    assert succeeded(alice.generate(WAITING, prompt=prompt, key="once"), 202) == bodies[0]
    assert len(stand_in.predictions_with_prompt(prompt)) == 1
    assert "Idempotency-Key" in refused(alice.generate(WAITING, prompt="another", key="once"), 409)
    assert succeeded(bob.generate(WAITING, key="once"), 202)["job_id"] != bodies[0]["job_id"]


def test_the_eleventh_generation_in_a_minute_is_refused(alice: Caller, bob: Caller, stand_in: StandIn) -> None:
    prompt = f"often {secrets.token_hex(8)}"
    for number in range(10):
        response = alice.generate(WAITING, prompt=prompt, key=f"key-{number}")
        succeeded(response, 202)
        assert response.headers["ratelimit-policy"] == POLICY
        assert re.fullmatch(rf'"generations";r={9 - number};t=[1-9][0-9]?', response.headers["ratelimit"])
    response = alice.generate(WAITING, prompt=prompt)
    assert refused(response, 429) == "Too many requests"
    assert response.headers["ratelimit-policy"] == POLICY
    assert response.headers["ratelimit"] == f'"generations";r=0;t={response.headers["retry-after"]}'
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert len(stand_in.predictions_with_prompt(prompt)) == 10
    # A replay, an upload and another owner are not counted.
    succeeded(alice.generate(WAITING, prompt=prompt, key="key-0"), 202)
    alice.uploaded("image.png", media.png())
    bob.generating(WAITING)


def assert_recent(text: str) -> None:
    """Check a time's form (UTC without offset or fraction, as for assets) and that it is recent."""
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 120
