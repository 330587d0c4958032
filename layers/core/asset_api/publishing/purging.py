"""Purging of deleted assets: their bytes, and CloudFront's copies.

IAM: the actions of removing from both buckets and of aborting large uploads, and cloudfront:CreateInvalidation.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.assets.public_urls import public_path
from asset_api.platform import aws, aws_errors, remaining_time

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient

    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket

# An id begins with the time of its upload: ids from the same 4.7 hours share their first six characters.
_SHARED_CHARACTERS = 6
# More ids of one such period share a wildcard, because each path costs half a cent after the first thousand in a month.
MAX_PATHS_PER_PERIOD = 3
# CloudFront processes 15 paths with a wildcard at a time, for all batches together.
MAX_PATHS = 10
_PAUSE_SECONDS = 5

logger = Logger()


def purge(
    asset_ids: Sequence[str], incoming: "IncomingBucket", bucket: "AssetsBucket"
) -> tuple[list[str], list[Exception]]:
    """Remove the bytes of deleted assets; return the ids whose published bytes are gone, and the failures.

    The order of the three steps keeps a publication in flight, even one that crashes, from making anything public
    afterwards: without the uploaded versions it has nothing to copy, and without its multipart upload it cannot
    finish a large file that it has copied. The published bytes go last. They are removed even if an earlier step
    failed, so that nothing stays public while the steps wait to be repeated.
    """
    # Imported here because deletes do not need it.
    from asset_api.publishing.assets_bucket import original_keys
    from asset_api.publishing.large import multipart_uploads

    failures: list[Exception] = []

    def try_step(step: Callable[[], None], **log_fields: object) -> bool:
        """Run a step; return False if it fails, so that the others still run."""
        try:
            step()
        except (BotoCoreError, ClientError) as error:
            # Without a traceback: in an outage there are hundreds of failures, and the caller raises the first.
            logger.warning("not purged yet", extra={**log_fields, "reason": str(error)})
            failures.append(error)
            return False
        return True

    for each in asset_ids:
        try_step(partial(incoming.remove, each), asset_id=each)
    if asset_ids:
        try_step(partial(multipart_uploads.abort_all, bucket, frozenset(original_keys(asset_ids))), asset_ids=asset_ids)
    return [each for each in asset_ids if try_step(partial(bucket.remove, each), asset_id=each)], failures


def invalidation_paths(asset_ids: Sequence[str]) -> list[str]:
    """Choose the paths that cover these assets and their renditions: a wildcard for each, or one for a whole period.

    A period is 4.7 hours, or longer if that leaves too many paths. Its wildcard also drops copies of other assets of
    that time, which CloudFront then fetches again.
    """
    periods: dict[str, set[str]] = {}
    for asset_id in asset_ids:
        periods.setdefault(asset_id[:_SHARED_CHARACTERS], set()).add(asset_id)
    beginnings: set[str] = set()
    for period, ids in periods.items():
        beginnings |= ids if len(ids) <= MAX_PATHS_PER_PERIOD else {period}
    for length in range(_SHARED_CHARACTERS, -1, -1):
        if len(beginnings) <= MAX_PATHS:
            break
        beginnings = {beginning[:length] for beginning in beginnings}
    return sorted(f"{public_path(beginning)}*" for beginning in beginnings)


@dataclass(frozen=True, slots=True)
class Invalidator:
    """Invalidates copies at CloudFront; does nothing if the deployment uses a short CDN lifetime instead."""

    cloudfront: "CloudFrontClient"
    distribution_id: str
    sleep: Callable[[float], None] = time.sleep

    def invalidate(self, asset_ids: Sequence[str], occasions: Sequence[str]) -> None:
        """Invalidate all of them at once, waiting while CloudFront has too many invalidations in progress.

        `occasions` are the ids of the events that require it. With the same ones, CloudFront recognizes a repeated
        request, and bills it once; an asset that changes again is invalidated again.
        """
        if not self.distribution_id or not asset_ids:
            return
        while True:
            try:
                self._create_invalidation(asset_ids, occasions)
            except ClientError as error:
                if aws_errors.code(error) != aws_errors.TOO_MANY_INVALIDATIONS:
                    raise
                if not remaining_time.allows(_PAUSE_SECONDS + aws.attempt_seconds(self.cloudfront)):
                    raise
                self.sleep(_PAUSE_SECONDS)
            else:
                return

    def _create_invalidation(self, asset_ids: Sequence[str], occasions: Sequence[str]) -> None:
        paths = invalidation_paths(asset_ids)
        # Not a hash of the paths, which another batch may share.
        reference = hashlib.sha256("\n".join(sorted({*asset_ids, *occasions})).encode()).hexdigest()
        self.cloudfront.create_invalidation(
            DistributionId=self.distribution_id,
            InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": reference},
        )
