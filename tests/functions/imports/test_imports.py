"""Imports: a file at a URL becomes an asset like any other, or its job fails with the reason."""

import json
from urllib.parse import quote

import pytest
from botocore.exceptions import ReadTimeoutError

from asset_api import composition
from asset_api.composition import assets
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from tests import media
from tests.fake_replicate import File
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller
from tests.functions.generation.stack import Stack
from tests.functions.imports.conftest import Importer

PUBLIC = "https://images.example.com/portrait.jpg"


def test_a_file_becomes_an_asset(importer: Importer) -> None:
    data = media.jpeg()
    response = importer.owner.import_url(importer.stack.provider.put("photo.jpg", File(data)))
    accepted = response.json()
    assert (response.status, accepted["success"], accepted["status"]) == (202, True, "pending")
    assert response.headers["location"] == f"https://{HOST}/api/v2/jobs/{accepted['job_id']}"
    waiting = importer.job(accepted["job_id"])
    assert (waiting["kind"], waiting["status"], waiting["asset_url"], waiting["asset_id"]) == (
        "import", "pending", None, None,
    )  # fmt: skip
    importer.stack.deliver()
    job, (asset,) = importer.job(accepted["job_id"]), importer.assets()
    assert (job["status"], job["error_message"]) == ("completed", None)
    assert job["asset_id"] == accepted["asset_id"] == asset["asset_id"]
    assert job["asset_url"] == asset["url"]
    assert (job["video_url"], job["model_id"], job["prompt"]) == (None, None, None)
    assert (asset["filename"], asset["file_type"], asset["size_bytes"]) == ("photo.jpg", "image/jpeg", len(data))
    assert (asset["source"], asset["job_id"], asset["source_url"]) == (
        "import", accepted["job_id"], f"{importer.stack.provider.url}/outputs/photo.jpg",
    )  # fmt: skip
    assert importer.stack.copied() == []


def test_a_video_has_a_video_url(importer: Importer) -> None:
    job = importer.run(File(media.mp4()), "clip.mp4")
    assert job["video_url"] == job["asset_url"] is not None


def test_jobs_are_listed_with_their_kind(importer: Importer) -> None:
    job = importer.run(File(media.png()), "a.png")
    (listed,) = importer.owner.jobs().json()["jobs"]
    assert {"success": True, **listed} == job
    assert (listed["kind"], listed["source_url"]) == ("import", f"{importer.stack.provider.url}/outputs/a.png")


def test_personal_metadata_is_removed(importer: Importer) -> None:
    data = media.jpeg(exif=True)
    uploaded = importer.owner.upload("photo.jpg", data).json()
    job = importer.run(File(data))
    imported, upload = (importer.owner.metadata(each["asset_id"]).json() for each in (job, uploaded))
    assert imported["sha256"] == upload["sha256"]
    assert imported["size_bytes"] < len(data)


