"""Completing an upload: publishes the posted file, or returns the reason for its refusal."""

import hashlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.composition import publishing
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller
from tests.functions.triggers import file_arrived, post, public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def form_for(caller: Caller, filename: str = "clip.mp4", **fields: Any) -> dict[str, Any]:
    response: dict[str, Any] = caller.ask_for_form(filename=filename, **fields).json()
    return response


def test_publishes_what_was_posted(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice)
    post(s3, body["upload"], media.mp4())
    response = alice.complete(body["asset_id"])
    assert response.status == 201
    url = f"https://{HOST}/api/v2/assets/{body['asset_id']}"
    asset = response.json()
    assert asset.pop("uploaded_at")
    assert asset.pop("width", 64) == 64
    assert asset.pop("height", 48) == 48
    facts = [asset.pop(name) for name in ("duration_seconds", "frames_per_second", "video_codec", "audio_codec")]
    assert facts == [1.0, 10.0, "mpeg4", None]
    assert asset == {
        "success": True,
        "asset_id": body["asset_id"],
        "filename": "clip.mp4",
        "file_type": "video/mp4",
        "size_bytes": len(media.mp4()),
        "url": url,
        "source": "upload",
        "content_credentials": "none",
        "tags": [],
        "expires_at": None,
        "visibility": "public",
        "thumbnail_url": f"{url}/frame-poster-w320.webp",
        "thumbhash": None,
        "sha256": hashlib.sha256(media.mp4()).hexdigest(),
    }
    assert response.headers["location"] == url
    assert public_bytes(s3, body["asset_id"]) == media.mp4()
    assert alice.list().json()["assets"][0]["asset_id"] == body["asset_id"]


def test_completing_twice_gives_the_same_response(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice)
    post(s3, body["upload"], media.mp4())
    first, second = alice.complete(body["asset_id"]), alice.complete(body["asset_id"])
    assert (second.status, second.body) == (first.status, first.body)
    assert len(alice.list().json()["assets"]) == 1


def test_completing_after_the_event_returns_the_published_asset(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice)
    post(s3, body["upload"], media.mp4())
    file_arrived(body["asset_id"])
    assert alice.complete(body["asset_id"]).status == 201
    assert len(alice.list().json()["assets"]) == 1


def test_the_event_after_completing_changes_nothing(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice, "photo.jpg")
    post(s3, body["upload"], media.jpeg(exif=True))
    alice.complete(body["asset_id"])
    before = alice.list().body
    file_arrived(body["asset_id"])
    assert alice.list().body == before


