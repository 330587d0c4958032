"""Execution of an erasure: repeated passes over everything the owner had, until nothing is left. Idempotent.

Each pass starts from the beginning and deletes everything it finds, so a crash costs only time. First, it makes the
owner's usage item refuse every id minted earlier (`Usages.forbid_before`): from then on, forms, jobs and publications
in flight cannot list anything. The last pass runs when every earlier request must have ended.

    assets              become tombstones with the cause "erasure"; through the stream, `purge` removes bytes,
                        renditions and CloudFront's copies. The public bytes are removed at once
    uploads in parts    are aborted, which removes their stored parts
    incoming files      every upload and output in the incoming bucket whose id was issued to the owner is removed, and
                        gets a tombstone, because its publication may be about to make it public
    jobs                are canceled, at the provider too, then deleted; erasures end on their own
    the rest            refusals, idempotency keys, limits and the set of jobs in flight are deleted

IAM: the actions of `Catalog.delete_many`, `OwnerItems`, aborting uploads in parts and removing from both buckets;
s3:ListBucket; sqs:SendMessage.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.assets import asset_ids, tombstones
from asset_api.assets.asset import SORT_KEY_PREFIX as ASSET
from asset_api.assets.asset import asset_id_of
from asset_api.assets.catalog import Catalog
from asset_api.erasures.item_deletion import OwnerItems, ids_of
from asset_api.generation.prediction_orders import try_to_cancel
from asset_api.generation.replicate import Replicate
from asset_api.jobs import job_changes, job_progress
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import SORT_KEY_PREFIX as JOB
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.job_states import IN_FLIGHT
from asset_api.jobs.jobs import Jobs
from asset_api.platform import remaining_time
from asset_api.platform.errors import ApiError

if TYPE_CHECKING:
    from asset_api.assets.usage import Usages
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket
    from asset_api.publishing.incoming_parts import IncomingParts

LEASE_SECONDS = 630
# Functions that serve requests end within 28 s: after this time, no earlier request is in flight.
GRACE_SECONDS = 30
# The job of an erasure is deleted a day after it ended.
_KEPT_SECONDS = 24 * 3600
_RETRY_SECONDS = 30
_PAGE = 100
# The longest step: a hundred assets, with every retry of every call.
_STEP_SECONDS = 60

logger = Logger()


class _OutOfTimeError(Exception):
    """The invocation is about to time out; another one continues."""


@dataclass(frozen=True, slots=True)
class ErasurePasses:
    jobs: Jobs
    queue: IngestQueue
    items: OwnerItems
    usages: "Usages"
    catalog: Catalog
    incoming_buckets: "tuple[IncomingBucket, ...]"
    """The incoming bucket, once for each prefix."""
    parts: "IncomingParts"
    bucket: "AssetsBucket"
    remove_late_bytes: Callable[[str, str], object]
    """Removes bytes of a deleted asset, given its owner and id, and invalidates CloudFront's copies (`Changer`)."""
    provider: Replicate
    asset_id_salt: str
    clock: Callable[[], datetime]

    def run(self, ready: ReadyJob) -> None:
        """Erase as much as time allows, then continue in another invocation, until the job is completed."""
        job = self.jobs.get(ready.owner, ready.job_id)
        if job is None or not job.is_in_flight:
            logger.info("job already finished", extra={"job_id": ready.job_id})
            return
        try:
            job = job_progress.begin_ingesting(self.jobs, job, seconds=LEASE_SECONDS)
        except JobChangedError:
            logger.info("job already claimed", extra={"job_id": job.job_id})
            return
        try:
            self._run_pass(job)
        except _OutOfTimeError:
            self._continue_later(job, 0)
        except ApiError as error:
            self._put_off(job, error.detail)
        except (BotoCoreError, ClientError):
            self._put_off(job, None)
            raise
        else:
            self._end_or_wait(job)

    def _run_pass(self, job: Job) -> None:
        before_ms = asset_ids.issued_at_ms(job.job_id)
        kept_until = self.clock() + timedelta(seconds=tombstones.KEPT_SECONDS)
        self.usages.forbid_before(job.owner, before_ms, int(kept_until.timestamp()))
        self._delete_assets(job.owner, before_ms)
        # Uploads in parts before arrivals, because completing one turns it into an arrival.
        self._abort_uploads(job.owner, before_ms)
        self._remove_arrivals(job.owner, before_ms)
        self._delete_jobs(job.owner, before_ms)
        self.items.delete_refusals(job.owner, before_ms)

    def _end_or_wait(self, job: Job) -> None:
        waits = GRACE_SECONDS - (self.clock() - job.created_at).total_seconds()
        if waits > 0:
            self._continue_later(job, int(waits) + 1)
            return
        before_ms = asset_ids.issued_at_ms(job.job_id)
        self.items.delete_requests(job.owner, before_ms)
        self.items.delete_empty_jobs_in_flight(job.owner)
        now = self.jobs.now
        changes = {
            **job_changes.end_changes("completed", now),
            "deleted_assets": self._count_deleted(job.owner, before_ms),
            "expires_at": now + _KEPT_SECONDS,
        }
        self.jobs.change(job, changes)
        logger.info("owner erased", extra={"job_id": job.job_id, "assets": changes["deleted_assets"]})

    def _delete_assets(self, owner: str, before_ms: int) -> None:
        for items in self.items.pages(owner, ASSET, before_ms=before_ms):
            for batch in _batches(ids_of(items)):
                self._require_time()
                deleted = [asset.asset_id for asset in self.catalog.delete_many(owner, batch, "erasure")]
                self.bucket.remove_originals(deleted)

    def _is_erased(self, asset_id: str, owner: str, before_ms: int) -> bool:
        is_own = asset_ids.is_issued_to(owner, asset_id, salt=self.asset_id_salt)
        return is_own and asset_ids.issued_at_ms(asset_id) <= before_ms

    def _abort_uploads(self, owner: str, before_ms: int) -> None:
        for asset_id, s3_upload_id in self.parts.all():
            self._require_time()
            if self._is_erased(asset_id, owner, before_ms):
                self.parts.abort(asset_id, s3_upload_id)

    def _remove_arrivals(self, owner: str, before_ms: int) -> None:
        for incoming in self.incoming_buckets:
            for asset_id in incoming.ids():
                self._require_time()
                if self._is_erased(asset_id, owner, before_ms):
                    # Tombstone before bytes, because the upload may be in publication.
                    self.catalog.write_tombstone(owner, asset_id, "unlisted")
                    incoming.remove(asset_id)
                    self.remove_late_bytes(owner, asset_id)

    def _delete_jobs(self, owner: str, before_ms: int) -> None:
        for items in self.items.pages(owner, JOB, before_ms=before_ms, names=("kind", "status")):
            others = [item for item in items if item.get("kind", {}).get("S") != "erasure"]
            for item in others:
                self._require_time()
                if item["status"]["S"] in IN_FLIGHT:
                    self._cancel(owner, asset_id_of(item["sk"]["S"]))
            self.items.delete(owner, [item["sk"]["S"] for item in others])

    def _cancel(self, owner: str, job_id: str) -> None:
        job = self.jobs.get(owner, job_id)
        if job is None or not job.is_in_flight:
            return
        if job.prediction_id is not None:
            try_to_cancel(self.provider, job.prediction_id)
        with suppress(JobChangedError):  # it has ended
            self.jobs.end(job, "canceled")

    def _count_deleted(self, owner: str, before_ms: int) -> int:
        """Count the deleted assets by their tombstones, so that no crash makes the number wrong.

        Also remove the public bytes of uploads that were never listed: a crashed publication may have left some.
        """
        deleted = 0
        for items in self.items.pages(
            owner, tombstones.SORT_KEY_PREFIX, before_ms=before_ms, names=("cause", "expires_at")
        ):
            recent = [item for item in items if tombstones.deleted_at(item).timestamp() >= before_ms // 1000]
            deleted += sum(tombstones.cause(item) == "erasure" for item in recent)
            for item in recent:
                if tombstones.cause(item) == "unlisted":
                    self.remove_late_bytes(owner, asset_id_of(item["sk"]["S"]))
        return deleted

    def _require_time(self) -> None:
        if not remaining_time.allows(_STEP_SECONDS):
            raise _OutOfTimeError

    def _continue_later(self, job: Job, seconds: int) -> None:
        """Release the lease and queue the job again. If the message is lost, `reconcile` sends another."""
        job_progress.put_off_ingesting(self.jobs, job, check_in=seconds + _RETRY_SECONDS, why=None)
        self.queue.send(ReadyJob(job.owner, job.job_id, kind=job.kind), delay_seconds=seconds)

    def _put_off(self, job: Job, why: str | None) -> None:
        logger.warning("erasure interrupted", extra={"job_id": job.job_id, "reason": why})
        job_progress.put_off_ingesting(self.jobs, job, check_in=_RETRY_SECONDS, why=why)


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]
