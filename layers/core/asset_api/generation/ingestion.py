"""Ingestion of ended predictions: each becomes an asset in our own bucket, or fails its job. Idempotent."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.generation import prediction_outputs, prediction_progress
from asset_api.generation.predictions import Prediction, PredictionNotFoundError, ProviderError
from asset_api.generation.replicate import Replicate
from asset_api.jobs.downloads import Downloader
from asset_api.jobs.ingest_queue import ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.job_outputs import JobOutputs, RefusedOutputError
from asset_api.jobs.jobs import Jobs
from asset_api.media import file_types, inspection
from asset_api.publishing.arrivals import Arrival
from asset_api.publishing.large import incoming_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asset_api.assets.asset import Asset

# The function's timeout of 600 s, less one attempt to publish the copy.
DOWNLOAD_SECONDS = 420
_RETRY_SECONDS = 30
# A data: URL is part of an API response and is held in memory.
_MAX_DATA_URL_BYTES = 32 * 1024 * 1024

logger = Logger()


class NotAVideoError(RefusedOutputError):
    """The bytes are not a supported video. The message may be shown."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    outputs: JobOutputs
    provider: Replicate
    downloader: Downloader

    @property
    def jobs(self) -> Jobs:
        return self.outputs.jobs

    def ingest(self, ended: ReadyJob) -> None:
        """Finish the job of a prediction that is reported to have ended, if the provider confirms it."""
        job = self.jobs.get(ended.owner, ended.job_id)
        if job is None:
            logger.warning("job not found", extra={"job_id": ended.job_id})
            return
        if not job.is_in_flight:
            self.outputs.clean_up(job)
            return
        try:
            self._advance(job, ended.prediction_id)
        except JobChangedError:
            logger.info("job already finished or claimed", extra={"job_id": job.job_id})
        except ProviderError as error:
            # The job is due again soon; `reconcile` then asks the provider.
            logger.warning("provider request failed", extra={"job_id": job.job_id, "reason": repr(error)})

    def _advance(self, job: Job, prediction_id: str) -> None:
        if job.prediction_id not in (None, prediction_id):
            logger.warning("prediction of another job", extra={"job_id": job.job_id})
            return
        try:
            prediction = self.provider.get(prediction_id)
        except PredictionNotFoundError:
            if job.prediction_id is not None:
                self.outputs.fail(job, "The provider no longer knows the prediction")
            return
        if job.prediction_id is None:
            # Known only from the webhook's unsigned query: the provider must confirm it.
            if not _belongs_to(prediction, job):
                logger.warning("prediction of another job", extra={"job_id": job.job_id})
                return
            job = prediction_progress.record_prediction(self.jobs, job, prediction_id, check_in=_RETRY_SECONDS)
        if prediction_progress.update_from_prediction(self.jobs, job, prediction):
            self.outputs.publish(job, lambda leased: self._copy(leased, prediction), _generated)

    def _copy(self, job: Job, prediction: Prediction) -> Arrival:
        """Copy the output to the incoming bucket, in constant memory, if it begins like a video."""
        with self._opened(prediction_outputs.video_url(prediction.output)) as chunks:
            parts = incoming_objects.parts(chunks)
            first = next(parts, b"")
            media_type = inspection.detect(first[: file_types.HEAD_BYTES])
            if media_type is None or media_type.kind != "video":
                found = f"a file of type {media_type.mime}" if media_type else "of no supported type"
                raise NotAVideoError(f"The model's output is not an MP4 or QuickTime video: it is {found}")
            filename = f"{_model_name(job)}-{job.created_at:%Y%m%d-%H%M%S}.{media_type.extensions[0]}"
            return self.outputs.incoming.write(self.outputs.upload(job, filename, media_type), first, parts)

    @contextmanager
    def _opened(self, url: str) -> "Iterator[Iterable[bytes]]":
        max_bytes = self.outputs.publisher.max_bytes
        if url.startswith("data:"):
            yield [prediction_outputs.decode_data_url(url, min(max_bytes, _MAX_DATA_URL_BYTES))]
            return
        with self.downloader.open(url, max_bytes=max_bytes, max_seconds=DOWNLOAD_SECONDS) as download:
            yield download.chunks


def _generated(job: Job, asset: "Asset") -> "Asset":
    return asset._replace(
        source="generation", job_id=job.job_id, model_id=job.model_id, source_asset_id=job.source_asset_id
    )


def _belongs_to(prediction: Prediction, job: Job) -> bool:
    if prediction.webhook is None:
        return bool(prediction.input == job.input)
    return prediction.webhook == job.webhook


def _model_name(job: Job) -> str:
    return job.model_id.partition("/")[2].partition(":")[0]
