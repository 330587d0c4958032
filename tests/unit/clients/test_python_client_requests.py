"""The Python client's requests and its handling of responses, blocking and async alike."""

import hashlib
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from asset_upload_client import errors
from tests import media
from tests.unit.clients.scripted_service import (
    ASSET,
    BASE,
    EXPIRED,
    FORM,
    ID,
    JOB,
    UPLOADED,
    Operation,
    Outcome,
    Service,
    ok,
    problem,
)


def test_a_small_file_is_uploaded_in_one_request(call: Operation, image: Path) -> None:
    service = Service(ok(UPLOADED, 201), ok(ASSET))
    progress: list[tuple[int, int]] = []
    assert call(service, "upload", image, on_progress=lambda *sent: progress.append(sent)) == UPLOADED
    assert service.sent == ["POST /api/v2/upload-asset", f"GET /api/v2/assets/{ID}/metadata"]
    assert media.png() in service.requests[0].read()
    assert service.requests[0].headers["Authorization"] == "Bearer token"
    assert progress[-1] == (len(media.png()), len(media.png()))


def test_retries_of_an_upload_share_an_idempotency_key(call: Operation, image: Path) -> None:
    lost: list[Outcome] = [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.Response(503),
        httpx.Response(504),
    ]
    service = Service(
        *lost, problem(429, "too-many-requests", "Too many requests", Retry_After="0"), ok(UPLOADED), ok(ASSET)
    )
    assert call(service, "upload", image) == UPLOADED
    keys = {request.headers["Idempotency-Key"] for request in service.requests[:6]}
    assert len(keys) == 1
    assert all(media.png() in request.read() for request in service.requests[:6])


def test_a_large_file_is_posted_to_s3_without_the_token(call: Operation, clip: Path) -> None:
    response = {**UPLOADED, "upload": FORM}
    service = Service(ok(response, 201), httpx.Response(201), ok(ASSET, 201))
    call(service, "upload", clip)
    assert service.sent == ["POST /api/v2/upload-asset", "POST /bucket", f"POST /api/v2/assets/{ID}/complete"]
    sent = json.loads(service.requests[0].content)
    assert sent["size_bytes"] == clip.stat().st_size
    assert len(sent["sha256"]) == 64
    assert "Authorization" not in service.requests[1].headers
    body = service.requests[1].read()
    assert body.index(b'name="key"') < body.index(b'name="file"')


def test_an_expired_form_is_renewed_with_the_same_key(
    call: Operation, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asset_upload_client.uploads._FIRST_EXPIRED_FORM_WAIT_SECONDS", 0.0)
    response = {**UPLOADED, "upload": FORM}
    service = Service(ok(response), httpx.Response(403, text=EXPIRED), ok(response), httpx.Response(201), ok(ASSET))
    call(service, "upload", clip)
    assert service.requests[0].headers["Idempotency-Key"] == service.requests[2].headers["Idempotency-Key"]


def test_repeatedly_expired_forms_are_an_error(call: Operation, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asset_upload_client.uploads._FIRST_EXPIRED_FORM_WAIT_SECONDS", 0.0)
    response = {**UPLOADED, "upload": FORM}
    service = Service(*[ok(response), httpx.Response(403, text=EXPIRED)] * 4)
    with pytest.raises(errors.FormExpired, match="clock"):
        call(service, "upload", clip)


def test_a_failed_upload_does_not_stop_the_others(call: Operation, image: Path, tmp_path: Path) -> None:
    service = Service(ok(UPLOADED), ok(ASSET), ok(UPLOADED), ok(ASSET))
    first, missing, last = call(service, "upload_many", [image, tmp_path / "none.png", image], concurrency=1)
    assert first.answer == last.answer == UPLOADED
    assert isinstance(missing.error, errors.FileNotReadable)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (problem(401, "invalid-token", "Invalid or expired token"), errors.NotAuthenticated),
        (problem(404, "asset-not-found", "Asset not found"), errors.AssetNotFound),
        (problem(422, "invalid-request", "limit: too large"), errors.InvalidRequest),
        (problem(500, "internal-server-error", "Internal server error"), errors.ServiceUnavailable),
        (problem(429, "too-many-requests", "Too many requests", Retry_After="1000"), errors.RateLimited),
        (httpx.Response(404, text="<html>"), errors.AssetError),
        (httpx.Response(200, text="<html>"), errors.AssetError),
    ],
)
def test_a_refusal_raises_an_error_with_the_services_detail(
    call: Operation, response: httpx.Response, kind: type[errors.AssetError]
) -> None:
    # A response can be read by one kind of client only.
    fresh = httpx.Response(response.status_code, headers=response.headers, content=response.content)
    with pytest.raises(kind) as raised:
        call(Service(fresh), "get", ID)
    assert raised.value.status == response.status_code
    if "json" in response.headers["Content-Type"]:
        assert raised.value.request_id == "r-1"
        assert str(raised.value).startswith(response.json()["detail"])


