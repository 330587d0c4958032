"""Paths of assets and of the owner's usage."""

from typing import Any

from asset_api.assets import filenames
from asset_api.media import file_types
from asset_api.platform import errors
from tools.openapi import blocks, request_models, upload_paths

_UNAVAILABLE = (errors.temporarily_unavailable("AWS"),)


def paths() -> dict[str, Any]:
    asset_id = blocks.parameter("asset_id", "path", {"type": "string", "format": "uuid"}, required=True)
    return {
        "/api/v2/assets": {"get": _list()},
        "/api/v2/assets/{asset_id}": {
            "parameters": [asset_id],
            "get": _public_bytes("getAsset", "Get the file; no token"),
            "head": _public_bytes("headAsset", "Get the file's headers; no token"),
            "patch": _change(),
            "delete": _delete(),
        },
        "/api/v2/assets/delete": {"post": _delete_many()},
        "/api/v2/assets/{asset_id}/complete": {"parameters": [asset_id], "post": _complete()},
        "/api/v2/assets/{asset_id}/signed-url": {"parameters": [asset_id], "post": _signed_url()},
        "/api/v2/assets/{asset_id}/metadata": {"parameters": [asset_id], "get": _metadata()},
        "/api/v2/usage": {"get": _usage()},
    }


def of_an_asset(pointer: str) -> dict[str, Any]:
    """Return the links from a response to operations on the asset whose id is at `pointer`."""
    operations = {
        "file": "getAsset",
        "metadata": "getAssetMetadata",
        "change": "changeAsset",
        "delete": "deleteAsset",
    }
    return {name: blocks.link(operation, asset_id=pointer) for name, operation in operations.items()}


def _metadata() -> dict[str, Any]:
    return blocks.operation(
        "Get an asset's metadata",
        "getAssetMetadata",
        {"200": blocks.json_response("The asset.", "Asset")},
        (*blocks.UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
    )


def _usage() -> dict[str, Any]:
    return blocks.operation(
        "Get your usage and your limits",
        "getUsage",
        {"200": blocks.json_response("Your usage.", "UsageResponse")},
        (*blocks.UNAUTHORIZED, *_UNAVAILABLE),
    )


def _complete() -> dict[str, Any]:
    return blocks.operation(
        "Publish a file that was posted with a form",
        "completeUpload",
        {
            "201": blocks.json_response("The asset.", "CompletedAsset", of_an_asset("/asset_id")),
            "202": upload_paths.publishing(),
        },
        (
            *upload_paths.REFUSED_FILES,
            *blocks.UNAUTHORIZED,
            upload_paths.OVER_QUOTA,
            errors.asset_not_found(),
            errors.bytes_not_arrived(),
            *_UNAVAILABLE,
        ),
    )


def _delete() -> dict[str, Any]:
    return blocks.operation(
        "Delete an asset permanently",
        "deleteAsset",
        {"200": blocks.json_response("The asset is deleted.", "DeleteResponse")},
        (*blocks.UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
    )


def _change() -> dict[str, Any]:
    operation = blocks.operation(
        "Change an asset's name, tags, expiry or visibility",
        "changeAsset",
        {"200": blocks.json_response("The changed asset.", "ChangedAsset")},
        (
            *blocks.UNAUTHORIZED,
            errors.asset_not_found(),
            errors.invalid_request("tags", "must be a list of at most 10"),
            *_UNAVAILABLE,
        ),
    )
    examples = {"Rename": {"filename": "beach.jpg"}, "Never expire": {"expires_in": None}}
    body = blocks.json_body("ChangeAssetRequest", examples)
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": body, "application/merge-patch+json": body},
    }
    return operation


def _signed_url() -> dict[str, Any]:
    operation = blocks.operation(
        "Get a temporary URL of a private asset",
        "signAssetUrl",
        {"200": blocks.json_response("The URL.", "SignedUrlResponse")},
        (
            *blocks.UNAUTHORIZED,
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
    operation["requestBody"] = blocks.json_request("SignedUrlRequest", examples)
    return operation


def _delete_many() -> dict[str, Any]:
    operation = blocks.operation(
        "Delete up to 100 assets permanently",
        "deleteAssets",
        {
            "200": blocks.json_response(
                "The ids that were deleted, and those that are not your assets.", "DeleteAssetsResponse"
            )
        },
        (
            *blocks.UNAUTHORIZED,
            errors.invalid_request("asset_ids", "List should have at most 100 items after validation, not 101"),
            *_UNAVAILABLE,
        ),
    )
    example = {
        "Two assets": {"asset_ids": ["0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69", "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a6a"]}
    }
    operation["requestBody"] = blocks.json_request("DeleteAssetsRequest", example)
    return operation


def _list() -> dict[str, Any]:
    operation = blocks.operation(
        "List your assets, newest first",
        "listAssets",
        {"200": blocks.json_response("A page.", "AssetListResponse", _of_a_page())},
        (
            *blocks.UNAUTHORIZED,
            errors.invalid_request("limit", "must be an integer from 1 to 100"),
            *_UNAVAILABLE,
        ),
    )
    operation["parameters"] = [
        blocks.page_limit(),
        blocks.parameter("offset", "query", {"type": "integer", "minimum": 0, "default": 0}),
        blocks.parameter("cursor", "query", {"type": "string", "description": "`next_cursor` of the previous page."}),
        blocks.parameter("file_type", "query", {"type": "string", "enum": ["image", "video"]}),
        blocks.parameter(
            "tag", "query", request_models.TAG_SCHEMA | {"description": "A tag that the assets must have."}
        ),
        blocks.parameter(
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
    return {"next": blocks.link("listAssets", cursor="/next_cursor"), **of_an_asset("/assets/0/asset_id")}


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
            "404": blocks.problem((errors.asset_not_found(),)),
        },
    }