def test_a_file_published_between_two_reads_is_found(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    body = form_for(alice, "photo.png")
    post(s3, body["upload"], media.png())
    calls.resume()
    calls.at(2, "before", lambda: file_arrived(body["asset_id"]))
    assert alice.complete(body["asset_id"]).status == 201
    assert calls.made[:3] == ["BatchGetItem", "GetObject", "BatchGetItem"]


def test_completing_before_the_upload_is_a_409(alice: Caller) -> None:
    response = alice.complete(form_for(alice)["asset_id"])
    assert response.status == 409
    assert response.detail == "The file has not arrived yet: post it with the upload form, then complete the upload"


@pytest.mark.parametrize("asset_id", ["019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "none", "a" * 3000, "é"])
def test_an_unknown_id_is_a_404(asset_id: str, alice: Caller) -> None:
    response = alice.complete(asset_id)
    assert (response.status, response.detail) == (404, "Asset not found")


def test_another_owners_upload_is_not_found(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    body = form_for(alice)
    before = bob.complete(body["asset_id"])
    post(s3, body["upload"], media.mp4())
    arrived = bob.complete(body["asset_id"])
    alice.complete(body["asset_id"])
    listed = bob.complete(body["asset_id"])
    assert [(response.status, response.detail) for response in (before, arrived, listed)] == [
        (404, "Asset not found")
    ] * 3
    assert bob.list().json()["assets"] == []


def test_refuses_bytes_of_another_type_every_time(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice, "image.jpg")
    post(s3, body["upload"], media.gif())
    for _ in range(2):
        response = alice.complete(body["asset_id"])
        assert response.status == 400
        assert response.detail.startswith(
            "Invalid file type: declared as image/jpeg, but the bytes are those of image/gif"
        )
        file_arrived(body["asset_id"])
    assert public(s3) == []


def test_refuses_a_file_over_the_limit_that_s3_accepted(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = cache(lambda: replace(publisher, max_bytes=len(media.mp4()) - 1))
    publisher = publishing.publisher()
    monkeypatch.setattr(publishing, "publisher", limited)
    body = form_for(alice)
    post(s3, body["upload"], media.mp4())
    response = alice.complete(body["asset_id"])
    assert response.status == 400
    assert response.detail.startswith("File too large: at most ")


def test_a_refused_file_can_be_replaced(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice, "image.jpg")
    post(s3, body["upload"], media.gif())
    assert alice.complete(body["asset_id"]).status == 400
    post(s3, body["upload"], media.jpeg())
    assert alice.complete(body["asset_id"]).status == 201


@pytest.mark.parametrize("name", ["image.png", "photo.jpg", "clip.mp4"])
def test_a_matching_sha256_is_accepted(name: str, alice: Caller, s3: "S3Client") -> None:
    data = {"image.png": media.png(), "photo.jpg": media.jpeg(exif=True), "clip.mp4": media.padded_mp4(3_000_000)}[name]
    body = form_for(alice, name, sha256=hashlib.sha256(data).hexdigest())
    post(s3, body["upload"], data)
    response = alice.complete(body["asset_id"])
    assert response.status == 201
    assert response.json()["sha256"] == hashlib.sha256(public_bytes(s3, body["asset_id"])).hexdigest()


def test_a_mismatching_sha256_is_refused(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice, "image.png", sha256=hashlib.sha256(b"other").hexdigest())
    post(s3, body["upload"], media.png())
    response = alice.complete(body["asset_id"])
    assert response.status == 400
    assert response.detail == (
        "Checksum mismatch: the bytes that arrived do not have the declared sha256; upload the file again"
    )
    assert public(s3) == []


def test_a_checksum_verified_by_s3_is_not_computed_again(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    data = media.padded_mp4(3_000_000)
    body = form_for(alice, sha256=hashlib.sha256(data).hexdigest())
    fields = body["upload"]["fields"]
    s3.put_object(
        Bucket="incoming",
        Key=fields["key"],
        Body=data,
        ContentType="video/mp4",
        ChecksumAlgorithm="SHA256",
        Metadata={name: fields[f"x-amz-meta-{name}"] for name in ("owner", "filename", "sha256")},
    )
    calls.resume()
    assert alice.complete(body["asset_id"]).status == 201
    assert calls.made.count("HeadObject") == 1
    assert calls.made.count("GetObject") <= 2  # its head and, for a video, its index


def test_a_deleted_asset_cannot_be_completed_again(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice)
    post(s3, body["upload"], media.mp4())
    alice.complete(body["asset_id"])
    alice.delete(body["asset_id"])
    post(s3, body["upload"], media.mp4())
    response = alice.complete(body["asset_id"])
    assert (response.status, response.detail) == (404, "Asset not found")
    assert public(s3) == []


def test_reusing_a_form_changes_nothing_public(alice: Caller, s3: "S3Client") -> None:
    body = form_for(alice, "image.png")
    post(s3, body["upload"], media.png())
    alice.complete(body["asset_id"])
    before = alice.list().body
    post(s3, body["upload"], media.png(32, 32))
    file_arrived(body["asset_id"])
    assert alice.complete(body["asset_id"]).status == 201
    assert public_bytes(s3, body["asset_id"]) == media.png()
    assert alice.list().body == before


def test_bytes_that_are_already_public_are_listed_and_not_overwritten(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """Bytes are published but not listed, then others are posted: S3 refuses the second copy (`IfNoneMatch`)."""
    body = form_for(alice, "image.png")
    post(s3, body["upload"], media.png())
    with calls.stopped_at(3, "after"):
        alice.complete(body["asset_id"])
    post(s3, body["upload"], media.png(32, 32))
    calls.refuse("CopyObject", "PreconditionFailed", 412)
    asset = alice.complete(body["asset_id"]).json()
    assert (asset["size_bytes"], asset["width"], asset["height"]) == (len(media.png()), 64, 48)
    assert asset["sha256"] == hashlib.sha256(media.png()).hexdigest()
    assert public_bytes(s3, body["asset_id"]) == media.png()
    assert calls.made == ["BatchGetItem", "GetObject", "CopyObject", "HeadObject", "TransactWriteItems"]


def test_the_facts_of_already_public_bytes_are_kept(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    """Bytes with missing or invalid facts are still listed."""
    body = form_for(alice, "image.png")
    key = f"api/v2/assets/{body['asset_id']}"
    s3.put_object(Bucket="assets", Key=key, Body=media.png(), ContentType="image/png", Metadata={"width": "-1"})
    post(s3, body["upload"], media.png())
    calls.refuse("CopyObject", "PreconditionFailed", 412)
    asset = alice.complete(body["asset_id"]).json()
    assert asset["size_bytes"] == len(media.png())
    assert asset.keys().isdisjoint({"width", "height"})


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("name", ["image.png", "photo.jpg"])
def test_bytes_posted_during_a_publication_do_not_become_public(
    name: str, number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """Either the inspected bytes are published, or the posted ones are inspected and refused."""
    sent = media.png() if name == "image.png" else media.jpeg()
    body = form_for(alice, name)
    post(s3, body["upload"], sent)
    calls.resume()
    calls.at(number, "before", lambda: post(s3, body["upload"], media.gif()))
    response = alice.complete(body["asset_id"])
    assert response.status == (400 if number <= 2 else 201)
    assert [public_bytes(s3, asset_id) for asset_id in public(s3)] == ([] if number <= 2 else [sent])


def test_repeatedly_vanishing_bytes_are_a_503(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    body = form_for(alice, "image.png")
    post(s3, body["upload"], media.png())
    calls.refuse("CopyObject", "NoSuchVersion", 404, times=3)
    response = alice.complete(body["asset_id"])
    assert response.status == 503
    assert response.headers["retry-after"] == "1"
    assert public(s3) == []
    assert alice.complete(body["asset_id"]).status == 201


def test_metadata_is_removed_from_large_photos(alice: Caller, s3: "S3Client") -> None:
    photo = media.jpeg(3000, 2000, exif=True)
    assert len(photo) > 65536
    body = form_for(alice, "photo.jpg", size_bytes=len(photo))
    post(s3, body["upload"], photo)
    asset = alice.complete(body["asset_id"]).json()
    published = public_bytes(s3, body["asset_id"])
    assert b"Camera Maker" not in published
    assert (asset["size_bytes"], asset["sha256"]) == (len(published), hashlib.sha256(published).hexdigest())


def test_a_photo_keeps_its_metadata_if_configured(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, remove_personal_metadata=False)
    body = form_for(alice, "photo.jpg")
    post(s3, body["upload"], media.jpeg(exif=True))
    assert alice.complete(body["asset_id"]).json()["size_bytes"] == len(media.jpeg(exif=True))
    assert public_bytes(s3, body["asset_id"]) == media.jpeg(exif=True)


@pytest.mark.parametrize("metadata", [{}, {"owner": "!!", "filename": "YQ"}, {"owner": "YWxpY2U"}])
def test_an_object_without_a_forms_metadata_is_ignored(metadata: dict[str, str], alice: Caller, s3: "S3Client") -> None:
    asset_id = form_for(alice)["asset_id"]
    s3.put_object(Bucket="incoming", Key=f"uploads/{asset_id}", Body=media.mp4(), Metadata=metadata)
    assert alice.complete(asset_id).status == 409


def test_an_object_that_names_another_owner_is_not_found(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    asset_id = form_for(alice)["asset_id"]
    bobs = form_for(bob)["upload"]
    post(s3, {"fields": bobs["fields"] | {"key": f"uploads/{asset_id}"}}, media.mp4())
    assert alice.complete(asset_id).status == 404
