"""POST /api/v2/uploads, and POST, GET and DELETE below it: uploads in parts."""

from typing import Any

from asset_api.assets import asset_json
from asset_api.composition import assets, parts, principals
from asset_api.platform import aws, cold_start, errors, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse
from asset_api.publishing.deferred_publication import PublishedLaterError
from asset_api.uploads import part_requests
from asset_api.uploads.part_requests import PartsRequest

api = HttpApi()


@api.post("/api/v2/uploads")
def begin_upload() -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    file = part_requests.described_file(api.body)
    key = api.header("idempotency-key")
    response = parts.part_uploads().begin(owner, file, base_url=api.base_url, idempotency_key=key)
    return http_api.json_response(201, response.body, {"Location": response.body["url"], **response.headers})


@api.post("/api/v2/uploads/<asset_id>/parts")
def sign_parts(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    request = PartsRequest.from_json(api.body)
    return http_api.json_response(200, parts.part_uploads().sign(owner, asset_id, request, base_url=api.base_url))


@api.get("/api/v2/uploads/<asset_id>")
def show_upload(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    return http_api.json_response(200, parts.part_uploads().show(owner, asset_id, _upload_id()))


@api.post("/api/v2/uploads/<asset_id>/complete")
def complete_parts(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    upload_id = part_requests.upload_id(api.body)
    try:
        asset = parts.part_uploads().complete(owner, asset_id, upload_id)
    except PublishedLaterError as deferred:
        return http_api.json_response(202, deferred.to_json(api.base_url), deferred.headers)
    shown = asset_json.to_json(asset, api.base_url, assets.sign_thumbnail)
    return http_api.json_response(201, {"success": True, **shown}, {"Location": shown["url"]})


@api.delete("/api/v2/uploads/<asset_id>")
def abort_upload(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    parts.part_uploads().abort(owner, asset_id, _upload_id())
    return http_api.json_response(200, {"success": True, "message": f"Upload of {asset_id} aborted"})


def _upload_id() -> str:
    upload_id = (api.current_event.query_string_parameters or {}).get("upload_id")
    if not upload_id:
        raise errors.invalid_request("upload_id", "must be in the query")
    return upload_id


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, aws.s3, parts.part_uploads, in_snapshot=(principals.verifier,))