@pytest.mark.parametrize(
    ("path", "disposition", "filename", "expected"),
    [
        ("photo.jpg", None, None, "photo.jpg"),
        ("photo.php", None, None, "photo.jpg"),
        ("download", None, None, "download.jpg"),
        ("release-1.2", None, None, "release-1.2.jpg"),
        (quote("\u00e4 b.jpeg"), None, None, "\u00e4 b.jpeg"),
        ("x.jpg", 'attachment; filename="theirs.png"', None, "theirs.jpg"),
        ("x.jpg", "attachment; filename*=UTF-8''%e2%82%ac.jpg", None, "\u20ac.jpg"),
        ("x.jpg", 'inline; filename="../../etc/passwd"', None, "passwd.jpg"),
        ("x.jpg", "inline; filename*=idna''xn--a", None, "x.jpg"),
        ("x.jpg", "inline; filename*=undefined''a", None, "x.jpg"),
        ("x.jpg", "inline; filename*=unicode_escape''%5cud800a", None, "a.jpg"),
        ("x.jpg", 'attachment; filename="theirs.jpg"', "mine.jpg", "mine.jpg"),
        ("x.jpg", None, "mine", "mine.jpg"),
        ("...", None, None, "import.jpg"),
    ],
)
def test_the_name_comes_from_the_client_the_host_or_the_path(
    importer: Importer, path: str, disposition: str | None, filename: str | None, expected: str
) -> None:
    headers = {"Content-Disposition": disposition} if disposition else {}
    fields = {"filename": filename} if filename else {}
    assert importer.run(File(media.jpeg(), headers=headers), path, **fields)["status"] == "completed"
    assert importer.assets()[0]["filename"] == expected


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File(b"<html>not a picture</html>"), "Invalid file type"),
        (File(b""), "Empty file"),
        (File(b"", length=52_428_801), "File too large: more than 52,428,800 bytes"),
        (File(b"", 404), "The URL's host has no such file"),
        (File(b"", 403), "The URL's host responded with 403 instead of the file"),
        (File(b"", 302, headers={"Location": "ftp://example.com/"}), "The URL has a malformed URL"),
    ],
)
def test_a_file_that_cannot_be_imported_fails_its_job(importer: Importer, file: File, words: str) -> None:
    job = importer.run(file)
    assert (job["status"], job["asset_id"], job["asset_url"]) == ("failed", None, None)
    assert words in job["error_message"]
    assert (importer.assets(), importer.stack.public(), importer.stack.copied()) == ([], [], [])


def test_a_name_that_contradicts_the_bytes_fails_the_job(importer: Importer) -> None:
    job = importer.run(File(media.jpeg()), filename="picture.png")
    assert job["status"] == "failed"
    assert "the name says image/png" in job["error_message"]


def test_a_failing_host_is_retried(importer: Importer) -> None:
    job_id = importer.begin(File(b"", 503))
    importer.stack.deliver()
    assert importer.job(job_id)["status"] == "processing"
    importer.stack.minute(3)
    assert importer.job(job_id)["status"] == "processing"
    importer.stack.provider.put("photo.jpg", File(media.jpeg()))
    importer.stack.minute()
    assert importer.job(job_id)["status"] == "completed"


def test_a_job_fails_at_its_deadline_with_the_reason(importer: Importer) -> None:
    job_id = importer.begin(File(b"", 503))
    importer.stack.minute(17)
    job = importer.job(job_id)
    assert (job["status"], job["error_message"]) == (
        "failed", "The file could not be imported in time: the host responded with 503",
    )  # fmt: skip
    assert importer.stack.queued() == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "url"),
        ("ftp://example.com/a", "must be an http or https URL"),
        ("https://user:pw@example.com/a", "without credentials"),
        ("https://example.com:8443/a", "port other than 80 and 443"),
        ("http://127.0.0.1/a", "private address"),
        ("http://169.254.169.254/latest/meta-data", "private address"),
        ("http://[fd00:ec2::254]/latest", "private address"),
        ("http://[::ffff:127.0.0.1]/", "private address"),
        ("http://[64:ff9b::7f00:1]/", "private address"),
        ("http://2130706433/", "http or https URL"),
        ("http://0x7f.1/", "http or https URL"),
        ("http://0177.0.0.1/", "http or https URL"),
        ("http://[fe80::1%25eth0]/", "http or https URL"),
        ("https://example.com/a b", "spaces or control"),
        ("https://example.com/\r\nX-Evil: 1", "spaces or control"),
        ("https://" + "a" * 4096, "at most 4096"),
    ],
)
def test_a_forbidden_url_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, importer: Importer, url: str, words: str
) -> None:
    configure(monkeypatch, ingest_queue_url=importer.stack.queue_url)
    response = importer.owner.import_url(url)
    assert (response.status, "url" in response.detail, words in response.detail) == (422, True, True), response.body
    assert importer.owner.jobs().json()["jobs"] == []


