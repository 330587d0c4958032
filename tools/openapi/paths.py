"""Paths and methods of the API, with responses and errors from the catalogue."""

from typing import Any

from asset_api.assets import filenames, paging
from asset_api.media import file_types
from asset_api.platform import errors, rate_limits
from asset_api.uploads import direct
from tools.openapi import generation_paths, job_paths, parts, request_models, upload_paths

_FORM_EXAMPLES = {
    "All fields": {
        "filename": "clip.mp4",
        "content_type": "video/mp4",
        "size_bytes": 31457280,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "Only the name": {"filename": "photo.jpg"},
}
_OVER_QUOTA = errors.quota_exceeded(1000, 5 * 2**30)
_UNAVAILABLE = (errors.temporarily_unavailable("AWS"),)


def paths() -> dict[str, Any]:
    asset_id = parts.parameter("asset_id", "path", {"type": "string", "format": "uuid"}, required=True)
    return {
        "/api/v2/upload-asset": {"post": _upload()},
        "/api/v2/assets": {"get": _list()},
        "/api/v2/assets/{asset_id}": {
            "parameters": [asset_id],
            "get": _public_bytes("getAsset", "Get the file; no token"),
            "head": _public_bytes("headAsset", "Get the file's headers; no token"),
            "patch": _change(),
            "delete": parts.operation(
                "Delete an asset permanently",
                "deleteAsset",
                {"200": parts.json_answer("The asset is deleted.", "DeleteResponse")},
                (*parts.UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
            ),
        },
        "/api/v2/assets/delete": {"post": _delete_many()},
        "/api/v2/assets/{asset_id}/complete": {
            "parameters": [asset_id],
            "post": parts.operation(
                "Publish a file that was posted with a form",
                "completeUpload",
                {
                    "201": parts.json_answer("The asset.", "CompletedAsset", _of_an_asset("/asset_id")),
                    "202": upload_paths.publishing(),
                },
                (
                    *upload_paths.REFUSED_FILES,
                    *parts.UNAUTHORIZED,
                    _OVER_QUOTA,
                    errors.asset_not_found(),
                    errors.bytes_not_arrived(),
                    *_UNAVAILABLE,
                ),
            ),
        },
        "/api/v2/assets/{asset_id}/signed-url": {"parameters": [asset_id], "post": _signed_url()},
        "/api/v2/assets/{asset_id}/metadata": {
            "parameters": [asset_id],
            "get": parts.operation(
                "Get an asset's metadata",
                "getAssetMetadata",
                {"200": parts.json_answer("The asset.", "Asset")},
                (*parts.UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
            ),
        },
        "/api/v2/usage": {
            "get": parts.operation(
                "Get your usage and your limits",
                "getUsage",
                {"200": parts.json_answer("Your usage.", "UsageResponse")},
                (*parts.UNAUTHORIZED, *_UNAVAILABLE),
            )
        },
        **upload_paths.paths(_of_an_asset("/asset_id")),
        **job_paths.paths(),
        **generation_paths.paths(),
        "/api/v2/health": {
            "get": {
                "summary": "Check that the service is up; no token",
                "operationId": "getHealth",
                "tags": ["service"],
                "security": [],
                "responses": {"200": parts.json_answer("The service is up.", "HealthResponse")},
            }
        },
        "/api/v2/openapi.json": {
            "get": {
                "summary": "Get this document; no token",
                "operationId": "getOpenApi",
                "tags": ["service"],
                "security": [],
                "responses": {"200": {"description": "The document.", "content": {"application/json": {}}}},
            }
        },
    }


def _upload() -> dict[str, Any]:
    created: dict[str, Any] = {
        "description": "The asset, or the form to post the file with.",
        "headers": {"Location": parts.header("The asset's URL.")},
        "content": {
            "application/json": {
                "schema": {"anyOf": [parts.reference("UploadFormResponse"), parts.reference("AssetUploadResponse")]}
            }
        },
        "links": {"complete": parts.link("completeUpload", asset_id="/asset_id"), **_of_an_asset("/asset_id")},
    }
    operation = parts.operation(
        f"Upload a file of up to {direct.DIRECT_MAX_BYTES // 2**20} MiB, or get a form to upload one of up to 50 MB",
        "uploadAsset",
        {"201": created},
        (
            *upload_paths.REFUSED_FILES,
            *parts.UNAUTHORIZED,
            _OVER_QUOTA,
            errors.idempotency_key_reused(),
            errors.direct_upload_too_large(direct.DIRECT_MAX_BYTES, file_types.MAX_BYTES),
            errors.invalid_request("filename", "Field required"),
            parts.too_many_requests(rate_limits.UPLOADS),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        f"At most {rate_limits.DEFAULT_ADMISSIONS} uploads per owner in any {rate_limits.WINDOW_SECONDS} seconds, "
        "unless the deployment sets another limit."
    )
    operation["parameters"] = [parts.idempotency_key()]
    file_schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}, **request_models.FORM_OPTIONS},
    }
    operation["requestBody"] = {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": file_schema,
                "encoding": {"file": {"contentType": ", ".join(each.mime for each in file_types.SUPPORTED)}},
            },
            "application/json": parts.json_body("UploadFormRequest", _FORM_EXAMPLES),
        },
    }
    return operation


