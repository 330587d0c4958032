"""Uploads in parts."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets, publishing
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.uploads.part_uploads import PartUploads


@composition.once
def part_uploads() -> "PartUploads":
    from asset_api.assets.admissions import UPLOAD
    from asset_api.publishing.incoming_parts import IncomingParts
    from asset_api.uploads.part_signing import PartSigner
    from asset_api.uploads.part_uploads import PartUploads

    current = settings.current()
    signer = PartSigner(
        current.incoming_bucket,
        current.incoming_bucket_domain,
        current.region,
        current.endpoint_url,
        aws.credentials,
    )
    parts = IncomingParts(aws.s3(), current.incoming_bucket)
    return PartUploads(assets.admissions(UPLOAD), parts, signer, publishing.publisher())
