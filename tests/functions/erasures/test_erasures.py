"""Erasures: everything that an owner had is deleted, including what was in flight, but nothing that came later."""

import json
from typing import Any

import pytest

from asset_api.assets import asset_ids
from asset_api.composition import jobs
from asset_api.erasures import passes
from asset_api.jobs.ingest_queue import IngestQueue
from asset_api.jobs.job import Job
from asset_api.platform import remaining_time, settings
from tests import media
from tests.fake_replicate import FakeReplicate, File
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls
from tests.functions.cdn import view
from tests.functions.conftest import configure
from tests.functions.erasures.conftest import Eraser
from tests.functions.gateway import HOST, Caller
from tests.functions.generation.stack import MODEL
from tests.functions.part_uploads import Upload
from tests.functions.private_assets import signed


def fill(owner: Caller, eraser: Eraser) -> None:
    """Create one of everything that an owner may have."""
    assert owner.upload("a.jpg", media.jpeg(), key="a-key").status == 201
    tagged = owner.ask_for_form(filename="b.jpg", tags=["red", "blue"], expires_in=3600).json()
    triggers.post(eraser.stack.s3, tagged["upload"], media.jpeg())
    assert owner.complete(tagged["asset_id"]).status == 201
    refused = owner.ask_for_form(filename="c.jpg").json()
    triggers.post(eraser.stack.s3, refused["upload"], b"no picture")
    assert owner.complete(refused["asset_id"]).status == 400
    triggers.post(eraser.stack.s3, refused["upload"], b"no picture either")
    assert owner.complete(refused["asset_id"]).status == 400
    posted = owner.ask_for_form(filename="d.jpg").json()
    triggers.post(eraser.stack.s3, posted["upload"], media.jpeg())
    provider = eraser.stack.provider
    owner.generate(prompt="wave", model_id=MODEL)
    provider.becomes("succeeded", provider.put("video.mp4", File(media.mp4())))
    eraser.stack.send_webhook()
    owner.import_url(provider.put("e.jpg", File(media.jpeg())))
    eraser.stack.deliver()
    owner.generate(prompt="wave", model_id=MODEL)
    owner.import_url(provider.put("f.jpg", File(b"", 503)))
    eraser.stack.deliver()


def test_an_erasure_leaves_nothing_and_counts_the_assets(eraser: Eraser, alice: Caller, bob: Caller) -> None:
    fill(alice, eraser)
    kept = bob.upload("kept.jpg", media.jpeg()).json()["asset_id"]
    before = bob.list().json()
    assert len(eraser.left("alice")) > 10
    response = alice.erase()
    job_id = response.json()["job_id"]
    assert (response.status, response.json()) == (202, {"success": True, "job_id": job_id})
    assert response.headers["location"] == f"https://{HOST}/api/v2/jobs/{job_id}"
    assert alice.job(job_id).json()["status"] == "pending"
    eraser.stack.deliver()
    assert alice.list().json()["assets"] == []
    assert eraser.stack.public() == [kept]
    eraser.stack.minute(3)
    job = alice.job(job_id).json()
    assert (job["kind"], job["status"], job["deleted_assets"]) == ("erasure", "completed", 4)
    assert {job[name] for name in ("asset_id", "asset_url", "video_url", "error_message")} == {None}
    eraser.purge()
    assert eraser.left("alice") == []
    assert {item["sk"]["S"] for item in eraser.stack.items("job#")} == {f"job#{job_id}"}
    assert eraser.stack.provider.statuses == ["succeeded", "canceled"]
    assert alice.jobs().json()["jobs"] == [{name: value for name, value in job.items() if name != "success"}]
    assert alice.request("GET", "/api/v2/usage").json()["assets"] == 0
    assert bob.list().json() == before


def test_private_assets_of_every_kind_are_erased(eraser: Eraser, alice: Caller) -> None:
    stack, provider = eraser.stack, eraser.stack.provider
    private = {"visibility": "private"}
    direct = alice.upload("a.png", media.png(), **private).json()["asset_id"]
    form = alice.ask_for_form(filename="b.png", **private).json()
    triggers.post(stack.s3, form["upload"], media.png())
    assert alice.complete(form["asset_id"]).json()["visibility"] == "private"
    in_parts = Upload(alice, stack.s3, media.mp4(), **private)
    in_parts.send()
    assert in_parts.complete().json()["visibility"] == "private"
    alice.generate(prompt="wave", model_id=MODEL, **private)
    provider.becomes("succeeded", provider.put("video.mp4", File(media.mp4())))
    stack.send_webhook()
    alice.import_url(provider.put("e.jpg", File(media.jpeg())), **private)
    assert stack.deliver() == []
    listed = alice.list().json()["assets"]
    assert {(each["source"], each["visibility"]) for each in listed} == {
        (source, "private") for source in ("upload", "generation", "import")
    }
    assert stack.public() == sorted(f"{each['asset_id']}/private" for each in listed)
    assert view(stack.s3, signed(alice, direct, rendition="w160.webp")).status == 200
    # A change to public that crashed half-way.
    source = {"Bucket": "assets", "Key": f"api/v2/assets/{direct}/private"}
    stack.s3.copy_object(Bucket="assets", Key=f"api/v2/assets/{direct}", CopySource=source)  # type: ignore[arg-type]
    job = eraser.run(alice)
    assert (job["status"], job["deleted_assets"]) == ("completed", 5)
    eraser.purge()
    assert stack.public() == []
    assert eraser.left("alice") == []


