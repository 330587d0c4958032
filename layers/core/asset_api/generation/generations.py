"""Generations: starting one, and canceling one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids
from asset_api.assets.admissions import ApiResponse
from asset_api.generation import input_urls, job_table, replicate, webhooks
from asset_api.generation.job_table import JobChangedError, Jobs
from asset_api.generation.jobs import Job
from asset_api.generation.prediction_orders import PredictionOrders
from asset_api.generation.requests import Generation
from asset_api.platform import errors
from asset_api.platform.idempotency import Claim, IdempotencyKeys, fingerprint
from asset_api.platform.rate_limits import RateLimiter
from asset_api.publishing.assets_bucket import AssetsBucket

WEBHOOK_PATH = "/api/v2/webhooks/replicate"
_OPERATION = "generate"
_MAX_OWN_ASSETS = 10

logger = Logger()


@dataclass(frozen=True, slots=True)
class Generations:
    jobs: Jobs
    orders: PredictionOrders
    assets: AssetsBucket
    limiter: RateLimiter
    idempotency_keys: IdempotencyKeys
    asset_id_salt: str
    deadline_seconds: int
    clock: Callable[[], datetime]

    def start(self, owner: str, request: Generation, *, base_url: str, idempotency_key: str | None) -> ApiResponse:
        """The 202 of a job that is stored, and whose prediction is ordered where the provider takes it now.

        Raises the 400 for an input that names no live asset, or that the provider refuses, the 422 for a URL that may
        not be, the 429, and the 502 where the provider does not accept this deployment.
        """
        if not self.orders.provider.token:
            raise errors.generation_not_configured()
        named = _own_assets(request, base_url)
        minted = asset_ids.mint(owner, salt=self.asset_id_salt, now=self.clock())
        claim = self._claim(owner, idempotency_key, request, minted)
        if claim.response:
            return ApiResponse(claim.response)
        # Another with the key may have stored it, and may have died before it could answer.
        job = None if claim.resource_id == minted else self.jobs.get(owner, claim.resource_id)
        headers: dict[str, str] = {}
        if job is None:
            self._check_live(named)
            headers = self.limiter.admit(owner, claim.resource_id)
            job = self._new_job(owner, claim.resource_id, request, base_url, named)
            # The id is what the lines of a job have in common, from here to its end.
            logger.info("job ordered", extra={"job_id": job.job_id, "model_id": job.model_id})
            job = self.jobs.add(job) or self._order(job)
        if job.status == "failed" and job.prediction_id is None:
            raise errors.input_refused(job.error_message or "it does not say why")
        body = {"success": True, "job_id": job.job_id, "status": "pending"}
        return ApiResponse(self.idempotency_keys.keep(claim, body) if claim.sort_key else body, headers)

    def cancel(self, owner: str, job_id: str) -> Job:
        """Cancel the job and what the provider does for it; one that has ended is left as it is.

        The provider first, as its work costs money. Raises the 404, and the 502 where the provider does not answer:
        then nothing has changed.
        """
        job = job_table.found(self.jobs.get(owner, job_id))
        if not job.is_in_flight:
            return job
        if job.prediction_id is not None:
            self._cancel_prediction(job.prediction_id)
        try:
            return self.jobs.end(job, "canceled")
        except JobChangedError:
            return job_table.found(self.jobs.get(owner, job_id))

    def _cancel_prediction(self, prediction_id: str) -> None:
        try:
            self.orders.provider.cancel(prediction_id)
        except (replicate.PredictionNotFoundError, replicate.InputRefusedError):
            return  # there is nothing to cancel any more
        except replicate.NotDoneError as error:
            raise errors.provider_unavailable(error.retry_after) from error
        except replicate.ProviderError as error:
            raise errors.provider_unavailable() from error

    def _claim(self, owner: str, key: str | None, request: Generation, minted: str) -> Claim:
        if key is None:
            return Claim(owner, "", minted, None)
        body = fingerprint(request.model_id, request.prompt, json.dumps(request.input, sort_keys=True))
        return self.idempotency_keys.claim(owner, _OPERATION, key, body, minted)

    def _check_live(self, named: list[tuple[str, str]]) -> None:
        """Before money is spent on a model that cannot fetch its image."""
        for field_name, asset_id in named:
            if not asset_id or not self.assets.has(asset_id):
                raise errors.input_asset_not_found(field_name[:100])

    def _new_job(
        self, owner: str, job_id: str, request: Generation, base_url: str, named: list[tuple[str, str]]
    ) -> Job:
        now = self.clock()
        # The provider calls back with it; what it says is only believed where the provider itself confirms it.
        query = urlencode(webhooks.query(owner, job_id))
        return Job(
            owner=owner,
            job_id=job_id,
            model_id=request.model_id,
            prompt=request.prompt,
            input=request.input,
            asset_id=asset_ids.mint(owner, salt=self.asset_id_salt, now=now),
            webhook=f"{base_url}{WEBHOOK_PATH}?{query}",
            deadline=int((now + timedelta(seconds=self.deadline_seconds)).timestamp()),
            # A crash before the order leaves a job that is looked at soon.
            check_at=int(now.timestamp()) + 30,
            source_asset_id=next((asset_id for _, asset_id in named), None),
        )

    def _order(self, job: Job) -> Job:
        try:
            return self.orders.place(job)
        except replicate.InputRefusedError as error:
            raise errors.input_refused(error.words) from error
        except replicate.AccountRefusedError as error:
            # The client is told that nothing came of it: nothing may come of it later.
            try:
                self.jobs.discard(job)
            except JobChangedError:  # `reconcile` was faster, and may have had more luck
                return job
            raise errors.provider_refused_account() from error


def _own_assets(request: Generation, base_url: str) -> list[tuple[str, str]]:
    """The fields that name something on this host, and the asset each names, "" where it names none."""
    found = []
    for field_name, url in input_urls.urls(request.input):
        asset_id = input_urls.asset_id_at(url, base_url)
        if asset_id is not None:
            found.append((field_name, asset_id))
    if len({asset_id for _, asset_id in found}) > _MAX_OWN_ASSETS:
        raise errors.invalid_request("input", f"names more than {_MAX_OWN_ASSETS} assets")
    return found
