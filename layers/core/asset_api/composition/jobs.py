"""Jobs of every kind: their table, lists, queue and outputs."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from asset_api.jobs.ingest_queue import IngestQueue
    from asset_api.jobs.job_listing import JobPages
    from asset_api.jobs.job_outputs import JobOutputs
    from asset_api.jobs.jobs import Jobs


@composition.once
def jobs() -> "Jobs":
    from asset_api.jobs.jobs import Jobs

    return Jobs(aws.dynamodb(), settings.current().assets_table, composition.now)


@composition.once
def job_pages() -> "JobPages":
    from asset_api.jobs.job_listing import JobPages

    return JobPages(aws.dynamodb(), settings.current().assets_table, composition.now)


@composition.once
def ingest_queue() -> "IngestQueue":
    from asset_api.jobs.ingest_queue import IngestQueue

    return IngestQueue(aws.sqs(), settings.current().ingest_queue_url)


def job_outputs(*, max_bytes: int, removes_personal_metadata: bool) -> "JobOutputs":
    """Create the ingestion of jobs' outputs, which may be larger than uploads."""
    from asset_api.composition import assets, publishing
    from asset_api.jobs.job_outputs import JobOutputs
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import GENERATED_PREFIX, IncomingBucket
    from asset_api.publishing.publisher import Publisher

    current = settings.current()
    s3 = aws.s3_for_large_files()
    incoming = IncomingBucket(s3, current.incoming_bucket, GENERATED_PREFIX)
    publisher = Publisher(
        incoming,
        AssetsBucket(s3, current.assets_bucket, current.cdn_lifetime_seconds),
        assets.catalog(),
        removes_personal_metadata=removes_personal_metadata,
        max_bytes=max_bytes,
        clear_former_key=publishing.clear_former_key_in_slow_function,
        remove_late_bytes=publishing.remove_late_bytes,
    )
    return JobOutputs(jobs(), incoming, publisher)
