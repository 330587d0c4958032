"""Upload forms: the request for one, and the presigned POST in the response.

Separate from `synchronous_uploads`, because a form needs neither the buckets nor the code that inspects files.
"""

from dataclasses import dataclass

from pydantic_core import SchemaValidator

from asset_api.assets.admissions import Admissions, ApiResponse
from asset_api.assets.catalog import Catalog
from asset_api.platform import request_schemas
from asset_api.uploads import described_files, form_signing
from asset_api.uploads.described_files import DescribedFile
from asset_api.uploads.form_signing import FormSigner

_VALIDATOR = SchemaValidator(**request_schemas.UPLOAD_FORM_REQUEST)


def described_file(body: bytes) -> DescribedFile:
    """Parse the file's description in a request for a form. Raises the 422."""
    return DescribedFile.from_json(_VALIDATOR, body)


@dataclass(frozen=True, slots=True)
class FormIssuer:
    admissions: Admissions
    catalog: Catalog
    signer: FormSigner

    def issue(self, owner: str, file: DescribedFile, *, base_url: str, idempotency_key: str | None) -> ApiResponse:
        """Issue a form; respond with 201. One DynamoDB call, three with an idempotency key.

        Raises what `described_files.admit` does.
        """
        admitted = described_files.admit(
            self.admissions,
            self.catalog,
            owner,
            file,
            method="form",
            max_bytes=self.signer.max_bytes,
            idempotency_key=idempotency_key,
        )
        if isinstance(admitted, ApiResponse):
            return admitted
        issued_at = self.admissions.clock()
        form = self.signer.sign(admitted.upload, size_bytes=file.size_bytes, issued_at=issued_at, base_url=base_url)
        return admitted.respond(form, base_url=base_url, usable_seconds=form_signing.LIFETIME_SECONDS)