def test_a_host_with_a_private_address_fails_the_job(monkeypatch: pytest.MonkeyPatch, importer: Importer) -> None:
    configure(monkeypatch, ingest_queue_url=importer.stack.queue_url)
    job_id = importer.owner.import_url("http://localhost/a.jpg").json()["job_id"]
    importer.stack.deliver()
    assert importer.job(job_id)["error_message"] == "The URL is on a host with a private address"


@pytest.mark.parametrize(("filename", "status"), [("a.exe", 400), ("", 422), ("..", 422), ("a" * 256, 422)])
def test_an_unusable_name_is_refused_at_once(importer: Importer, filename: str, status: int) -> None:
    assert importer.owner.import_url(PUBLIC, filename=filename).status == status


def test_an_import_counts_as_an_upload(importer: Importer) -> None:
    for _ in range(5):
        assert importer.owner.upload("a.jpg", media.jpeg()).status == 201
        assert importer.owner.import_url(PUBLIC).status == 202
    refused = importer.owner.import_url(PUBLIC)
    assert (refused.status, refused.detail) == (429, "Too many requests")
    assert importer.owner.ask_for_form(filename="a.jpg").status == 429


def test_an_idempotency_key_makes_one_job_and_one_asset(importer: Importer) -> None:
    url = importer.stack.provider.put("photo.jpg", File(media.jpeg()))
    first, second = (importer.owner.import_url(url, key="a-key") for _ in range(2))
    assert first.json() == second.json()
    assert importer.owner.import_url(f"{url}?other", key="a-key").status == 409
    importer.stack.deliver()
    assert len(importer.assets()) == 1


def test_an_import_accepts_options(importer: Importer) -> None:
    tags = ["caf\u00e9", *("\U00020000" * 64 for _ in range(1))]
    job = importer.run(File(media.jpeg()), expires_in=3600, tags=tags)
    asset = importer.owner.metadata(job["asset_id"]).json()
    assert asset["tags"] == tags
    assert asset["expires_at"] is not None
    (found,) = importer.owner.list(tag=tags[0]).json()["assets"]
    assert found["asset_id"] == job["asset_id"]
    assert importer.owner.import_url(PUBLIC, expires_in=1).status == 422


