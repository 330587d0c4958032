"""POST /api/v2/upload-asset and POST /api/v2/assets/{asset_id}/complete."""

from typing import Any

from asset_api.assets import asset_json
from asset_api.assets.admissions import ApiResponse
from asset_api.composition import assets, principals, uploads
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse
from asset_api.uploads import forms

api = HttpApi()


@api.post("/api/v2/upload-asset")
def upload_asset() -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    response = _upload_file(owner) if http_api.is_multipart(api.header("content-type") or "") else _issue_form(owner)
    return http_api.json_response(201, response.body, {"Location": response.body["url"], **response.headers})


def _upload_file(owner: str) -> ApiResponse:
    # Imported late, because most requests are for a form, and need neither S3 nor the code that inspects files.
    from asset_api.uploads import multipart

    part = multipart.file_part(api.header("content-type") or "", api.body)
    key = api.header("idempotency-key")
    return uploads.synchronous_uploads().store_and_publish(owner, part, base_url=api.base_url, idempotency_key=key)


def _issue_form(owner: str) -> ApiResponse:
    file = forms.described_file(api.body)
    key = api.header("idempotency-key")
    return uploads.form_issuer().issue(owner, file, base_url=api.base_url, idempotency_key=key)


@api.post("/api/v2/assets/<asset_id>/complete")
def complete_upload(asset_id: str) -> JsonResponse:
    from asset_api.publishing.deferred_publication import PublishedLaterError

    owner = principals.verifier().owner(api.header("authorization"))
    try:
        published = uploads.synchronous_uploads().complete(owner, asset_id)
    except PublishedLaterError as deferred:
        return http_api.json_response(202, deferred.to_json(api.base_url), deferred.headers)
    asset = asset_json.to_json(published, api.base_url, assets.sign_thumbnail)
    return http_api.json_response(201, {"success": True, **asset}, {"Location": asset["url"]})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(
    aws.dynamodb,
    uploads.form_issuer,
    in_snapshot=(principals.verifier, uploads.synchronous_uploads),
)
