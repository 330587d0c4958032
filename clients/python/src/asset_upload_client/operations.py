"""Operations on published assets, with one request each."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypedDict

from asset_upload_client import errors, options
from asset_upload_client.exchanges import Api
from asset_upload_client.references import asset_id, asset_path
from asset_upload_client.response_types import (
    Asset,
    AssetListResponse,
    DeleteManyResponse,
    DeleteResponse,
    FileType,
    SignedUrlResponse,
    Usage,
    Visibility,
)
from asset_upload_client.steps import Steps

DELETES_PER_REQUEST = 100


class Filters(TypedDict, total=False):
    """Filters of lists, which combine: `file_type`, one `tag`, and `q`, a part of the file name in any case."""

    file_type: FileType | None
    tag: str | None
    q: str | None


class AssetChanges(TypedDict, total=False):
    """Changes of an asset; absent properties stay unchanged. `expires_in` counts from now; None means never."""

    filename: str
    tags: Sequence[str]
    expires_in: int | None
    visibility: Visibility


def list_assets(
    api: Api, *, limit: int, offset: int | None, cursor: str | None, filters: Filters
) -> Steps[AssetListResponse]:
    params: dict[str, Any] = {"limit": limit, "offset": offset, "cursor": cursor, **filters}
    page: AssetListResponse = yield from api.request("GET", "/assets", AssetListResponse, params=params)
    return page


def get_asset(api: Api, asset: str) -> Steps[Asset]:
    found: Asset = yield from api.request("GET", asset_path(asset, "metadata"), Asset)
    return found


def delete_asset(api: Api, asset: str) -> Steps[DeleteResponse]:
    """Delete an asset. A 404 after a lost response counts as success: that attempt may have deleted it."""
    try:
        response: DeleteResponse = yield from api.request("DELETE", asset_path(asset), DeleteResponse)
    except errors.AssetNotFound as error:
        if error.tries == 1:
            raise
        return DeleteResponse(success=True, message=f"Asset {asset_id(asset)} deleted successfully")
    return response


def update_asset(api: Api, asset: str, changes: AssetChanges) -> Steps[Asset]:
    changed: Asset = yield from api.request("PATCH", asset_path(asset), Asset, json=options.to_json(changes))
    return changed


def delete_assets(api: Api, assets: Iterable[str]) -> Steps[DeleteManyResponse]:
    """Delete assets, a hundred per request. Ids deleted by an attempt whose response was lost are "not found"."""
    result = DeleteManyResponse(success=True, deleted=[], not_found=[])
    for batch in _batches(map(asset_id, assets), DELETES_PER_REQUEST):
        response: DeleteManyResponse = yield from api.request(
            "POST", "/assets/delete", DeleteManyResponse, json={"asset_ids": batch}
        )
        result["deleted"] += response["deleted"]
        result["not_found"] += response["not_found"]
    return result


def signed_url(api: Api, asset: str, *, expires_in: int, rendition: str | None) -> Steps[SignedUrlResponse]:
    body = {"expires_in": expires_in, **({"rendition": rendition} if rendition else {})}
    path = asset_path(asset, "signed-url")
    response: SignedUrlResponse = yield from api.request("POST", path, SignedUrlResponse, json=body)
    return response


def usage(api: Api) -> Steps[Usage]:
    response: Usage = yield from api.request("GET", "/usage", Usage)
    return response


def _batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    remaining = iter(dict.fromkeys(ids))
    while batch := list(islice(remaining, size)):
        yield batch
