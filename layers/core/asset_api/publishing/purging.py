"""Removing what a tombstone stands for: bytes, and the copies CloudFront keeps.

IAM: s3:DeleteObject on `uploads/*` of the incoming bucket and `api/v2/assets/*` of the assets bucket, and
cloudfront:CreateInvalidation.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.assets.public_urls import public_path

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient

    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket


def remove_bytes(asset_id: str, incoming: "IncomingBucket", bucket: "AssetsBucket") -> None:
    """Remove what arrived before what is public: a publication in flight then has nothing left to copy."""
    incoming.remove(asset_id)
    bucket.remove(asset_id)


@dataclass(frozen=True, slots=True)
class Invalidator:
    """Invalidates copies at CloudFront; does nothing where the deployment chose a short lifetime instead."""

    cloudfront: "CloudFrontClient"
    distribution_id: str

    def invalidate(self, asset_ids: Sequence[str]) -> None:
        """One invalidation for all: each costs by its paths, but only 3,000 paths may be in progress at a time."""
        if not self.distribution_id or not asset_ids:
            return
        paths = sorted({public_path(asset_id) for asset_id in asset_ids})
        self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": paths},
                # The same batch delivered again is the same invalidation, and is not paid for twice.
                "CallerReference": hashlib.sha256("\n".join(paths).encode()).hexdigest(),
            },
        )
