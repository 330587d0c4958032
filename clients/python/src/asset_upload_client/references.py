"""References to assets: by id, by URL, or by the URL of a rendition."""

from urllib.parse import quote, urlsplit

from asset_upload_client.errors import InvalidArgument


def asset_id(asset: str) -> str:
    """Return the id in an asset's URL. Anything that is not a URL is already an id."""
    if not isinstance(asset, str) or "://" not in asset:
        return asset
    _, found, rest = urlsplit(asset).path.partition("/assets/")
    return rest.partition("/")[0] if found else asset


def rendition(url: str) -> str | None:
    """Return the name of the rendition whose URL this is; None for an asset's URL."""
    return urlsplit(url).path.partition("/assets/")[2].partition("/")[2] or None


def asset_path(asset: str, *further: str) -> str:
    """Return the path of an asset, after `/api/v2`. Ids are encoded, so `../owner` leads to no other path."""
    return _path("assets", asset_id(asset), *further)


def job_path(job_id: str, *further: str) -> str:
    """Return the path of a job, after `/api/v2`."""
    return _path("jobs", job_id, *further)


def upload_path(asset_id: str, *further: str) -> str:
    """Return the path of an upload in parts, after `/api/v2`."""
    return _path("uploads", asset_id, *further)


def _path(*parts: str) -> str:
    for part in parts:
        if not isinstance(part, str):
            raise InvalidArgument(f"An asset or a job is given by its id or its URL, not by {type(part).__name__}")
        if not part.strip():
            raise InvalidArgument("The id is empty")
    return "".join(f"/{quote(part, safe='')}" for part in parts)