def _change() -> dict[str, Any]:
    operation = parts.operation(
        "Change an asset's name, tags, expiry or visibility",
        "changeAsset",
        {"200": parts.json_answer("The changed asset.", "ChangedAsset")},
        (
            *parts.UNAUTHORIZED,
            errors.asset_not_found(),
            errors.invalid_request("tags", "must be a list of at most 10"),
            *_UNAVAILABLE,
        ),
    )
    examples = {"Rename": {"filename": "beach.jpg"}, "Never expire": {"expires_in": None}}
    body = parts.json_body("ChangeAssetRequest", examples)
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": body, "application/merge-patch+json": body},
    }
    return operation


def _signed_url() -> dict[str, Any]:
    operation = parts.operation(
        "Get a URL of a private asset that works for a while",
        "signAssetUrl",
        {"200": parts.json_answer("The URL.", "SignedUrlResponse")},
        (
            *parts.UNAUTHORIZED,
            errors.asset_not_found(),
            errors.rendition_not_found("no rendition of this image has that name"),
            errors.invalid_request("expires_in", "Field required"),
            *_UNAVAILABLE,
        ),
    )
    examples = {
        "The file, for an hour": {"expires_in": 3600},
        "A rendition, for a day": {"expires_in": 86400, "rendition": "w640.webp"},
    }
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": parts.json_body("SignedUrlRequest", examples)},
    }
    return operation


def _delete_many() -> dict[str, Any]:
    operation = parts.operation(
        "Delete up to 100 assets permanently",
        "deleteAssets",
        {
            "200": parts.json_answer(
                "The ids that were deleted, and those that are not your assets.", "DeleteAssetsResponse"
            )
        },
        (
            *parts.UNAUTHORIZED,
            errors.invalid_request("asset_ids", "List should have at most 100 items after validation, not 101"),
            *_UNAVAILABLE,
        ),
    )
    example = {
        "Two assets": {"asset_ids": ["0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69", "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a6a"]}
    }
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": parts.json_body("DeleteAssetsRequest", example)},
    }
    return operation


def _list() -> dict[str, Any]:
    operation = parts.operation(
        "List your assets, newest first",
        "listAssets",
        {"200": parts.json_answer("A page.", "AssetListResponse", _of_a_page())},
        (*parts.UNAUTHORIZED, errors.invalid_request("limit", "must be an integer from 1 to 100"), *_UNAVAILABLE),
    )
    limits = {"type": "integer", "minimum": 1, "maximum": paging.MAX_LIMIT, "default": paging.DEFAULT_LIMIT}
    operation["parameters"] = [
        parts.parameter("limit", "query", limits),
        parts.parameter("offset", "query", {"type": "integer", "minimum": 0, "default": 0}),
        parts.parameter("cursor", "query", {"type": "string", "description": "`next_cursor` of the previous page."}),
        parts.parameter("file_type", "query", {"type": "string", "enum": ["image", "video"]}),
        parts.parameter(
            "tag", "query", request_models.TAG_SCHEMA | {"description": "A tag that the assets must have."}
        ),
        parts.parameter(
            "q",
            "query",
            {
                "type": "string",
                "maxLength": filenames.MAX_CHARACTERS,
                "description": "Text in the file name, in any case and Unicode normal form. A filtered page may be"
                " short and still have a `next_cursor`.",
            },
        ),
    ]
    return operation


def _of_a_page() -> dict[str, Any]:
    return {"next": parts.link("listAssets", cursor="/next_cursor"), **_of_an_asset("/assets/0/asset_id")}


def _of_an_asset(pointer: str) -> dict[str, Any]:
    operations = {
        "file": "getAsset",
        "metadata": "getAssetMetadata",
        "change": "changeAsset",
        "delete": "deleteAsset",
    }
    return {name: parts.link(operation, asset_id=pointer) for name, operation in operations.items()}


def _public_bytes(operation_id: str, summary: str) -> dict[str, Any]:
    content: dict[str, Any] = {media_type.mime: {} for media_type in file_types.SUPPORTED}
    return {
        "summary": summary,
        "operationId": operation_id,
        "tags": ["assets"],
        "security": [],
        "responses": {
            "200": {"description": "The bytes.", "content": content},
            "206": {"description": "The requested range.", "content": content},
            "304": {"description": "The client's copy is current."},
            "416": {"description": "The range starts beyond the end of the file."},
            "404": parts.problem((errors.asset_not_found(),)),
        },
    }