def test_an_owner_without_assets_can_be_erased(eraser: Eraser, alice: Caller) -> None:
    job = eraser.run(alice)
    assert (job["status"], job["deleted_assets"]) == ("completed", 0)
    assert eraser.left("alice") == []


def test_the_job_itself_expires_after_a_day(eraser: Eraser, alice: Caller) -> None:
    job = eraser.run(alice)
    eraser.stack.clock.advance(24 * 3600 - 300)
    assert alice.job(job["job_id"]).status == 200
    eraser.stack.clock.advance(600)
    assert alice.job(job["job_id"]).status == 404
    assert alice.jobs().json()["jobs"] == []
    (item,) = eraser.stack.items("job#")
    assert int(item["expires_at"]["N"]) < eraser.stack.clock().timestamp()


def test_later_uploads_are_kept(eraser: Eraser, alice: Caller) -> None:
    alice.upload("before.jpg", media.jpeg())
    job_id = eraser.begin(alice)
    eraser.stack.clock.advance(0.002)
    later = alice.upload("later.jpg", media.jpeg(), key="later").json()
    generated = alice.generate(prompt="wave", model_id=MODEL).json()["job_id"]
    eraser.stack.deliver()
    eraser.stack.minute(3)
    assert alice.job(job_id).json()["deleted_assets"] == 1
    assert [asset["asset_id"] for asset in alice.list().json()["assets"]] == [later["asset_id"]]
    assert alice.job(generated).json()["status"] == "pending"
    assert alice.upload("later.jpg", media.jpeg(), key="later").json() == later


def test_an_earlier_form_makes_no_asset(eraser: Eraser, alice: Caller) -> None:
    form = alice.ask_for_form(filename="a.jpg").json()
    assert eraser.run(alice)["status"] == "completed"
    triggers.post(eraser.stack.s3, form["upload"], media.jpeg())
    assert alice.complete(form["asset_id"]).status == 404
    triggers.deliver_files(eraser.stack.s3)
    assert (alice.list().json()["assets"], eraser.stack.public()) == ([], [])


def test_an_earlier_upload_in_parts_is_aborted(eraser: Eraser, alice: Caller, bob: Caller) -> None:
    begun = alice.begin(filename="a.mp4", size_bytes=5).json()
    others = bob.begin(filename="a.mp4", size_bytes=5).json()
    assert eraser.run(alice)["status"] == "completed"
    assert alice.show_upload(begun["asset_id"], begun["upload"]["id"]).status == 404
    assert bob.show_upload(others["asset_id"], others["upload"]["id"]).status == 200


def test_an_earlier_job_makes_no_asset(eraser: Eraser, alice: Caller, provider: FakeReplicate) -> None:
    alice.generate(prompt="wave", model_id=MODEL)
    url = provider.put("video.mp4", File(media.mp4()))
    job_id = eraser.begin(alice)
    eraser.stack.deliver()
    provider.becomes("succeeded", url)
    eraser.stack.send_webhook()
    eraser.stack.deliver()
    eraser.stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"
    assert (alice.list().json()["assets"], eraser.stack.public(), eraser.stack.copied()) == ([], [], [])


def test_a_concurrent_request_leaves_nothing(eraser: Eraser, alice: Caller) -> None:
    """The last pass runs after every earlier request has ended."""
    salt, now = settings.current().asset_id_salt, eraser.stack.clock()
    late = Job(
        owner="alice",
        job_id=asset_ids.mint("alice", salt=salt, now=now),
        asset_id=asset_ids.mint("alice", salt=salt, now=now),
        model_id=MODEL,
        prompt="wave",
        input={},
        deadline=int(now.timestamp()) + 3600,
        check_at=int(now.timestamp()) + 3600,
    )
    job_id = eraser.begin(alice)
    eraser.stack.deliver()
    jobs.jobs().add(late, max_in_flight=10)
    eraser.stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"
    assert eraser.left("alice") == []
    assert [item["sk"]["S"] for item in eraser.stack.items("job")] == [f"job#{job_id}"]


def test_the_public_bytes_of_a_crashed_publication_are_erased(eraser: Eraser, alice: Caller) -> None:
    """It crashed between storing the bytes and the item, so that only the incoming bucket knows of it."""
    form = alice.ask_for_form(filename="a.jpg").json()
    triggers.post(eraser.stack.s3, form["upload"], media.jpeg())
    eraser.stack.s3.put_object(Bucket="assets", Key=f"api/v2/assets/{form['asset_id']}", Body=b"a")
    assert eraser.run(alice)["deleted_assets"] == 0
    assert (eraser.stack.public(), eraser.stack.arrived()) == ([], [])


