"""Forms and direct uploads."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.assets.admissions import Admissions
    from asset_api.uploads.forms import FormIssuer
    from asset_api.uploads.synchronous_uploads import SynchronousUploads


@composition.once
def _admissions() -> "Admissions":
    from asset_api.assets.admissions import UPLOAD

    return assets.admissions(UPLOAD)


@composition.once
def form_issuer() -> "FormIssuer":
    from asset_api.uploads.form_signing import FormSigner
    from asset_api.uploads.forms import FormIssuer

    current = settings.current()
    signer = FormSigner(
        current.incoming_bucket,
        current.incoming_bucket_domain,
        current.region,
        current.endpoint_url,
        aws.credentials,
        current.max_upload_bytes,
    )
    return FormIssuer(_admissions(), assets.catalog(), signer)


@composition.once
def synchronous_uploads() -> "SynchronousUploads":
    # Imported late, because forms need no buckets.
    from asset_api.composition import publishing
    from asset_api.uploads.synchronous_uploads import SynchronousUploads

    return SynchronousUploads(_admissions(), publishing.incoming_bucket(), publishing.publisher())