def test_a_full_quota_refuses_an_import_or_fails_its_job(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = importer.begin(File(media.jpeg()))
    importer.owner.upload("a.jpg", media.jpeg())
    configure(monkeypatch, allow_private_output=True, ingest_queue_url=importer.stack.queue_url, max_owner_assets=1)
    refused = importer.owner.import_url(PUBLIC)
    assert (refused.status, refused.detail.startswith("Quota exceeded")) == (403, True)
    importer.stack.deliver()
    job = importer.job(waiting)
    assert (job["status"], job["error_message"].startswith("Quota exceeded")) == ("failed", True)
    assert len(importer.stack.public()) == 1


def test_a_duplicate_message_makes_one_asset(importer: Importer) -> None:
    job_id = importer.begin(File(media.jpeg()))
    body = json.dumps({"owner": "alice", "job_id": job_id, "prediction_id": "", "kind": "import"})
    for _ in range(3):
        assert importer.stack.ingest(body) == []
    importer.stack.deliver()
    assert len(importer.assets()) == 1
    assert len(importer.stack.public()) == 1


def test_a_canceled_import_makes_no_asset(importer: Importer) -> None:
    job_id = importer.begin(File(media.jpeg()))
    assert importer.owner.cancel(job_id).json()["status"] == "canceled"
    importer.stack.deliver()
    assert importer.job(job_id)["status"] == "canceled"
    assert (importer.assets(), importer.stack.public(), importer.stack.copied()) == ([], [], [])


def test_a_deleted_import_is_not_restored(importer: Importer) -> None:
    job = importer.run(File(media.jpeg()))
    assert importer.owner.delete(job["asset_id"]).status == 200
    body = json.dumps({"owner": "alice", "job_id": job["job_id"], "prediction_id": "", "kind": "import"})
    importer.stack.ingest(body)
    importer.stack.minute(5)
    assert (importer.assets(), importer.stack.public()) == ([], [])


def test_an_own_asset_is_copied_within_s3(importer: Importer, stack: Stack) -> None:
    uploaded = importer.owner.upload("a picture.jpg", media.jpeg()).json()
    job_id = importer.owner.import_url(uploaded["url"]).json()["job_id"]
    asked_before = len(stack.provider.requests)
    stack.deliver()
    job = importer.job(job_id)
    assert job["status"] == "completed", job
    assert len(stack.provider.requests) == asked_before
    copy = next(asset for asset in importer.assets() if asset["asset_id"] == job["asset_id"])
    original = importer.owner.metadata(uploaded["asset_id"]).json()
    assert (copy["filename"], copy["sha256"]) == ("a picture.jpg", original["sha256"])
    assert importer.owner.delete(uploaded["asset_id"]).status == 200
    assert job["asset_id"] in stack.public()


def test_a_deleted_own_asset_fails_the_job(importer: Importer) -> None:
    uploaded = importer.owner.upload("a.jpg", media.jpeg()).json()
    importer.owner.delete(uploaded["asset_id"])
    job_id = importer.owner.import_url(uploaded["url"]).json()["job_id"]
    importer.stack.deliver()
    assert importer.job(job_id)["error_message"] == "The URL names no live asset of this service"


def test_other_owners_jobs_are_not_found(importer: Importer, bob: Caller) -> None:
    job_id = importer.begin(File(media.jpeg()))
    assert bob.job(job_id).status == bob.cancel(job_id).status == 404


def test_an_import_needs_a_token(anonymous: Caller, stack: Stack) -> None:  # noqa: ARG001  completes the account
    assert anonymous.import_url(PUBLIC).status == 401


def test_a_job_without_a_message_is_found_by_reconcile(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_queue: IngestQueue, _ready: ReadyJob) -> None:
        raise ReadTimeoutError(endpoint_url="https://sqs")

    with monkeypatch.context() as sqs_is_silent:
        sqs_is_silent.setattr(IngestQueue, "send", send)
        job_id = importer.begin(File(media.jpeg()))
    assert importer.stack.queued() == 0
    importer.stack.minute(2)
    assert importer.job(job_id)["status"] == "completed"


def test_an_import_costs_three_calls_and_its_ingestion_eight(importer: Importer, calls: AwsCalls) -> None:
    calls.resume()
    importer.begin(File(media.jpeg()))
    assert calls.made == ["UpdateItem", "TransactWriteItems", "SendMessage"]
    calls.resume()
    importer.stack.deliver()
    assert calls.made == [
        "GetItem", "UpdateItem", "GetObject", "PutObject", "CopyObject", "TransactWriteItems", "ListObjectVersions",
        "DeleteObjects",
    ]  # fmt: skip


def test_a_private_own_asset_is_copied_and_its_signed_url_is_hidden(importer: Importer, stack: Stack) -> None:
    data = media.png()
    asset_id = importer.owner.upload("image.png", data, visibility="private").json()["asset_id"]
    path = f"/api/v2/assets/{asset_id}"
    signed = assets.url_signer().sign(path, int(composition.now().timestamp()) + 60)
    for url in (f"https://{HOST}{path}", f"https://{HOST}{signed}"):
        accepted = importer.owner.import_url(url, visibility="private").json()
        stack.deliver()
        job = importer.job(accepted["job_id"])
        assert (job["status"], job["source_url"]) == ("completed", f"https://{HOST}{path}")
        copy = importer.owner.metadata(job["asset_id"]).json()
        assert (copy["visibility"], copy["source_url"]) == ("private", f"https://{HOST}{path}")
        key = f"api/v2/assets/{job['asset_id']}/private"
        assert stack.s3.get_object(Bucket="assets", Key=key)["Body"].read() == data
