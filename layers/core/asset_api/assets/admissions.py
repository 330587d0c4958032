"""The start of every upload: a file name, an asset id that an idempotency key may stand for, and the owner's limit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids, filenames, public_urls
from asset_api.media import file_types
from asset_api.media.file_types import MediaType
from asset_api.platform import errors, metrics
from asset_api.platform.idempotency import Claim, IdempotencyKeys, fingerprint
from asset_api.platform.rate_limits import RateLimiter

_OPERATION = "upload"

logger = Logger()


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """The body of a success, and its RateLimit headers unless it is a replay."""

    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admissions:
    limiter: RateLimiter
    idempotency_keys: IdempotencyKeys
    asset_id_salt: str
    clock: Callable[[], datetime]

    def claim(self, owner: str, key: str | None, *body: str) -> Claim:
        """Claim a new asset id, or the one that the idempotency `key` has stood for since it came with this `body`.

        No call without a key, one with it. Raises the 422 for an invalid key and the 409 for another body.
        """
        asset_id = asset_ids.mint(owner, salt=self.asset_id_salt, now=self.clock())
        if key is None:
            return Claim(owner, "", asset_id, None)
        return self.idempotency_keys.claim(owner, _OPERATION, key, fingerprint(*body), asset_id)

    def admit(self, owner: str, asset_id: str) -> dict[str, str]:
        """Count the upload and return the RateLimit headers. One call. Raises the 429."""
        headers = self.limiter.admit(owner, asset_id)
        metrics.upload_issued()
        # Every log line about this upload, up to its publication by the event, carries this id.
        logger.info("upload issued", extra={"asset_id": asset_id})
        return headers

    def keep(self, claim: Claim, body: dict[str, Any], **options: int) -> dict[str, Any]:
        """Keep the response for replays; return it, or the one another request with the key kept first.

        One call with a key, none without.
        """
        return self.idempotency_keys.keep(claim, body, **options) if claim.sort_key else body


def declared_file(filename: str, content_type: str | None) -> tuple[str, MediaType]:
    """Return the file's name as it will be published, and its declared type.

    Raises the 422 for a name that is empty or too long, and the 400 for a type that is unsupported or contradictory.
    """
    cleaned = filenames.clean(filename)
    if not cleaned.strip(". "):
        raise errors.invalid_request("filename", "must name the file")
    if len(cleaned) > filenames.MAX_CHARACTERS:
        raise errors.invalid_request("filename", f"must have at most {filenames.MAX_CHARACTERS} characters")
    media_type = file_types.declared(cleaned, content_type)
    return filenames.with_type(cleaned, media_type.extensions), media_type


def upload_body(base_url: str, asset_id: str, filename: str, size_bytes: int | None) -> dict[str, Any]:
    """The five fields of every upload's 201."""
    return {
        "success": True,
        "url": base_url + public_urls.public_path(asset_id),
        "asset_id": asset_id,
        "filename": filename,
        "size_bytes": size_bytes,
    }
