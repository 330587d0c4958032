"""All paths of the API: here upload-asset, health and this document; the others in the modules `*_paths`."""

from typing import Any

from asset_api.media import file_types
from asset_api.platform import errors, rate_limits
from asset_api.uploads.synchronous_uploads import DIRECT_MAX_BYTES
from tools.openapi import (
    asset_paths,
    blocks,
    generation_paths,
    import_and_erasure_paths,
    job_paths,
    request_models,
    upload_paths,
)

_FORM_EXAMPLES = {
    "All fields": {
        "filename": "clip.mp4",
        "content_type": "video/mp4",
        "size_bytes": 31457280,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "Only the name": {"filename": "photo.jpg"},
}


def paths() -> dict[str, Any]:
    return {
        "/api/v2/upload-asset": {"post": _upload()},
        **asset_paths.paths(),
        **upload_paths.paths(asset_paths.of_an_asset("/asset_id")),
        **import_and_erasure_paths.paths(),
        **generation_paths.paths(),
        **job_paths.paths(),
        "/api/v2/health": {"get": _health()},
        "/api/v2/openapi.json": {"get": _openapi()},
    }


def _upload() -> dict[str, Any]:
    operation = blocks.operation(
        f"Upload a file of up to {DIRECT_MAX_BYTES // 2**20} MiB, or get a form to upload one of up to 50 MB",
        "uploadAsset",
        {"201": _asset_or_form()},
        (
            *upload_paths.REFUSED_FILES,
            *blocks.UNAUTHORIZED,
            upload_paths.OVER_QUOTA,
            errors.idempotency_key_reused(),
            errors.direct_upload_too_large(DIRECT_MAX_BYTES, file_types.MAX_BYTES),
            errors.invalid_request("filename", "Field required"),
            blocks.too_many_requests(rate_limits.UPLOADS),
            errors.temporarily_unavailable("AWS"),
        ),
    )
    operation["description"] = (
        f"At most {rate_limits.DEFAULT_ADMISSIONS} uploads per owner in any {rate_limits.WINDOW_SECONDS} seconds, "
        "unless the deployment sets another limit."
    )
    operation["parameters"] = [blocks.idempotency_key()]
    operation["requestBody"] = _file_or_form_request()
    return operation


def _asset_or_form() -> dict[str, Any]:
    responses = [blocks.reference("UploadFormResponse"), blocks.reference("AssetUploadResponse")]
    return {
        "description": "The asset, or the form to post the file with.",
        "headers": {"Location": blocks.header("The asset's URL.")},
        "content": {"application/json": {"schema": {"anyOf": responses}}},
        "links": {
            "complete": blocks.link("completeUpload", asset_id="/asset_id"),
            **asset_paths.of_an_asset("/asset_id"),
        },
    }


def _file_or_form_request() -> dict[str, Any]:
    file_schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}, **request_models.FORM_OPTIONS},
    }
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": file_schema,
                "encoding": {"file": {"contentType": ", ".join(each.mime for each in file_types.SUPPORTED)}},
            },
            "application/json": blocks.json_body("UploadFormRequest", _FORM_EXAMPLES),
        },
    }


def _health() -> dict[str, Any]:
    return {
        "summary": "Check that the service is up; no token",
        "operationId": "getHealth",
        "tags": ["service"],
        "security": [],
        "responses": {"200": blocks.json_response("The service is up.", "HealthResponse")},
    }


def _openapi() -> dict[str, Any]:
    return {
        "summary": "Get this document; no token",
        "operationId": "getOpenApi",
        "tags": ["service"],
        "security": [],
        "responses": {"200": {"description": "The document.", "content": {"application/json": {}}}},
    }
