"""Ingestion of ended predictions: each becomes an asset in our own bucket, or fails its job. Idempotent.

The output is copied to the incoming bucket, then handled like an upload: inspected by content, copied to the assets
bucket, listed. One transaction lists the asset and completes the job. After a transient failure, `reconcile` retries
until the job's deadline.
"""

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.generation import prediction_outputs, prediction_progress
from asset_api.generation.downloads import Downloader, DownloadFailedError, RefusedDownloadError
from asset_api.generation.ingest_queue import EndedPrediction
from asset_api.generation.prediction_outputs import NoVideoError
from asset_api.generation.predictions import Prediction, PredictionNotFoundError, ProviderError
from asset_api.generation.replicate import Replicate
from asset_api.jobs import job_progress
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs
from asset_api.media import file_types, inspection
from asset_api.platform.errors import ApiError
from asset_api.publishing import large_objects
from asset_api.publishing.incoming_bucket import Arrival, ArrivalGoneError, IncomingBucket, Upload
from asset_api.publishing.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asset_api.assets.asset import Asset

# The function's time-out is shorter: another attempt may begin then.
LEASE_SECONDS = 630
# The function's 600 s, less one attempt to publish the copy.
DOWNLOAD_SECONDS = 420
_RETRY_SECONDS = 30
# A data: URL is part of an API response and is held in memory.
_MAX_DATA_URL_BYTES = 32 * 1024 * 1024

logger = Logger()


class NotAVideoError(Exception):
    """The bytes are not a supported video. The message may be shown."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """`publisher` publishes from `incoming`, the part of the incoming bucket for generated files."""

    jobs: Jobs
    provider: Replicate
    downloader: Downloader
    incoming: IncomingBucket
    publisher: Publisher

    def ingest(self, ended: EndedPrediction) -> None:
        """Finish the job of a prediction that is reported to have ended, if the provider confirms it."""
        job = self.jobs.get(ended.owner, ended.job_id)
        if job is None:
            logger.warning("prediction without a job", extra={"job_id": ended.job_id})
            return
        if not job.is_in_flight:
            self._clean_up(job)
            return
        try:
            self._advance(job, ended.prediction_id)
        except JobChangedError:
            logger.info("job already finished, or being finished", extra={"job_id": job.job_id})
        except ProviderError as error:
            # The job is due again soon: `reconcile` asks then.
            logger.warning("provider request failed", extra={"job_id": job.job_id, "reason": repr(error)})

    def _clean_up(self, job: Job) -> None:
        """Remove the files of an attempt that crashed before it could see that the job had ended."""
        if job.status != "completed":
            self.publisher.bucket.remove(job.asset_id)
        self.incoming.remove(job.asset_id)

    def _advance(self, job: Job, prediction_id: str) -> None:
        if job.prediction_id not in (None, prediction_id):
            logger.warning("prediction of another job", extra={"job_id": job.job_id})
            return
        try:
            prediction = self.provider.get(prediction_id)
        except PredictionNotFoundError:
            if job.prediction_id is not None:
                self._fail(job, "The provider no longer knows the prediction")
            return
        if job.prediction_id is None:
            # Known only from the webhook's unsigned query: the provider must confirm it.
            if not _is_of(prediction, job):
                logger.warning("prediction of another job", extra={"job_id": job.job_id})
                return
            job = prediction_progress.record_prediction(self.jobs, job, prediction_id, check_in=_RETRY_SECONDS)
        if prediction_progress.follow(self.jobs, job, prediction):
            self._take_output(job, prediction)

    def _take_output(self, job: Job, prediction: Prediction) -> None:
        job = job_progress.begin_ingesting(self.jobs, job, seconds=LEASE_SECONDS)
        try:
            # An earlier attempt's copy will do: the provider may have dropped its own by now.
            arrival = self.incoming.find(job.asset_id) or self._copy(job, prediction)
            self.publisher.publish(arrival, add=lambda asset: self._complete(job, asset))
        except (NoVideoError, NotAVideoError, RefusedDownloadError) as error:
            self._fail(job, str(error))
        except ApiError as refusal:
            if refusal.status >= 500:
                self._put_off(job, refusal)
                return
            self._fail(job, refusal.detail)
        except (DownloadFailedError, ArrivalGoneError) as error:
            self._put_off(job, error)
            return
        except (BotoCoreError, ClientError) as error:
            self._put_off(job, error)
            raise
        self.incoming.remove(job.asset_id)

    def _put_off(self, job: Job, error: Exception) -> None:
        """Have `reconcile` retry soon: the queue would redeliver the message only an hour later."""
        logger.warning("output download failed", extra={"job_id": job.job_id, "reason": repr(error)})
        job_progress.put_off_ingesting(self.jobs, job, check_in=_RETRY_SECONDS)

    def _fail(self, job: Job, words: str) -> None:
        """Fail the job, unless it has ended already."""
        with suppress(JobChangedError):
            self.jobs.end(job, "failed", words)

    def _complete(self, job: Job, asset: "Asset") -> "Asset":
        generated = asset._replace(
            source="generation",
            job_id=job.job_id,
            model_id=job.model_id,
            source_asset_id=job.source_asset_id,
        )
        return self.jobs.complete(job, generated, self.publisher.catalog)

    def _copy(self, job: Job, prediction: Prediction) -> Arrival:
        """Copy the output to the incoming bucket, in constant memory, if it begins like a video."""
        with self._opened(prediction_outputs.video_url(prediction.output)) as chunks:
            parts = large_objects.parts(chunks)
            first = next(parts, b"")
            media_type = inspection.detect(first[: file_types.HEAD_BYTES])
            if media_type is None or media_type.kind != "video":
                found = f"a file of type {media_type.mime}" if media_type else "of no supported type"
                raise NotAVideoError(f"The model's output is not an MP4 or QuickTime video: it is {found}")
            filename = f"{_model_name(job)}-{job.created_at:%Y%m%d-%H%M%S}.{media_type.extensions[0]}"
            upload = Upload(job.asset_id, job.owner, filename, media_type)
            return self.incoming.write(upload, first, parts)

    @contextmanager
    def _opened(self, url: str) -> "Iterator[Iterable[bytes]]":
        max_bytes = self.publisher.max_bytes
        if url.startswith("data:"):
            yield [prediction_outputs.decoded(url, min(max_bytes, _MAX_DATA_URL_BYTES))]
            return
        with self.downloader.open(url, max_bytes=max_bytes, max_seconds=DOWNLOAD_SECONDS) as chunks:
            yield chunks


def _is_of(prediction: Prediction, job: Job) -> bool:
    if prediction.webhook is None:
        return bool(prediction.input == job.input)
    return prediction.webhook == job.webhook


def _model_name(job: Job) -> str:
    return job.model_id.partition("/")[2].partition(":")[0]
