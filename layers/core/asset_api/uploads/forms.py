"""Issuing upload forms. Apart from `uploads`, as it needs neither the buckets nor what looks into files."""

from dataclasses import dataclass
from typing import NamedTuple

from asset_api.assets.admissions import Admissions, cleaned_filename, uploaded
from asset_api.assets.answers import Answer
from asset_api.media import file_types
from asset_api.platform import errors
from asset_api.publishing.incoming_bucket import Upload
from asset_api.uploads import form_signing
from asset_api.uploads.form_signing import FormSigner


class FormRequest(NamedTuple):
    """What a client says of the file it will post."""

    filename: str
    content_type: str | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class FormIssuer:
    admissions: Admissions
    signer: FormSigner

    def issue(self, owner: str, request: FormRequest, *, base_url: str, idempotency_key: str | None) -> Answer:
        """The 201 with a presigned POST. One DynamoDB call, three with an idempotency key.

        Raises the 400s for a type, a size or an emptiness that is refused, and the 429.
        """
        filename = cleaned_filename(request.filename)
        media_type = file_types.declared(filename, request.content_type)
        _check_size(request.size_bytes)
        parts = ("form", filename, media_type.mime, str(request.size_bytes), str(request.sha256))
        claim = self.admissions.claim(owner, idempotency_key, *parts)
        if claim.answer:
            return Answer(claim.answer)
        headers = self.admissions.admit(owner, claim.resource_id)
        upload = Upload(claim.resource_id, owner, filename, media_type, request.sha256)
        form = self.signer.sign(upload, size_bytes=request.size_bytes, issued_at=self.admissions.clock())
        body = uploaded(base_url, upload.asset_id, filename, request.size_bytes) | {"upload": form}
        return Answer(self.admissions.keep(claim, body, usable_seconds=form_signing.LIFETIME_SECONDS), headers)


def _check_size(size_bytes: int | None) -> None:
    if size_bytes == 0:
        raise errors.empty_file()
    if size_bytes is not None and size_bytes > file_types.MAX_BYTES:
        raise errors.file_too_large(file_types.MAX_BYTES)
