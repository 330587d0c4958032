"""Files that a client describes before it sends them, with a form or in parts: the same description and admission."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from asset_api.assets.admissions import Admissions, ApiResponse, declared_file, upload_body
from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.assets.catalog import DeletedError
from asset_api.platform import errors, request_bodies
from asset_api.publishing import deferred_publication
from asset_api.publishing.arrivals import Upload

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

    from asset_api.assets.catalog import Catalog
    from asset_api.platform.idempotency import Claim

UploadMethod = Literal["form", "parts"]
# A key has at most 255 characters; an asset id follows.
_LONGEST_KEY_PREFIX = 200


class DescribedFile(NamedTuple):
    """A client's description of the file that it will send. `sha256` is lower-case hex."""

    filename: str
    content_type: str | None
    size_bytes: int | None
    sha256: str | None
    options: Options = NO_OPTIONS

    @classmethod
    def from_json(cls, validator: "SchemaValidator", body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        fields = request_bodies.validate(validator, body)
        options = Options.pop_from(fields)
        sha256 = fields["sha256"]
        return cls(
            fields["filename"],
            fields["content_type"],
            fields["size_bytes"],
            sha256.lower() if sha256 else None,
            options,
        )


@dataclass(frozen=True, slots=True)
class AdmittedUpload:
    """An upload that was counted and may begin."""

    admissions: Admissions
    upload: Upload
    size_bytes: int | None
    claim: "Claim"
    headers: dict[str, str]

    def respond(self, details: dict[str, Any], *, base_url: str, usable_seconds: int) -> ApiResponse:
        """Return the 201 with `details` of the upload, and store it for replays while the upload can be used."""
        body = upload_body(base_url, self.upload.asset_id, self.upload.filename, self.size_bytes)
        kept = self.admissions.store_response(self.claim, body | {"upload": details}, usable_seconds=usable_seconds)
        return ApiResponse(kept, self.headers)


def admit(
    admissions: Admissions,
    catalog: "Catalog",
    owner: str,
    file: DescribedFile,
    *,
    method: UploadMethod,
    max_bytes: int,
    idempotency_key: str | None,
) -> AdmittedUpload | ApiResponse:
    """Check and count an upload, or return the response to an earlier request with the key.

    One call of DynamoDB, two with an idempotency key, and one more where owners have a quota. A replay takes one call,
    two if the file may have more than 50 MB. Raises the 400 for a type or size that is refused and for an empty file,
    the 403 over the quota, and the 429.
    """
    filename, media_type = declared_file(file.filename, file.content_type)
    _check_size(file.size_bytes, max_bytes)
    upload = Upload("", owner, filename, media_type, file.sha256, admissions.with_default_expiry(file.options))
    upload.require_room()
    described = (method, filename, media_type.mime, str(file.size_bytes), str(file.sha256))
    claim = admissions.claim(owner, idempotency_key, *described, *file.options.fingerprint)
    may_be_large = (max_bytes if file.size_bytes is None else file.size_bytes) > deferred_publication.REQUEST_MAX_BYTES
    while idempotency_key and may_be_large and not claim.is_new and _has_failed(catalog, owner, claim.resource_id):
        # Nothing can be published under that id. Every retry derives the same next key, so they get one asset.
        next_key = f"{idempotency_key[:_LONGEST_KEY_PREFIX]} {claim.resource_id}"
        claim = admissions.claim(owner, next_key, *described, *file.options.fingerprint)
    if claim.response:
        return ApiResponse(claim.response)
    admissions.require_room(owner, file.size_bytes)
    headers = admissions.admit(owner, claim.resource_id)
    return AdmittedUpload(admissions, upload._replace(asset_id=claim.resource_id), file.size_bytes, claim, headers)


def _has_failed(catalog: "Catalog", owner: str, asset_id: str) -> bool:
    """Tell whether the publication has failed for good, as clients may have seen. One call."""
    try:
        catalog.find(owner, asset_id)
    except DeletedError as deleted:
        return deleted.cause == "failed"
    return False


def _check_size(size_bytes: int | None, max_bytes: int) -> None:
    if size_bytes == 0:
        raise errors.empty_file()
    if size_bytes is not None and size_bytes > max_bytes:
        raise errors.file_too_large(max_bytes)