def test_an_error_has_the_time_to_wait(call: Operation) -> None:
    response = problem(429, "too-many-requests", "Too many requests", Retry_After="1000")
    with pytest.raises(errors.RateLimited, match="Try again in 1000 s") as raised:
        call(Service(response), "get", ID)
    assert raised.value.retry_after == 1000


def test_gives_up_after_the_last_retry(call: Operation) -> None:
    service = Service(*[httpx.ConnectError("refused")] * 6)
    with pytest.raises(errors.ConnectionFailed, match=r"assets\.test after 6 attempts: refused"):
        call(service, "get", ID)


def test_a_delete_whose_response_was_lost_succeeds(call: Operation) -> None:
    gone = problem(404, "asset-not-found", "Asset not found")
    assert call(Service(httpx.ReadError("reset"), gone), "delete", ID)["success"] is True
    with pytest.raises(errors.AssetNotFound):
        call(Service(gone), "delete", ID)


@pytest.mark.parametrize(
    ("job", "kind"),
    [
        ({"status": "failed", "error_message": "no face"}, errors.JobFailed),
        ({"status": "canceled", "error_message": None}, errors.JobCanceled),
        ({"status": "pending", "error_message": None}, errors.JobTimedOut),
    ],
)
def test_a_job_without_a_video_is_an_error(
    call: Operation, job: dict[str, Any], kind: type[errors.JobNotCompleted]
) -> None:
    with pytest.raises(kind) as raised:
        call(Service(ok(JOB | job)), "wait_for_job", ID, timeout=0)
    assert raised.value.job_id == ID


class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection breaks after its first bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Any:
        yield self.data
        raise httpx.ReadError("reset")

    async def __aiter__(self) -> Any:
        yield self.data
        raise httpx.ReadError("reset")


def test_an_interrupted_download_is_resumed(call: Operation, tmp_path: Path) -> None:
    headers = {
        "ETag": '"e"',
        "Content-Length": "6",
        "Content-Type": "image/png",
        "Content-Disposition": 'inline; filename="../../x.png"',
    }
    rest = httpx.Response(206, content=b"def", headers={"Content-Range": "bytes 3-5/6"})
    unknown = problem(404, "asset-not-found", "Asset not found")
    service = Service(unknown, httpx.Response(200, stream=Breaking(b"abc"), headers=headers), rest)
    assert call(service, "download", ID, tmp_path) == tmp_path / "x.png"
    assert (tmp_path / "x.png").read_bytes() == b"abcdef"
    assert service.requests[2].headers["Range"] == "bytes=3-"
    assert service.requests[2].headers["If-Range"] == '"e"'
    assert "Authorization" not in service.requests[1].headers


def test_a_download_restarts_if_the_file_has_changed(call: Operation, tmp_path: Path) -> None:
    headers = {"ETag": '"e"', "Content-Length": "6"}
    service = Service(
        problem(404, "asset-not-found", "Asset not found"),
        httpx.Response(200, stream=Breaking(b"abc"), headers=headers),
        httpx.Response(200, content=b"xy"),
    )
    target = tmp_path / "y"
    assert call(service, "download", ID, target) == target
    assert target.read_bytes() == b"xy"


