"""Upload forms: the request for one, and the presigned POST in the response.

Separate from `direct`, because a form needs neither the buckets nor the code that inspects files.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.assets.admissions import Admissions, ApiResponse, declared_file, upload_body
from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.platform import errors, request_bodies, request_schemas
from asset_api.publishing.arrivals import Upload
from asset_api.uploads import form_signing
from asset_api.uploads.form_signing import FormSigner

_VALIDATOR = SchemaValidator(**request_schemas.UPLOAD_FORM_REQUEST)


class FormRequest(NamedTuple):
    """A client's description of the file it will post. `sha256` is lower-case hex."""

    filename: str
    content_type: str | None
    size_bytes: int | None
    sha256: str | None
    options: Options = NO_OPTIONS

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises the 422 that names the first invalid field and what is wrong with it."""
        fields = request_bodies.validated(_VALIDATOR, body)
        options = Options.of_request(fields)
        sha256 = fields["sha256"]
        return cls(
            fields["filename"],
            fields["content_type"],
            fields["size_bytes"],
            sha256.lower() if sha256 else None,
            options,
        )


@dataclass(frozen=True, slots=True)
class FormIssuer:
    admissions: Admissions
    signer: FormSigner

    def issue(self, owner: str, request: FormRequest, *, base_url: str, idempotency_key: str | None) -> ApiResponse:
        """Issue a form; respond with 201. One DynamoDB call, three with an idempotency key.

        Raises the 400s for the type and size of the file, the 403 over the quota, and the 429.
        """
        filename, media_type = declared_file(request.filename, request.content_type)
        check_size(request.size_bytes, self.signer.max_bytes)
        options = self.admissions.chosen(request.options)
        upload = Upload("", owner, filename, media_type, request.sha256, options)
        upload.require_room()
        parts = ("form", filename, media_type.mime, str(request.size_bytes), str(request.sha256))
        claim = self.admissions.claim(owner, idempotency_key, *parts, *request.options.fingerprint)
        if claim.response:
            return ApiResponse(claim.response)
        self.admissions.require_room(owner, request.size_bytes)
        headers = self.admissions.admit(owner, claim.resource_id)
        upload = upload._replace(asset_id=claim.resource_id)
        issued_at = self.admissions.clock()
        form = self.signer.sign(upload, size_bytes=request.size_bytes, issued_at=issued_at, base_url=base_url)
        body = upload_body(base_url, upload.asset_id, filename, request.size_bytes) | {"upload": form}
        return ApiResponse(self.admissions.keep(claim, body, usable_seconds=form_signing.LIFETIME_SECONDS), headers)


def check_size(size_bytes: int | None, max_bytes: int) -> None:
    """Raise the 400 for an empty file, and for one of more than `max_bytes`."""
    if size_bytes == 0:
        raise errors.empty_file()
    if size_bytes is not None and size_bytes > max_bytes:
        raise errors.file_too_large(max_bytes)
