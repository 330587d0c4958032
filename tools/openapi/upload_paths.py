"""Paths of uploads in parts."""

from typing import Any

from asset_api.media import file_types
from asset_api.platform import errors, rate_limits
from tools.openapi import blocks

_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"
_BEGIN_EXAMPLES = {
    "A large video": {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 31457280},
    "Only what is required": {"filename": "photo.jpg", "size_bytes": 245890},
}
REFUSED_FILES = (
    errors.invalid_file_type("image/heic is not supported", file_types.SUPPORTED_EXTENSIONS),
    errors.file_too_large(file_types.MAX_BYTES),
    errors.empty_file(),
)
OVER_QUOTA = errors.quota_exceeded(1000, 5 * 2**30)
_UNAVAILABLE = (errors.temporarily_unavailable("AWS"),)


def paths(of_an_asset: dict[str, Any]) -> dict[str, Any]:
    asset_id = blocks.parameter("asset_id", "path", {"type": "string", "format": "uuid"}, required=True)
    return {
        "/api/v2/uploads": {"post": _begin(of_an_asset)},
        "/api/v2/uploads/{asset_id}": {
            "parameters": [asset_id, _upload_id()],
            "get": blocks.operation(
                "List the parts that have been uploaded",
                "getUpload",
                {"200": blocks.json_response("The upload.", "UploadResponse")},
                (*blocks.UNAUTHORIZED, errors.upload_not_found(), _missing_id(), *_UNAVAILABLE),
            ),
            "delete": blocks.operation(
                "Abort an upload in parts",
                "abortUpload",
                {"200": blocks.json_response("The parts are removed, and nothing is published.", "AbortResponse")},
                (
                    *blocks.UNAUTHORIZED,
                    errors.upload_not_found(),
                    errors.upload_completed(),
                    _missing_id(),
                    *_UNAVAILABLE,
                ),
            ),
        },
        "/api/v2/uploads/{asset_id}/parts": {"parameters": [asset_id], "post": _sign()},
        "/api/v2/uploads/{asset_id}/complete": {"parameters": [asset_id], "post": _complete(of_an_asset)},
    }


def publishing() -> dict[str, Any]:
    """Describe the 202 for a large file."""
    response = blocks.json_response(
        "The file is being published, and its metadata is 404 until then. Repeat the request.",
        "PublishingResponse",
        {"metadata": blocks.link("getAssetMetadata", asset_id="/asset_id")},
    )
    return response | {"headers": {"Retry-After": blocks.header("Seconds to wait.")}}


def _begin(of_an_asset: dict[str, Any]) -> dict[str, Any]:
    of_the_upload = {
        name: {
            "operationId": operation,
            "parameters": {"asset_id": "$response.body#/asset_id", "upload_id": "$response.body#/upload/id"},
        }
        for name, operation in {"parts": "getUpload", "abort": "abortUpload"}.items()
    }
    by_body = {
        name: {
            "operationId": operation,
            "parameters": {"asset_id": "$response.body#/asset_id"},
            "requestBody": {"upload_id": "$response.body#/upload/id"},
        }
        for name, operation in {"complete": "completeParts"}.items()
    }
    created = blocks.json_response("The upload.", "BegunUploadResponse", {**of_the_upload, **by_body, **of_an_asset})
    created["headers"] = {"Location": blocks.header("The asset's URL.")}
    operation = blocks.operation(
        "Begin an upload in parts, which can be interrupted and resumed",
        "beginUpload",
        {"201": created},
        (
            *REFUSED_FILES,
            *blocks.UNAUTHORIZED,
            OVER_QUOTA,
            errors.idempotency_key_reused(),
            errors.invalid_request("size_bytes", "Field required"),
            blocks.too_many_requests(rate_limits.UPLOADS),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        "For files of any size up to the deployment's `MaxUploadBytes` (50 MB by default, up to 5 GB). "
        "Counts as an upload."
    )
    operation["parameters"] = [blocks.idempotency_key()]
    return operation | _body("BeginUploadRequest", _BEGIN_EXAMPLES)


def _sign() -> dict[str, Any]:
    operation = blocks.operation(
        "Get a URL for each of up to 100 parts",
        "signParts",
        {
            "200": blocks.json_response(
                "The requests to send to S3, in any order and in parallel.", "SignedPartsResponse"
            )
        },
        (
            *blocks.UNAUTHORIZED,
            errors.upload_not_found(),
            errors.invalid_request("part_numbers", "must be from 1 to 64"),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        "The URLs are valid for an hour. A part may be uploaded again until the upload is completed."
    )
    return operation | _body("UploadPartsRequest")


def _complete(of_an_asset: dict[str, Any]) -> dict[str, Any]:
    operation = blocks.operation(
        "Publish a file whose parts have been uploaded",
        "completeParts",
        {"201": blocks.json_response("The asset.", "CompletedAsset", of_an_asset), "202": publishing()},
        (
            *REFUSED_FILES,
            *blocks.UNAUTHORIZED,
            OVER_QUOTA,
            errors.upload_not_found(),
            errors.asset_not_found(),
            errors.parts_missing((2, 3)),
            errors.invalid_request("upload_id", "Field required"),
            errors.publication_failed(),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        "Idempotent: repeat it after a 202, which is never final. It ends with 201; with 400 or 403 if the "
        "file is refused or the quota exceeded; or with 503 `publication-failed`."
    )
    return operation | _body("CompleteUploadRequest")


def _body(model: str, examples: dict[str, Any] | None = None) -> dict[str, Any]:
    body = blocks.json_body(model, examples) if examples else {"schema": blocks.reference(model)}
    return {"requestBody": {"required": True, "content": {"application/json": body}}}


def _upload_id() -> dict[str, Any]:
    return blocks.parameter("upload_id", "query", {"type": "string", "minLength": 1}, required=True)


def _missing_id() -> errors.ApiError:
    return errors.invalid_request("upload_id", "must be in the query")
