"""Ingestion of imports: each becomes an asset in our own bucket, or fails its job. Idempotent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.assets.asset import VISIBILITIES
from asset_api.assets.catalog import Catalog, DeletedError
from asset_api.imports import imported_names
from asset_api.jobs.downloads import Downloader
from asset_api.jobs.ingest_queue import ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.job_outputs import JobOutputs, RefusedOutputError
from asset_api.media import file_types, inspection
from asset_api.platform import errors
from asset_api.publishing.arrivals import Arrival
from asset_api.publishing.large import incoming_objects

if TYPE_CHECKING:
    from asset_api.assets.asset import Asset

# 50 MB at 3 Mbit/s.
DOWNLOAD_SECONDS = 150

logger = Logger()


@dataclass(frozen=True, slots=True)
class ImportIngestion:
    outputs: JobOutputs
    downloader: Downloader

    @property
    def _catalog(self) -> Catalog:
        return self.outputs.publisher.catalog

    def ingest(self, ready: ReadyJob) -> None:
        """Fetch and publish the file of a job in flight."""
        job = self.outputs.jobs.get(ready.owner, ready.job_id)
        if job is None:
            logger.warning("job not found", extra={"job_id": ready.job_id})
            return
        if not job.is_in_flight:
            self.outputs.clean_up(job)
            return
        try:
            self.outputs.publish(job, self._copy, _imported)
        except JobChangedError:
            logger.info("job already finished or claimed", extra={"job_id": job.job_id})

    def _copy(self, job: Job) -> Arrival:
        """Copy the file to the incoming bucket: the owner's own asset within S3, any other file over the network.

        Another owner's asset is downloaded too, because only its URL decides whether it may be read.
        """
        if job.source_asset_id is not None:
            try:
                asset = self._catalog.find(job.owner, job.source_asset_id)
            except DeletedError as error:
                raise RefusedOutputError("The URL names no live asset of this service") from error
            if asset is not None:
                return self._copy_within_s3(job, asset)
        return self._download(job)

    def _copy_within_s3(self, job: Job, asset: "Asset") -> Arrival:
        media_type = file_types.from_mime(asset.file_type)
        if media_type is None:
            raise ValueError(f"an asset is listed with the unsupported type {asset.file_type}")
        filename = asset.filename
        if requested := job.input.get("filename"):
            file_types.declared(requested, media_type.mime)
            filename = requested
        upload = self.outputs.upload(job, filename, media_type)
        # First by its listed visibility, then by the other, in case a change of visibility is in progress.
        for visibility in sorted(VISIBILITIES, key=lambda each: each != asset.visibility):
            source = self.outputs.publisher.bucket.copy_source(asset.asset_id, visibility)
            if arrival := self.outputs.incoming.copy(upload, source):
                return arrival
        raise RefusedOutputError("The URL names no live asset of this service")

    def _download(self, job: Job) -> Arrival:
        max_bytes = self.outputs.publisher.max_bytes
        with self.downloader.open(
            job.input.get("signed_url") or job.source_url or "", max_bytes=max_bytes, max_seconds=DOWNLOAD_SECONDS
        ) as download:
            parts = incoming_objects.parts(download.chunks)
            first = next(parts, b"")
            if not first:
                raise errors.empty_file()
            media_type = inspection.detect(first[: file_types.HEAD_BYTES])
            if media_type is None:
                raise errors.invalid_file_type("the bytes are of no supported type", file_types.SUPPORTED_EXTENSIONS)
            filename = imported_names.name_of(
                media_type,
                filename=job.input.get("filename"),
                content_disposition=download.content_disposition,
                location=download.location,
            )
            return self.outputs.incoming.write(self.outputs.upload(job, filename, media_type), first, parts)


def _imported(job: Job, asset: "Asset") -> "Asset":
    return asset._replace(
        source="import", job_id=job.job_id, source_url=job.source_url, source_asset_id=job.source_asset_id
    )
