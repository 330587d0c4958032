"""Requests for an import: each is a job that fetches the file at a URL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids, public_urls
from asset_api.assets.admissions import Admissions, ApiResponse
from asset_api.imports.public_hosts import PublicHosts
from asset_api.imports.requests import ImportRequest
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.jobs import Jobs
from asset_api.platform.locations import Location

DEADLINE_SECONDS = 900
# If the request crashes before it sends the message, `reconcile` finds the job after this time.
_FIRST_CHECK_SECONDS = 60

logger = Logger()


class OwnAsset(NamedTuple):
    """The owner's asset that a URL names, if any, and whether the URL is signed."""

    asset_id: str | None
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Imports:
    admissions: Admissions
    jobs: Jobs
    queue: IngestQueue
    hosts: PublicHosts
    max_jobs_in_flight: int
    is_signed: Callable[[SplitResult], bool]
    """Tells whether a URL of an asset is signed."""

    def start(self, owner: str, request: ImportRequest, *, base_url: str, idempotency_key: str | None) -> ApiResponse:
        """Store and queue the job; respond with 202. Three calls, five with an idempotency key.

        Raises the 403 for a full quota, the 422 for a URL that is not allowed, and the 429s of the upload limit and of
        jobs in flight.
        """
        location = self.hosts.require(request.url)
        parts = (request.url, request.filename or "", *request.options.fingerprint)
        claim = self.admissions.claim(owner, idempotency_key, *parts)
        if claim.response:
            return ApiResponse(claim.response)
        # An earlier request with the key may have stored the job and crashed before it responded.
        job = None if claim.is_new else self.jobs.get(owner, claim.resource_id)
        headers: dict[str, str] = {}
        if job is None:
            self.admissions.require_room(owner, None)
            headers = self.admissions.admit(owner, claim.resource_id)
            job = self._new_job(owner, claim.resource_id, request, self._own_asset(location, base_url))
            logger.info("job created", extra={"job_id": job.job_id, "kind": job.kind})
            stored = self.jobs.add(job, max_in_flight=self.max_jobs_in_flight)
            if stored is None:
                self.queue.try_to_send(ReadyJob(owner, job.job_id, kind=job.kind))
            job = stored or job
        body = {"success": True, "job_id": job.job_id, "asset_id": job.asset_id, "status": "pending"}
        return ApiResponse(self.admissions.store_response(claim, body), headers)

    def _own_asset(self, location: Location, base_url: str) -> "OwnAsset":
        plain, _, query = location.target.partition("?")
        is_signed = is_on_service_host(location, base_url) and self.is_signed(urlsplit(location.target))
        asset_id = own_asset_id(location._replace(target=plain), base_url)
        return OwnAsset(asset_id if is_signed or not query else None, is_signed)

    def _new_job(self, owner: str, job_id: str, request: ImportRequest, own: "OwnAsset") -> Job:
        now = self.admissions.clock()
        job_input = {"filename": request.filename} if request.filename else {}
        source_url = request.url
        if own.is_signed:
            # The signed URL must not be visible in the new asset or its event.
            source_url, job_input = request.url.partition("?")[0], {**job_input, "signed_url": request.url}
        return Job(
            owner=owner,
            job_id=job_id,
            kind="import",
            input=job_input,
            asset_id=self.admissions.mint(owner),
            deadline=int((now + timedelta(seconds=DEADLINE_SECONDS)).timestamp()),
            check_at=int(now.timestamp()) + _FIRST_CHECK_SECONDS,
            source_url=source_url,
            source_asset_id=own.asset_id,
            options=self.admissions.with_default_expiry(request.options),
        )


def is_on_service_host(location: Location, base_url: str) -> bool:
    """Tell whether this is on the service's own host."""
    own = Location.from_url(base_url)
    return (location.host, location.port) == (own.host, own.port)


def own_asset_id(location: Location, base_url: str) -> str | None:
    """Return the asset id if this is an asset's URL on the service's own host, else None."""
    asset_id = location.target.rpartition("/")[2].lower()
    if (
        is_on_service_host(location, base_url)
        and asset_ids.is_asset_id(asset_id)
        and location.target.lower() == public_urls.public_path(asset_id)
    ):
        return asset_id
    return None
