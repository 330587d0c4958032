"""The Python client's requests for options, changes, bulk deletes, imports, usage and erasure; blocking and async."""

import json
from pathlib import Path
from typing import Any

import pytest

from asset_upload_client import AssetClient, errors
from tests.unit.clients.scripted_service import ASSET, BASE, FORM, ID, UPLOADED, Operation, Service, ok, problem

OPTIONS: dict[str, Any] = {"tags": ["a", "b c"], "expires_in": 3600}
URL = f"{BASE}/api/v2/assets/{ID}"


def body_of(service: Service, index: int = 0) -> Any:
    return json.loads(service.requests[index].content)


def test_options_of_a_small_file_are_form_fields_before_the_file(call: Operation, image: Path) -> None:
    service = Service(ok(UPLOADED, 201), ok(ASSET))
    call(service, "upload", image, **OPTIONS)
    body = service.requests[0].read()
    assert body.count(b'name="tags"') == 2
    assert body.index(b'name="expires_in"\r\n\r\n3600') < body.index(b'name="file"')


def test_options_of_a_large_file_are_sent_in_the_form_request(call: Operation, clip: Path) -> None:
    service = Service(ok({**UPLOADED, "upload": FORM}, 201), ok({}, 201), ok(ASSET, 201))
    call(service, "upload", clip, **OPTIONS)
    assert body_of(service).items() >= OPTIONS.items()


def test_omitted_options_are_not_sent(call: Operation, clip: Path, image: Path) -> None:
    service = Service(ok({**UPLOADED, "upload": FORM}, 201), ok({}, 201), ok(ASSET, 201))
    call(service, "upload", clip)
    assert body_of(service).keys() == {"filename", "content_type", "size_bytes", "sha256"}
    direct = Service(ok(UPLOADED, 201), ok(ASSET))
    call(direct, "upload", image)
    assert direct.requests[0].read().count(b"Content-Disposition") == 1


@pytest.mark.parametrize("changes", [{"filename": "n.png"}, {"tags": ("x",)}, {"expires_in": None}, {"expires_in": 60}])
def test_a_change_sends_only_the_given_fields(call: Operation, changes: dict[str, Any]) -> None:
    service = Service(ok({**ASSET, "success": True}))
    call(service, "update", URL, **changes)
    assert service.sent == [f"PATCH /api/v2/assets/{ID}"]
    assert body_of(service) == json.loads(json.dumps(changes))


def test_many_assets_are_deleted_in_batches_of_a_hundred_without_duplicates(call: Operation) -> None:
    first, last = (
        {"success": True, "deleted": ["0"], "not_found": []},
        {"success": True, "deleted": [], "not_found": ["x"]},
    )
    service = Service(ok(first), ok(last))
    ids = [str(number) for number in range(150)]
    assert call(service, "delete_many", [*ids, "0"]) == {"success": True, "deleted": ["0"], "not_found": ["x"]}
    assert [len(body_of(service, index)["asset_ids"]) for index in (0, 1)] == [100, 50]


def test_filters_are_query_parameters(call: Operation) -> None:
    page = {"success": True, "assets": [], "limit": 50, "offset": 0, "next_cursor": None}
    service = Service(ok(page))
    call(service, "list_assets", tag="summer 2026", q="Ü", file_type="image")
    assert dict(service.requests[0].url.params) == {
        "limit": "50", "offset": "0", "tag": "summer 2026", "q": "Ü", "file_type": "image"
    }  # fmt: skip


def test_retries_of_an_import_share_an_idempotency_key(call: Operation) -> None:
    started = {"success": True, "job_id": "j", "asset_id": ID, "status": "pending"}
    service = Service(problem(503, "temporarily-unavailable", "S3"), ok(started, 202))
    assert call(service, "import_url", "https://example.com/a.png", filename="b.png", **OPTIONS) == started
    assert body_of(service, 1) == {"url": "https://example.com/a.png", "filename": "b.png", **OPTIONS}
    assert len({request.headers["Idempotency-Key"] for request in service.requests}) == 1


def test_an_import_that_completed_has_its_url(call: Operation) -> None:
    job = {"job_id": "j", "kind": "import", "status": "completed", "created_at": "", "completed_at": "", "asset_id": ID,
           "asset_url": URL, "video_url": None, "error_message": None}  # fmt: skip
    assert call(Service(ok(job)), "wait_for_job", "j")["asset_url"] == URL


def test_usage_and_erasure_make_one_request_each(call: Operation) -> None:
    limits = {"max_upload_bytes": 1, "uploads_per_minute": 10, "generations_per_minute": 10, "max_bytes": None,
              "max_assets": 5}  # fmt: skip
    service = Service(ok({"success": True, "assets": 2, "bytes": 3, "limits": limits}))
    assert call(service, "usage")["limits"]["max_assets"] == 5
    erasing = Service(ok({"success": True, "job_id": "j"}, 202))
    assert call(erasing, "erase_owner")["job_id"] == "j"
    assert [*service.sent, *erasing.sent] == ["GET /api/v2/usage", "DELETE /api/v2/owner"]


@pytest.mark.parametrize("asset", [ID, URL, f"{URL}/w640.webp", f"{URL}?x=1"])
def test_an_asset_is_identified_by_its_id_or_any_of_its_urls(call: Operation, asset: str) -> None:
    service = Service(ok(ASSET))
    call(service, "get", asset)
    assert service.sent == [f"GET /api/v2/assets/{ID}/metadata"]


def test_rendition_urls_need_no_request() -> None:
    with AssetClient(BASE) as client:
        assert client.rendition_url(ID, "w640.webp") == f"{URL}/w640.webp"
        assert client.rendition_url(f"{URL}/w160.jpg", "frame-last.png") == f"{URL}/frame-last.png"
        assert client.rendition_url(ID, "../../jobs") == f"{URL}/..%2F..%2Fjobs"


@pytest.mark.parametrize(
    ("status", "slug", "kind"),
    [
        (403, "quota-exceeded", errors.QuotaExceeded),
        (403, "model-not-allowed", errors.NotAllowed),
        (404, "rendition-not-found", errors.RenditionNotFound),
    ],
)
def test_quota_model_and_rendition_errors_have_their_own_exceptions(
    call: Operation, status: int, slug: str, kind: type[errors.AssetError]
) -> None:
    with pytest.raises(kind, match="why"):
        call(Service(problem(status, slug, "why")), "get", ID)


def test_a_signed_url_is_returned(call: Operation) -> None:
    signed = {"success": True, "url": "https://signed", "expires_at": ""}
    service = Service(ok(signed), ok(signed))
    assert call(service, "signed_url", URL) == "https://signed"
    call(service, "signed_url", ID, expires_in=60, rendition="w640.webp")
    assert service.sent == [f"POST /api/v2/assets/{ID}/signed-url"] * 2
    assert [body_of(service, index) for index in (0, 1)] == [
        {"expires_in": 3600},
        {"expires_in": 60, "rendition": "w640.webp"},
    ]
