"""Erasing owners."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import assets, generation, jobs, publishing
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.erasures.erasures import Erasures
    from asset_api.erasures.passes import ErasurePasses


@composition.once
def erasures() -> "Erasures":
    from asset_api.erasures.erasures import Erasures

    return Erasures(jobs.jobs(), jobs.ingest_queue(), settings.current().asset_id_salt, composition.now)


@composition.once
def passes() -> "ErasurePasses":
    from asset_api.erasures.item_deletion import OwnerItems
    from asset_api.erasures.passes import ErasurePasses
    from asset_api.publishing.incoming_bucket import GENERATED_PREFIX, IncomingBucket
    from asset_api.publishing.incoming_parts import IncomingParts

    current = settings.current()
    return ErasurePasses(
        jobs=jobs.jobs(),
        queue=jobs.ingest_queue(),
        items=OwnerItems(aws.dynamodb(), current.assets_table, current.requests_table),
        usages=assets.usages(),
        catalog=assets.catalog(),
        incoming_buckets=(
            publishing.incoming_bucket(),
            IncomingBucket(aws.s3(), current.incoming_bucket, GENERATED_PREFIX),
        ),
        parts=IncomingParts(aws.s3(), current.incoming_bucket),
        bucket=publishing.assets_bucket(),
        remove_late_bytes=publishing.remove_late_bytes,
        provider=generation.replicate(),
        asset_id_salt=current.asset_id_salt,
        clock=composition.now,
    )
