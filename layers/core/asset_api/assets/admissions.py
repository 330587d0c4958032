"""Admission of a request that creates an asset or a job: its id, idempotency key, rate limit and quota."""

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
    """The body of a successful response, and its RateLimit headers unless it is a replay."""

    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Operation(NamedTuple):
    """A kind of request. Each kind has its own idempotency keys."""

    name: str
    limit: Limit
    id_name: str
    """The field of log lines that holds the id of the asset or job."""


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
    """None if owners have no quota."""

    def with_default_expiry(self, options: Options) -> Options:
        """Return the request's options, with the deployment's default expiry if it has none."""
        if options.expires_in is None and self.default_expiry_seconds:
            return options._replace(expires_in=self.default_expiry_seconds)
        return options

    def require_room(self, owner: str, size_bytes: int | None) -> None:
        """Raise the 403 if a file of this size would exceed the owner's quota; None stands for an unknown size.

        One call, none without a quota.
        """
        if self.usages is not None:
            self.usages.require_room(owner, size_bytes or 1)

    def claim(self, owner: str, key: str | None, *body: str) -> Claim:
        """Claim a new id, or return the one that an earlier request with this idempotency `key` and `body` claimed.

        One call with a key, none without. Raises the 422 for an invalid key and the 409 for another body.
        """
        new_id = self.mint(owner)
        if key is None:
            return Claim(owner, None, new_id, is_new=True)
        return self.idempotency_keys.claim(owner, self.operation.name, key, fingerprint(*body), new_id)

    def mint(self, owner: str) -> str:
        """Mint an id for an asset or a job."""
        return asset_ids.mint(owner, salt=self.asset_id_salt, now=self.clock())

    def admit(self, owner: str, resource_id: str) -> dict[str, str]:
        """Count the request and return the RateLimit headers. One call. Raises the 429."""
        headers = self.limiter.admit(owner, resource_id)
        if self.operation.limit is UPLOADS:
            metrics.upload_admitted()
        # Every later log line about the asset or job has this id too.
        logger.info("request admitted", extra={"operation": self.operation.name, self.operation.id_name: resource_id})
        return headers

    def store_response(self, claim: Claim, body: dict[str, Any], **options: int) -> dict[str, Any]:
        """Store the response for replays; return it, or the one stored first (`IdempotencyKeys.store_response`)."""
        return self.idempotency_keys.store_response(claim, body, **options)


def declared_file(filename: str, content_type: str | None) -> tuple[str, MediaType]:
    """Return the file's name as it will be published, and its declared type.

    Raises the 422 for a name that is empty or too long, and the 400 if the type is unsupported or differs from the
    name's.
    """
    cleaned = cleaned_filename(filename)
    media_type = file_types.declared(cleaned, content_type)
    return filenames.with_type(cleaned, media_type.extensions), media_type


def cleaned_filename(filename: str) -> str:
    """Sanitize the name. Raises the 422 for a name that is empty or too long."""
    cleaned = filenames.clean(filename[: filenames.MAX_SENT_CHARACTERS])
    if not cleaned.strip(". "):
        raise errors.invalid_request("filename", "must name the file")
    if len(cleaned) > filenames.MAX_CHARACTERS or len(filename) > filenames.MAX_SENT_CHARACTERS:
        raise errors.invalid_request("filename", f"must have at most {filenames.MAX_CHARACTERS} characters")
    return cleaned


def upload_body(base_url: str, asset_id: str, filename: str, size_bytes: int | None) -> dict[str, Any]:
    """Return the five fields of every upload's 201."""
    return {
        "success": True,
        "url": base_url + public_urls.public_path(asset_id),
        "asset_id": asset_id,
        "filename": filename,
        "size_bytes": size_bytes,
    }
