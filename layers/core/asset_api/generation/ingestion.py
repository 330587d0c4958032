"""From a prediction that has ended to an asset in our own bucket, or to a reason why not. Any number of times.

The output is copied to the incoming bucket, and from there on treated as an upload is: inspected by content, copied to
the assets bucket, listed. Listing the asset and completing the job are one transaction. What cannot be had for now is
left to `reconcile`, which asks again until the job's deadline.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.generation import prediction_outputs
from asset_api.generation.downloads import Downloader, DownloadFailedError, RefusedDownloadError
from asset_api.generation.ingest_queue import EndedPrediction
from asset_api.generation.job_progress import JobProgress
from asset_api.generation.job_table import JobChangedError, Jobs
from asset_api.generation.jobs import Job
from asset_api.generation.prediction_outputs import NoVideoError
from asset_api.generation.replicate import Prediction, PredictionNotFoundError, ProviderError, Replicate
from asset_api.media import file_types, inspection
from asset_api.platform.errors import ApiError
from asset_api.publishing import large_objects
from asset_api.publishing.incoming_bucket import Arrival, IncomingBucket, SourceChangedError, Upload
from asset_api.publishing.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asset_api.assets.catalog import Asset

# What the function may take; by then another attempt may begin.
LEASE_SECONDS = 630
# The function's 600 s, but for one attempt to copy what has come.
DOWNLOAD_SECONDS = 420
_RETRY_SECONDS = 30
# A data: URL comes within an answer of the API and is held in memory.
_MAX_DATA_URL_BYTES = 32 * 1024 * 1024

logger = Logger()


class NotAVideoError(Exception):
    """The bytes are not those of a video that is taken. The message may be shown."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """`publisher` publishes what arrives in `incoming`, the incoming bucket's part for generated files."""

    jobs: Jobs
    provider: Replicate
    downloader: Downloader
    incoming: IncomingBucket
    publisher: Publisher

    def ingest(self, ended: EndedPrediction) -> None:
        """Finish the job of a prediction that is said to have ended, if it is the job's and has."""
        job = self.jobs.get(ended.owner, ended.job_id)
        if job is None:
            logger.warning("a prediction of no job", extra={"job_id": ended.job_id})
            return
        if not job.is_in_flight:
            self._clean_up(job)
            return
        try:
            self._advance(job, ended.prediction_id)
        except JobChangedError:
            logger.info("another finishes the job, or has", extra={"job_id": job.job_id})
        except ProviderError as error:
            # The job is due again soon: `reconcile` asks.
            logger.warning("the provider was of no help", extra={"job_id": job.job_id, "reason": repr(error)})

    def _clean_up(self, job: Job) -> None:
        """After the end: what an attempt may have left that died before it could see that the job had ended."""
        if job.status != "completed":
            self.publisher.bucket.remove(job.asset_id)
        self.incoming.remove(job.asset_id)

    def _advance(self, job: Job, prediction_id: str) -> None:
        progress = JobProgress(self.jobs)
        if job.prediction_id not in (None, prediction_id):
            logger.warning("a prediction that is not the job's", extra={"job_id": job.job_id})
            return
        try:
            prediction = self.provider.get(prediction_id)
        except PredictionNotFoundError:
            if job.prediction_id is not None:
                progress.fail(job, "The provider no longer knows the prediction")
            return
        if job.prediction_id is None:
            # Known only from the webhook's query, which nobody signed: the provider must say so itself.
            if not _is_of(prediction, job):
                logger.warning("a prediction that is not the job's", extra={"job_id": job.job_id})
                return
            job = self.jobs.record_prediction(job, prediction_id, check_in=_RETRY_SECONDS)
        if progress.advance(job, prediction):
            self._take_output(job, prediction)

    def _take_output(self, job: Job, prediction: Prediction) -> None:
        job = self.jobs.begin_ingesting(job, seconds=LEASE_SECONDS)
        progress = JobProgress(self.jobs)
        try:
            # What an earlier attempt has copied is as good as what the provider may have dropped by now.
            arrival = self.incoming.find(job.asset_id) or self._copy(job, prediction)
            self.publisher.publish(arrival, add=lambda asset: self._complete(job, asset))
        except (NoVideoError, NotAVideoError, RefusedDownloadError) as error:
            progress.fail(job, str(error))
        except ApiError as refusal:
            if refusal.status >= 500:
                self._put_off(job, refusal)
                return
            progress.fail(job, refusal.detail)
        except (DownloadFailedError, SourceChangedError) as error:
            self._put_off(job, error)
            return
        except (BotoCoreError, ClientError) as error:
            self._put_off(job, error)
            raise
        self.incoming.remove(job.asset_id)

    def _put_off(self, job: Job, error: Exception) -> None:
        """Have `reconcile` ask again soon: the queue would deliver the message an hour later."""
        logger.warning("the output was not had", extra={"job_id": job.job_id, "reason": repr(error)})
        self.jobs.put_off_ingesting(job, check_in=_RETRY_SECONDS)

    def _complete(self, job: Job, asset: "Asset") -> "Asset":
        generated = asset._replace(
            source="generation",
            job_id=job.job_id,
            model_id=job.model_id,
            source_asset_id=job.source_asset_id,
        )
        return self.jobs.complete(job, generated, self.publisher.catalog)

    def _copy(self, job: Job, prediction: Prediction) -> Arrival:
        """Copy the output to the incoming bucket, in constant memory, if its first bytes are a video's."""
        with self._opened(prediction_outputs.video_url(prediction.output)) as chunks:
            parts = large_objects.parts(chunks)
            first = next(parts, b"")
            media_type = inspection.detect(first[: file_types.HEAD_BYTES])
            if media_type is None or media_type.kind != "video":
                found = f"a file of type {media_type.mime}" if media_type else "of no type that is taken"
                raise NotAVideoError(f"The model's output is no video in MP4 or QuickTime: it is {found}")
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