def test_bytes_stored_during_an_erasure_are_invalidated(eraser: Eraser, alice: Caller) -> None:
    """`purge` has invalidated an unlisted upload when its publication stores the bytes, and crashes."""
    form = alice.ask_for_form(filename="a.jpg").json()
    triggers.post(eraser.stack.s3, form["upload"], media.jpeg())
    job_id = eraser.begin(alice)
    eraser.stack.deliver()
    eraser.purge()
    eraser.stack.s3.put_object(Bucket="assets", Key=f"api/v2/assets/{form['asset_id']}", Body=b"a")
    invalidated = []
    for _ in range(4):
        eraser.stack.minute()
        invalidated += [item for item in eraser.stack.items("change#") if "applied" in item]
    assert invalidated
    assert eraser.stack.public() == []
    assert alice.job(job_id).json()["status"] == "completed"
    assert eraser.left("alice") == []


def test_an_erasure_continues_in_another_invocation(
    eraser: Eraser, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each invocation deletes only as many assets as its time allows."""
    for number in range(5):
        alice.upload(f"{number}.jpg", media.jpeg())
    monkeypatch.setattr(passes, "_PAGE", 2)
    steps = iter([True, False, True, True])
    monkeypatch.setattr(remaining_time, "allows", lambda seconds: seconds != passes._STEP_SECONDS or next(steps, True))
    with monkeypatch.context() as unqueued:
        unqueued.setattr(IngestQueue, "try_to_send", lambda _queue, _ready: None)
        job_id = eraser.begin(alice)
    body = json.dumps({"owner": "alice", "job_id": job_id, "prediction_id": "", "kind": "erasure"})
    assert eraser.stack.ingest(body) == []
    assert len(alice.list().json()["assets"]) == 3
    assert alice.job(job_id).json()["status"] == "processing"
    eraser.stack.deliver()
    assert alice.list().json()["assets"] == []
    eraser.stack.minute(3)
    assert alice.job(job_id).json()["deleted_assets"] == 5


def test_only_one_invocation_works_on_an_erasure(
    eraser: Eraser, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = eraser.begin(alice)
    body = json.dumps({"owner": "alice", "job_id": job_id, "prediction_id": "", "kind": "erasure"})
    started: list[Any] = []
    whole_pass = passes.ErasurePasses._run_pass

    def twice(work: passes.ErasurePasses, job: Job) -> None:
        started.append(job)
        eraser.stack.ingest(body)
        whole_pass(work, job)

    monkeypatch.setattr(passes.ErasurePasses, "_run_pass", twice)
    eraser.stack.ingest(body)
    assert len(started) == 1


def test_two_erasures_both_end(eraser: Eraser, alice: Caller) -> None:
    alice.upload("a.jpg", media.jpeg())
    first = eraser.begin(alice)
    eraser.stack.clock.advance(0.002)
    alice.upload("b.jpg", media.jpeg())
    second = eraser.begin(alice)
    eraser.stack.deliver()
    eraser.stack.minute(3)
    assert [alice.job(job_id).json()["status"] for job_id in (first, second)] == ["completed", "completed"]
    assert alice.list().json()["assets"] == []


def test_an_erasure_cannot_be_canceled(eraser: Eraser, alice: Caller) -> None:
    alice.upload("a.jpg", media.jpeg())
    job_id = eraser.begin(alice)
    assert alice.cancel(job_id).json()["status"] == "pending"
    eraser.stack.deliver()
    assert alice.list().json()["assets"] == []


def test_an_erasure_does_not_reset_the_rate_limit(eraser: Eraser, alice: Caller) -> None:
    """Repeated erasures do not allow an owner more uploads per minute."""
    for _ in range(10):
        assert alice.ask_for_form(filename="a.jpg").status == 201
    eraser.begin(alice)
    eraser.stack.deliver()
    assert alice.ask_for_form(filename="a.jpg").status == 429


def test_an_erasure_is_not_limited_by_jobs_in_flight(
    eraser: Eraser, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, ingest_queue_url=eraser.stack.queue_url, max_jobs_in_flight=0)
    assert alice.erase().status == 202


def test_an_erasure_needs_a_token(anonymous: Caller, eraser: Eraser) -> None:  # noqa: ARG001  completes the account
    assert anonymous.erase().status == 401


def test_a_throttled_erasure_is_accepted_and_found_by_reconcile(eraser: Eraser, alice: Caller, calls: AwsCalls) -> None:
    calls.refuse("SendMessage", "RequestThrottled", 403)
    job_id = eraser.begin(alice)
    assert eraser.stack.queued() == 0
    eraser.stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"