def test_a_corrupted_download_changes_no_file(call: Operation, tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"before")
    service = Service(ok({**ASSET, "size_bytes": 3, "sha256": "0" * 64}), httpx.Response(200, content=b"abc"))
    with pytest.raises(errors.ChecksumMismatch):
        call(service, "download", ID, target, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert target.read_bytes() == b"before"


def gif_named(name: str) -> Service:
    """A hostile service: it sends a GIF under any name."""
    headers = {"Content-Type": "image/gif", "Content-Disposition": f'inline; filename="{name}"'}
    unknown = problem(404, "asset-not-found", "Asset not found")
    return Service(unknown, httpx.Response(200, content=b"GIF89a", headers=headers))


def test_a_download_into_a_folder_never_replaces_a_file(call: Operation, tmp_path: Path) -> None:
    (tmp_path / "photo.gif").write_bytes(b"original")
    (tmp_path / "photo (1).gif").symlink_to("/dev/null")
    assert call(gif_named("photo.gif"), "download", ID, tmp_path) == tmp_path / "photo (2).gif"
    assert (tmp_path / "photo.gif").read_bytes() == b"original"
    assert (tmp_path / "photo (2).gif").read_bytes() == b"GIF89a"


def test_a_path_with_a_trailing_slash_is_created_as_a_folder(call: Operation, tmp_path: Path) -> None:
    target = tmp_path / "new" / "photos"
    assert call(gif_named("photo.gif"), "download", ID, f"{target}/") == target / "photo.gif"
    assert call(gif_named("photo.gif"), "download", ID, f"{target}/") == target / "photo (1).gif"
    assert (target / "photo.gif").read_bytes() == b"GIF89a"


def test_a_download_to_an_existing_file_fails_without_a_request(call: Operation, tmp_path: Path) -> None:
    target = tmp_path / "photo.gif"
    target.write_bytes(b"original")
    service = gif_named("photo.gif")
    with pytest.raises(errors.FileExists, match=r"photo\.gif already exists"):
        call(service, "download", ID, target)
    assert service.requests == []
    assert target.read_bytes() == b"original"


def test_a_file_created_during_a_download_is_not_overwritten(call: Operation, tmp_path: Path) -> None:
    target = tmp_path / "photo.gif"

    def interfere(sent: int, total: int) -> None:  # noqa: ARG001
        target.write_bytes(b"original")

    with pytest.raises(errors.FileExists):
        call(gif_named("photo.gif"), "download", ID, target, on_progress=interfere)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.gif"]
    assert target.read_bytes() == b"original"


@pytest.mark.parametrize("name", ["photo.gif", "."])
def test_overwrite_replaces_a_file(call: Operation, tmp_path: Path, name: str) -> None:
    target = tmp_path / "photo.gif"
    target.write_bytes(b"original")
    assert call(gif_named("photo.gif"), "download", ID, tmp_path / name, overwrite=True) == target
    assert target.read_bytes() == b"GIF89a"


@pytest.mark.parametrize("name", [".bashrc", "..", "a/../.profile", ".git/hooks/post-commit"])
def test_a_downloaded_file_is_visible_and_inside_the_folder(call: Operation, tmp_path: Path, name: str) -> None:
    path = call(gif_named(name), "download", ID, tmp_path)
    assert path.parent == tmp_path
    assert not path.name.startswith(".")
    assert path.suffix == ".gif"


def test_an_interrupted_download_into_an_open_file_is_resumed(call: Operation) -> None:
    headers = {"ETag": '"e"', "Content-Length": "6"}
    rest = httpx.Response(206, content=b"def", headers={"Content-Range": "bytes 3-5/6"})
    digest = hashlib.sha256(b"abcdef").hexdigest()
    owned = ok({**ASSET, "size_bytes": 6, "sha256": digest})
    service = Service(owned, httpx.Response(200, stream=Breaking(b"abc"), headers=headers), rest)
    file = io.BytesIO(b"before ")
    file.seek(0, io.SEEK_END)
    assert call(service, "download", ID, file) == 6
    assert file.getvalue() == b"before abcdef"


def test_a_download_into_an_open_file_restarts_if_it_is_seekable(call: Operation) -> None:
    headers = {"ETag": '"e"', "Content-Length": "6"}
    gone = problem(404, "asset-not-found", "Asset not found")

    def changing() -> Service:
        return Service(
            gone, httpx.Response(200, stream=Breaking(b"abcd"), headers=headers), httpx.Response(200, content=b"xy")
        )

    file = io.BytesIO(b"before ")
    file.seek(0, io.SEEK_END)
    assert call(changing(), "download", ID, file) == 2
    assert file.getvalue() == b"before xy"
    received: list[bytes] = []
    write_only = SimpleNamespace(write=received.append)
    with pytest.raises(errors.ChecksumMismatch, match="changed"):
        call(changing(), "download", ID, write_only)


def test_a_corrupted_download_into_an_open_file_is_an_error(call: Operation) -> None:
    service = Service(ok({**ASSET, "size_bytes": 3, "sha256": "0" * 64}), httpx.Response(200, content=b"abc"))
    with pytest.raises(errors.ChecksumMismatch):
        call(service, "download", ID, io.BytesIO())


def test_a_large_rendition_is_downloaded_through_a_redirect(call: Operation, tmp_path: Path) -> None:
    url = f"{BASE}/api/v2/assets/{ID}/frame-last.png"
    service = Service(httpx.Response(302, headers={"Location": url}), httpx.Response(200, content=b"png"))
    assert call(service, "download", url, tmp_path / "f.png").read_bytes() == b"png"


def test_a_private_rendition_is_downloaded_through_a_signed_url(call: Operation, tmp_path: Path) -> None:
    url = f"{BASE}/api/v2/assets/{ID}/w640.webp"
    gone = problem(404, "rendition-not-found", "Asset not found")
    signed = {"success": True, "url": f"{BASE}/signed?x=y", "expires_at": ""}
    service = Service(gone, ok(signed), httpx.Response(200, content=b"abc"))
    assert call(service, "download", url, tmp_path / "a.webp").read_bytes() == b"abc"
    assert json.loads(service.requests[1].content)["rendition"] == "w640.webp"
    another = Service(gone, problem(404, "asset-not-found", "Asset not found"))
    with pytest.raises(errors.RenditionNotFound):
        call(another, "download", url, tmp_path / "b.webp")
    with pytest.raises(errors.RenditionNotFound):
        call(Service(gone), "download", url.replace("assets.test", "other.test"), tmp_path / "c.webp")


def test_a_private_asset_is_downloaded_through_a_signed_url(call: Operation, tmp_path: Path) -> None:
    signed = {"success": True, "url": f"{BASE}/signed?x=y", "expires_at": ""}
    service = Service(
        ok({**ASSET, "size_bytes": 3, "visibility": "private"}), ok(signed), httpx.Response(200, content=b"abc")
    )
    assert call(service, "download", ID, tmp_path / "a.png").read_bytes() == b"abc"
    assert service.sent[1:] == [f"POST /api/v2/assets/{ID}/signed-url", "GET /signed"]


def test_an_upload_whose_checksum_cannot_be_fetched_is_uploaded_nevertheless(
    call: Operation, image: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = {**UPLOADED, "size_bytes": image.stat().st_size}
    outage = [httpx.ConnectError("refused")] * 6
    assert call(Service(ok(answer, 201), *outage), "upload", image) == answer
    assert "a.png is published as u, but its checksum is unknown: No response" in caplog.text
    changed = ok({**answer, "size_bytes": 10**6}, 201)
    with pytest.raises(errors.ChecksumMismatch):
        call(Service(changed, *outage), "upload", image)
