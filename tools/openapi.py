"""Writes `web/api/v2/openapi.json` (OpenAPI 3.1), from the models and the catalogue that the functions themselves use.

`python -m tools.openapi` writes it; with `--check` it exits with 1 where the file is not up to date.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from asset_api import catalog, errors, http_api, listing, media_types, upload_limits, uploads
from asset_api.errors import ApiError
from asset_api.upload_requests import UploadFormRequest

TARGET = Path(__file__).parent.parent / "web/api/v2/openapi.json"
_EXAMPLE_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"
_EXAMPLE_URL = f"https://assets.example.com/api/v2/assets/{_EXAMPLE_ID}"


class Problem(BaseModel):
    """An error (RFC 9457): `detail` can be shown to a person, `type` is stable and meant for programs."""

    type: str = Field(examples=[http_api.PROBLEM_TYPE_PREFIX + "asset-not-found"])
    title: str
    status: int
    detail: str
    request_id: str


class AssetUploadResponse(BaseModel):
    """An asset, or what will be one when its form was posted."""

    success: bool
    url: str = Field(examples=[_EXAMPLE_URL])
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    size_bytes: int | None = Field(examples=[245890], description="Null where a form takes any size.")


class UploadForm(BaseModel):
    """An S3 presigned POST: send `fields`, then the file as `file`, to `url`."""

    method: str = Field(examples=["POST"])
    url: str
    fields: dict[str, str]
    key: str
    expires: int = Field(description="Seconds from when it was issued.")
    expires_at: str


class UploadFormResponse(AssetUploadResponse):
    upload: UploadForm


class Asset(BaseModel):
    """A published file. What is not known of it is left out."""

    model_config = ConfigDict(title="Asset")

    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    file_type: str = Field(examples=["image/jpeg"], json_schema_extra={"enum": [t.mime for t in media_types.SUPPORTED]})
    size_bytes: int = Field(examples=[245890])
    uploaded_at: str = Field(examples=["2025-11-15T12:34:56"], description="UTC, without offset or fraction.")
    url: str = Field(examples=[_EXAMPLE_URL])
    source: catalog.Source
    sha256: str = Field(default="", description="Hex, of the published bytes.")
    width: int = Field(default=0, description="Pixels.")
    height: int = Field(default=0, description="Pixels.")
    job_id: str = Field(default="", description="The generation job it comes from.")


class CompletedAsset(Asset):
    model_config = ConfigDict(title="CompletedAsset")

    success: bool


class AssetListResponse(BaseModel):
    success: bool
    assets: list[Asset]
    limit: int
    offset: int
    next_cursor: str | None = Field(description="Null on the last page.")


class DeleteResponse(BaseModel):
    success: bool
    message: str = Field(examples=[f"Asset {_EXAMPLE_ID} deleted successfully"])


_MODELS: tuple[type[BaseModel], ...] = (
    Problem,
    AssetUploadResponse,
    UploadFormRequest,
    UploadFormResponse,
    CompletedAsset,
    AssetListResponse,
    DeleteResponse,
)
_UNAUTHORIZED = (errors.not_authenticated(),)
_REFUSED_FILES = (
    errors.invalid_file_type("image/heic is not taken", media_types.SUPPORTED_EXTENSIONS),
    errors.file_too_large(media_types.MAX_BYTES),
    errors.empty_file(),
)
_UNAVAILABLE = (errors.temporarily_unavailable("AWS"),)


def specification() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Asset Upload API",
            "version": "2.0.0",
            "summary": "Upload images and videos, and get public URLs for them at once.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The host that serves this document"}],
        "tags": [{"name": "assets"}, {"name": "service"}],
        "security": [{"bearer": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> dict[str, Any]:
    asset_id = _parameter("asset_id", "path", {"type": "string", "format": "uuid"}, required=True)
    return {
        "/api/v2/upload-asset": {"post": _upload()},
        "/api/v2/assets": {"get": _list()},
        "/api/v2/assets/{asset_id}": {
            "parameters": [asset_id],
            "get": _public_bytes("Get the file itself; no token"),
            "head": _public_bytes("What a GET would answer, without the bytes; no token"),
            "delete": _operation(
                "Delete an asset, for good",
                "deleteAsset",
                {"200": _json("The asset is deleted.", "DeleteResponse")},
                (*_UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
            ),
        },
        "/api/v2/assets/{asset_id}/complete": {
            "parameters": [asset_id],
            "post": _operation(
                "Publish what was posted with a form, now",
                "completeUpload",
                {"201": _json("The asset.", "CompletedAsset")},
                (*_REFUSED_FILES, *_UNAUTHORIZED, errors.asset_not_found(), errors.bytes_not_arrived(), *_UNAVAILABLE),
            ),
        },
        "/api/v2/assets/{asset_id}/metadata": {
            "parameters": [asset_id],
            "get": _operation(
                "One asset of the list",
                "getAssetMetadata",
                {"200": _json("The asset.", "Asset")},
                (*_UNAUTHORIZED, errors.asset_not_found(), *_UNAVAILABLE),
            ),
        },
        "/api/v2/health": {
            "get": {
                "summary": "Whether the service is up; no token",
                "operationId": "getHealth",
                "tags": ["service"],
                "security": [],
                "responses": {"200": {"description": "It is.", "content": {"application/json": {}}}},
            }
        },
        "/api/v2/openapi.json": {
            "get": {
                "summary": "This document; no token",
                "operationId": "getOpenApi",
                "tags": ["service"],
                "security": [],
                "responses": {"200": {"description": "It.", "content": {"application/json": {}}}},
            }
        },
    }


def _upload() -> dict[str, Any]:
    created: dict[str, Any] = {
        "description": "The asset, or the form to post it with.",
        "headers": {"Location": {"description": "The asset's URL.", "schema": {"type": "string"}}},
        "content": {
            "application/json": {
                "schema": {"anyOf": [_reference("UploadFormResponse"), _reference("AssetUploadResponse")]}
            }
        },
    }
    operation = _operation(
        f"Upload a file of up to {uploads.DIRECT_MAX_BYTES // 2**20} MiB, or get a form to upload one of up to 50 MB",
        "uploadAsset",
        {"201": created},
        (
            *_REFUSED_FILES,
            *_UNAUTHORIZED,
            errors.idempotency_key_reused(),
            errors.direct_upload_too_large(uploads.DIRECT_MAX_BYTES, media_types.MAX_BYTES),
            errors.invalid_request("filename", "Field required"),
            errors.too_many_requests({}),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        f"At most {upload_limits.UPLOADS} uploads of an owner in any {upload_limits.WINDOW_SECONDS} seconds."
    )
    operation["parameters"] = [
        _parameter("Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": 255})
    ]
    file_schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    operation["requestBody"] = {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": file_schema},
            "application/json": {"schema": _reference("UploadFormRequest")},
        },
    }
    return operation


def _list() -> dict[str, Any]:
    operation = _operation(
        "Your assets, newest first",
        "listAssets",
        {"200": _json("A page.", "AssetListResponse")},
        (*_UNAUTHORIZED, errors.invalid_request("limit", "must be an integer from 1 to 100"), *_UNAVAILABLE),
    )
    limits = {"type": "integer", "minimum": 1, "maximum": listing.MAX_LIMIT, "default": listing.DEFAULT_LIMIT}
    operation["parameters"] = [
        _parameter("limit", "query", limits),
        _parameter("offset", "query", {"type": "integer", "minimum": 0, "default": 0}),
        _parameter("cursor", "query", {"type": "string", "description": "next_cursor of the page before."}),
        _parameter("file_type", "query", {"type": "string", "enum": ["image", "video"]}),
    ]
    return operation


def _public_bytes(summary: str) -> dict[str, Any]:
    content: dict[str, Any] = {media_type.mime: {} for media_type in media_types.SUPPORTED}
    return {
        "summary": summary,
        "operationId": "headAsset" if summary.startswith("What") else "getAsset",
        "tags": ["assets"],
        "security": [],
        "responses": {
            "200": {"description": "The bytes.", "content": content},
            "206": {"description": "The range of them that was asked for.", "content": content},
            "304": {"description": "The copy you have is good."},
            "404": _problem((errors.asset_not_found(),)),
        },
    }


def _operation(summary: str, name: str, answers: dict[str, Any], problems: tuple[ApiError, ...]) -> dict[str, Any]:
    by_status: dict[str, list[ApiError]] = {}
    for error in (*problems, errors.internal_server_error()):
        by_status.setdefault(str(error.status), []).append(error)
    refused = {status: _problem(tuple(found)) for status, found in sorted(by_status.items())}
    return {"summary": summary, "operationId": name, "tags": ["assets"], "responses": answers | refused}


def _problem(found: tuple[ApiError, ...]) -> dict[str, Any]:
    examples = {error.slug: {"value": http_api.problem(error, "JKJaXmPLvHcESHA=")} for error in found}
    content = {"application/problem+json": {"schema": _reference("Problem"), "examples": examples}}
    return {"description": ", or ".join(dict.fromkeys(error.title for error in found)), "content": content}


def _json(description: str, model: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(model)}}}


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _reference(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for model in _MODELS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return dict(sorted(schemas.items()))


def main(arguments: list[str]) -> int:
    text = json.dumps(specification(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        if TARGET.read_text() == text:
            return 0
        print(f"{TARGET} is not up to date: run python -m tools.openapi", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
