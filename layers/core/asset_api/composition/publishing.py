"""The buckets, and publication, changes and deletion of the assets in them."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.assets.asset import Asset
    from asset_api.publishing.arrival_events import ArrivalEvents
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.changing import Changer
    from asset_api.publishing.deletion import Deleter
    from asset_api.publishing.incoming_bucket import IncomingBucket
    from asset_api.publishing.publisher import Publisher
    from asset_api.publishing.purging import Invalidator


@composition.once
def incoming_bucket() -> "IncomingBucket":
    from asset_api.publishing.incoming_bucket import IncomingBucket

    return IncomingBucket(aws.s3(), settings.current().incoming_bucket)


@composition.once
def assets_bucket() -> "AssetsBucket":
    from asset_api.publishing.assets_bucket import AssetsBucket

    current = settings.current()
    return AssetsBucket(aws.s3(), current.assets_bucket, current.cdn_lifetime_seconds)


@composition.once
def publisher() -> "Publisher":
    from asset_api.assets.refusals import Refusals
    from asset_api.publishing.publisher import Publisher

    return Publisher(
        incoming_bucket(),
        assets_bucket(),
        assets.catalog(),
        removes_personal_metadata=settings.current().remove_personal_metadata,
        max_bytes=settings.current().max_upload_bytes,
        clear_former_key=clear_former_key,
        remove_late_bytes=remove_late_bytes,
        refusals=Refusals(aws.dynamodb(), settings.current().assets_table, composition.now),
    )


@composition.once
def arrival_events() -> "ArrivalEvents":
    from asset_api.publishing.arrival_events import ArrivalEvents

    return ArrivalEvents(publisher(), composition.now)


@composition.once
def large_arrival_events() -> "ArrivalEvents":
    """Create the handler of S3 events for files that are too large for a request."""
    from asset_api.assets.refusals import Refusals
    from asset_api.publishing.arrival_events import ArrivalEvents
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket
    from asset_api.publishing.large.publication import LargeFiles
    from asset_api.publishing.publisher import Publisher

    current = settings.current()
    s3 = aws.s3_for_large_files()
    incoming = IncomingBucket(s3, current.incoming_bucket)
    bucket = AssetsBucket(s3, current.assets_bucket, current.cdn_lifetime_seconds)
    large = Publisher(
        incoming,
        bucket,
        assets.catalog(),
        removes_personal_metadata=current.remove_personal_metadata,
        max_bytes=current.max_upload_bytes,
        clear_former_key=clear_former_key_in_slow_function,
        remove_late_bytes=remove_late_bytes,
        refusals=Refusals(aws.dynamodb(), current.assets_table, composition.now),
        large_files=LargeFiles(incoming, bucket),
    )
    return ArrivalEvents(large, composition.now)


@composition.once
def deleter() -> "Deleter":
    from asset_api.publishing.deletion import Deleter

    return Deleter(
        assets.catalog(), incoming_bucket(), assets_bucket(), settings.current().asset_id_salt, remove_late_bytes
    )


def clear_former_key(asset: "Asset") -> None:
    """Remove bytes that a publication stored under the asset's key from before a change of visibility."""
    changer_of_publishers().clear_former_key(asset)


def clear_former_key_in_slow_function(asset: "Asset") -> None:
    """Do the same in a function that may run for ten minutes."""
    changer_of_slow_publishers().clear_former_key(asset)


def remove_late_bytes(owner: str, asset_id: str) -> None:
    """Remove what a publication stored for a deleted asset, and invalidate CloudFront's copies."""
    changer_of_publishers().remove_late_bytes(owner, asset_id)


@composition.once
def changer_of_publishers() -> "Changer":
    from asset_api.publishing.changing import REQUEST_SECONDS

    return _changer_of_publishers(REQUEST_SECONDS)


@composition.once
def changer_of_slow_publishers() -> "Changer":
    from asset_api.publishing.changing import SLOW_PUBLICATION_SECONDS

    return _changer_of_publishers(SLOW_PUBLICATION_SECONDS)


def _changer_of_publishers(seconds: int) -> "Changer":
    from asset_api.publishing.changing import Changer
    from asset_api.publishing.placing import Placer

    # Publishers may neither read leases nor abort one another: upkeep checks again once nothing can be in progress.
    placer = Placer(assets_bucket(), lambda _: False, aborts_uploads=False)
    return Changer(assets.catalog(), placer, composition.now, seconds)


@composition.once
def invalidator() -> "Invalidator":
    from asset_api.publishing.purging import Invalidator

    return Invalidator(aws.cloudfront(), settings.current().distribution_id)
