"""Admission of a request that makes an asset or a job: its id, its idempotency key, and its owner's rate limit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids, filenames, public_urls
from asset_api.assets.asset import Options
from asset_api.media import file_types
from asset_api.media.file_types import MediaType
from asset_api.platform import errors, metrics
from asset_api.platform.idempotency import Claim, IdempotencyKeys, fingerprint
from asset_api.platform.rate_limits import GENERATIONS, UPLOADS, Limit, RateLimiter

if TYPE_CHECKING:
    from asset_api.assets.usage import Usages

logger = Logger()


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """The body of a success, and its RateLimit headers unless it is a replay."""

    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Operation(NamedTuple):
    """A kind of request: idempotency keys of different kinds are different keys."""

    name: str
    limit: Limit
    id_name: str
    """The log's name for the id of the asset or job."""


UPLOAD = Operation("upload", UPLOADS, "asset_id")
IMPORT = Operation("import", UPLOADS, "job_id")
GENERATE = Operation("generate", GENERATIONS, "job_id")


@dataclass(frozen=True, slots=True)
class Admissions:
    """Admissions to one operation."""

    operation: Operation
    limiter: RateLimiter
    idempotency_keys: IdempotencyKeys
    asset_id_salt: str
    clock: Callable[[], datetime]
    default_expiry_seconds: int | None = None
    usages: "Usages | None" = None
    """None where owners have no quota."""

    def chosen(self, options: Options) -> Options:
        """The request's options, with the deployment's default expiry where it has none."""
        if options.expires_in is None and self.default_expiry_seconds:
            return options._replace(expires_in=self.default_expiry_seconds)
        return options

    def require_room(self, owner: str, size_bytes: int | None) -> None:
        """Raise the 403 where a file of this size, or of any, would exceed the owner's quota.

        One call, none where there is no quota.
        """
        if self.usages is not None:
            self.usages.require_room(owner, size_bytes or 1)

    def claim(self, owner: str, key: str | None, *body: str) -> Claim:
        """Claim a new id, or the one that the idempotency `key` has stood for since it came with this `body`.

        No call without a key, one with it. Raises the 422 for an invalid key and the 409 for another body.
        """
        new_id = self.mint(owner)
        if key is None:
            return Claim(owner, None, new_id, is_new=True)
        return self.idempotency_keys.claim(owner, self.operation.name, key, fingerprint(*body), new_id)

    def mint(self, owner: str) -> str:
        """A new id of an asset or a job."""
        return asset_ids.mint(owner, salt=self.asset_id_salt, now=self.clock())

    def admit(self, owner: str, resource_id: str) -> dict[str, str]:
        """Count the request and return the RateLimit headers. One call. Raises the 429."""
        headers = self.limiter.admit(owner, resource_id)
        if self.operation.limit is UPLOADS:
            metrics.upload_admitted()
        # Every later log line about the asset or job carries this id too.
        logger.info("request admitted", extra={"operation": self.operation.name, self.operation.id_name: resource_id})
        return headers

    def keep(self, claim: Claim, body: dict[str, Any], **options: int) -> dict[str, Any]:
        """Keep the response for replays, as `IdempotencyKeys.keep` does, and return the one that counts."""
        return self.idempotency_keys.keep(claim, body, **options)


def declared_file(filename: str, content_type: str | None) -> tuple[str, MediaType]:
    """Return the file's name as it will be published, and its declared type.

    Raises the 422 for a name that is empty or too long, and the 400 for a type that is unsupported or contradictory.
    """
    cleaned = cleaned_filename(filename)
    media_type = file_types.declared(cleaned, content_type)
    return filenames.with_type(cleaned, media_type.extensions), media_type


def cleaned_filename(filename: str) -> str:
    """The name without what is harmful. Raises the 422 for a name that is empty or too long."""
    cleaned = filenames.clean(filename[: filenames.MAX_SENT_CHARACTERS])
    if not cleaned.strip(". "):
        raise errors.invalid_request("filename", "must name the file")
    if len(cleaned) > filenames.MAX_CHARACTERS or len(filename) > filenames.MAX_SENT_CHARACTERS:
        raise errors.invalid_request("filename", f"must have at most {filenames.MAX_CHARACTERS} characters")
    return cleaned


def upload_body(base_url: str, asset_id: str, filename: str, size_bytes: int | None) -> dict[str, Any]:
    """The five fields of every upload's 201."""
    return {
        "success": True,
        "url": base_url + public_urls.public_path(asset_id),
        "asset_id": asset_id,
        "filename": filename,
        "size_bytes": size_bytes,
    }
