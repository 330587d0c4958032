"""An asset as clients see it, in lists, responses and events."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from asset_api.assets import public_urls
from asset_api.assets.asset import Asset

Sign = Callable[[str, int | None], str]
"""Signs the path of a private asset's thumbnail, at most until its asset's expiry (Unix seconds)."""


def to_json(asset: Asset, base_url: str, sign: Sign) -> dict[str, Any]:
    """Convert the asset to JSON, omitting unknown properties."""
    optional = {
        "sha256": asset.sha256,
        "width": asset.width,
        "height": asset.height,
        "job_id": asset.job_id,
        "source_url": asset.source_url,
        "rendition_error": asset.rendition_error,
    }
    return {
        "asset_id": asset.asset_id,
        "filename": asset.filename,
        "file_type": asset.file_type,
        "size_bytes": asset.size_bytes,
        # Existing clients compare it with a naive datetime.utcnow(): UTC, no offset, no fraction.
        "uploaded_at": asset.uploaded_at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "url": base_url + public_urls.public_path(asset.asset_id),
        "source": asset.source,
        "content_credentials": asset.content_credentials,
        "tags": list(asset.tags),
        "expires_at": _expires_at(asset.expiry),
        "visibility": asset.visibility,
        "thumbnail_url": _thumbnail_url(asset, base_url, sign),
        "thumbhash": asset.thumbhash,
        **{name: value for name, value in optional.items() if value is not None},
        **(_video_to_json(asset) if asset.file_type.startswith("video/") else {}),
    }


def _expires_at(expiry: int | None) -> str | None:
    return None if expiry is None else datetime.fromtimestamp(expiry, UTC).replace(tzinfo=None).isoformat()


def _video_to_json(asset: Asset) -> dict[str, Any]:
    """Return a video's facts. Without sound, the audio codec is null; if nothing is known, all are absent."""
    facts = {
        "duration_seconds": asset.duration_seconds,
        "frames_per_second": asset.frames_per_second,
        "video_codec": asset.video_codec,
    }
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return {**known, "audio_codec": asset.audio_codec} if known or asset.audio_codec else {}


def _thumbnail_url(asset: Asset, base_url: str, sign: Sign) -> str | None:
    if asset.rendition_error:
        return None
    path = public_urls.thumbnail_path(asset.asset_id, asset.file_type.partition("/")[0])
    return base_url + (path if asset.visibility == "public" else sign(path, asset.expiry))
