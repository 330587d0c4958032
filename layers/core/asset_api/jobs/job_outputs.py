"""Ingestion of a job's output, by one process at a time, until it is an asset or the job has failed. Idempotent.

The output is copied to the incoming bucket, then handled like an upload: inspected by content, copied to the assets
bucket, listed. One transaction lists the asset and completes the job. After a transient failure, `reconcile` retries
until the job's deadline.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.jobs import job_progress
from asset_api.jobs.downloads import DownloadFailedError, RefusedDownloadError
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs
from asset_api.media.file_types import MediaType
from asset_api.platform.errors import ApiError
from asset_api.publishing.arrivals import Arrival, ArrivalGoneError, Upload
from asset_api.publishing.incoming_bucket import IncomingBucket
from asset_api.publishing.publisher import Publisher

if TYPE_CHECKING:
    from asset_api.assets.asset import Asset

# Longer than the function's timeout, so another attempt may begin then.
LEASE_SECONDS = 630
_RETRY_SECONDS = 30

logger = Logger()


class RefusedOutputError(Exception):
    """The output can never become the job's asset. The message may be shown."""


@dataclass(frozen=True, slots=True)
class JobOutputs:
    """Ingests outputs. `publisher` publishes from `incoming`, the incoming bucket's prefix for outputs."""

    jobs: Jobs
    incoming: IncomingBucket
    publisher: Publisher

    def publish(self, job: Job, copy: Callable[[Job], Arrival], facts: Callable[[Job, "Asset"], "Asset"]) -> None:
        """Publish the output as an asset. `copy` stores it in the incoming bucket; `facts` adds the job's attributes.

        Raises JobChangedError if the job has ended, or is leased to another process.
        """
        job = job_progress.begin_ingesting(self.jobs, job, seconds=LEASE_SECONDS)
        try:
            # Reuse an earlier attempt's copy, because the source may be gone by now.
            arrival = self.incoming.find(job.asset_id) or copy(job)
            self.publisher.publish(arrival, add=lambda asset: self._complete(job, facts(job, asset)))
        except (RefusedOutputError, RefusedDownloadError) as error:
            self.fail(job, str(error))
        except ApiError as refusal:
            if refusal.status >= 500:
                self._put_off(job, refusal, refusal.detail)
                return
            self.fail(job, refusal.detail)
        except DownloadFailedError as error:
            self._put_off(job, error, str(error))
            return
        except ArrivalGoneError as error:
            self._put_off(job, error)
            return
        except (BotoCoreError, ClientError) as error:
            self._put_off(job, error)
            raise
        self.incoming.remove(job.asset_id)

    @staticmethod
    def upload(job: Job, filename: str, media_type: MediaType) -> Upload:
        """Describe the output as an upload to the incoming bucket."""
        # Without tags, which may be too large for S3 metadata; the job has them.
        return Upload(job.asset_id, job.owner, filename, media_type, options=job.options._replace(tags=()))

    def clean_up(self, job: Job) -> None:
        """Remove the files of an attempt that crashed after its job had ended."""
        if job.status != "completed":
            self.publisher.remove_late_bytes(job.owner, job.asset_id)
        self.incoming.remove(job.asset_id)

    def fail(self, job: Job, message: str) -> None:
        """Fail the job, unless it has ended already."""
        with suppress(JobChangedError):
            self.jobs.end(job, "failed", message)

    def _put_off(self, job: Job, error: Exception, why: str | None = None) -> None:
        """Schedule a retry by `reconcile`, because the queue would redeliver the message only an hour later."""
        logger.warning("output download failed", extra={"job_id": job.job_id, "reason": repr(error)})
        job_progress.put_off_ingesting(self.jobs, job, check_in=_RETRY_SECONDS, why=why)

    def _complete(self, job: Job, asset: "Asset") -> "Asset":
        return self.jobs.complete(job, asset._replace(tags=job.options.tags), self.publisher.catalog)
