"""Starting and canceling a generation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlencode

from aws_lambda_powertools import Logger

from asset_api.assets.admissions import Admissions, ApiResponse
from asset_api.generation import asset_references, input_urls, predictions, webhooks
from asset_api.generation.asset_references import Reference
from asset_api.generation.input_renditions import InputRenditions
from asset_api.generation.input_urls import OwnAsset
from asset_api.generation.prediction_orders import PredictionOrders
from asset_api.generation.requests import GenerationRequest
from asset_api.jobs import jobs
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs
from asset_api.platform import errors
from asset_api.publishing.assets_bucket import AssetsBucket

WEBHOOK_PATH = "/api/v2/webhooks/replicate"

logger = Logger()


@dataclass(frozen=True, slots=True)
class Generations:
    admissions: Admissions
    jobs: Jobs
    orders: PredictionOrders
    assets: AssetsBucket
    renditions: InputRenditions
    is_signed: Callable[[SplitResult], bool]
    """Tells whether a URL of an asset is signed."""
    deadline_seconds: int
    allowed_models: tuple[str, ...]
    """Patterns of `owner/name`, with `*` for any characters."""
    max_jobs_in_flight: int

    def start(
        self, owner: str, request: GenerationRequest, *, base_url: str, idempotency_key: str | None
    ) -> ApiResponse:
        """Store the job and create its prediction, now if the provider accepts it, otherwise later; respond with 202.

        Raises the 400 for an input that names no live asset or that the provider refuses, the 403 for a model that is
        not allowed and for a full quota, the 422 for an input with a malformed URL or reference, the 429 of the rate
        limit and of the jobs in flight, and the 502 if the provider does not accept this deployment's account.
        """
        if not self.orders.provider.token:
            raise errors.generation_not_configured()
        if not _is_allowed(request.model_id, self.allowed_models):
            raise errors.model_not_allowed(self.allowed_models)
        inputs = input_urls.own_assets(request.input, base_url, self.is_signed)
        references = asset_references.find(request.input)
        fields = (request.model_id, request.prompt, json.dumps(request.input, sort_keys=True))
        claim = self.admissions.claim(owner, idempotency_key, *fields, *request.options.fingerprint)
        if claim.response:
            return ApiResponse(claim.response)
        # An earlier request with the key may have stored the job and crashed before it responded.
        job = None if claim.is_new else self.jobs.get(owner, claim.resource_id)
        headers: dict[str, str] = {}
        if job is None:
            self._check_live(inputs)
            resolved = self._resolve(owner, request, references, base_url)
            self.admissions.require_room(owner, None)
            headers = self.admissions.admit(owner, claim.resource_id)
            job = self._new_job(owner, claim.resource_id, resolved, base_url, [*inputs, *references])
            logger.info("job created", extra={"job_id": job.job_id, "model_id": job.model_id})
            job = self.jobs.add(job, max_in_flight=self.max_jobs_in_flight) or self._order(job)
        if job.status == "failed" and job.prediction_id is None:
            message = job.error_message or "it does not say why"
            raise errors.input_refused(message.removeprefix(errors.INPUT_REFUSED))
        body = {"success": True, "job_id": job.job_id, "status": "pending"}
        return ApiResponse(self.admissions.store_response(claim, body), headers)

    def cancel(self, owner: str, job_id: str) -> Job:
        """Cancel the job and its prediction; a job that has ended does not change.

        The provider comes first, because its work costs money. Raises the 404, and the 502 if the provider does not
        respond, in which case nothing has changed.
        """
        job = jobs.require(self.jobs.get(owner, job_id))
        if not job.is_in_flight or job.kind == "erasure":  # an erasure cannot be canceled
            return job
        if job.prediction_id is not None:
            self._cancel_prediction(job.prediction_id)
        try:
            return self.jobs.end(job, "canceled")
        except JobChangedError:
            return jobs.require(self.jobs.get(owner, job_id))

    def _cancel_prediction(self, prediction_id: str) -> None:
        try:
            self.orders.provider.cancel(prediction_id)
        except (predictions.PredictionNotFoundError, predictions.InputRefusedError):
            return  # nothing left to cancel
        except predictions.NotExecutedError as error:
            raise errors.provider_unavailable(error.retry_after) from error
        except predictions.ProviderError as error:
            raise errors.provider_unavailable() from error

    def _check_live(self, inputs: list[OwnAsset]) -> None:
        """Raise the 400 before money is spent on a model that cannot fetch its input."""
        for field_name, asset_id, is_signed in inputs:
            if not self.assets.has(asset_id) and not (is_signed and self.assets.has(asset_id, "private")):
                raise errors.input_asset_not_found(field_name)

    def _resolve(
        self, owner: str, request: GenerationRequest, references: list[Reference], base_url: str
    ) -> GenerationRequest:
        """Replace references with URLs, and make renditions, before money is spent."""
        if not references:
            return request
        # URLs of private assets work only for as long as the model may run.
        expires = int(self.admissions.clock().timestamp()) + self.deadline_seconds
        urls = self.renditions.urls(owner, references, base_url, expires)
        return replace(request, input=asset_references.resolve(request.input, urls))

    def _new_job(
        self,
        owner: str,
        job_id: str,
        request: GenerationRequest,
        base_url: str,
        inputs: Sequence[OwnAsset | Reference],
    ) -> Job:
        now = self.admissions.clock()
        # The query is not signed: `ingest` trusts it only after the provider has confirmed the prediction.
        query = urlencode(webhooks.query(owner, job_id))
        return Job(
            owner=owner,
            job_id=job_id,
            model_id=request.model_id,
            prompt=request.prompt,
            input=request.input,
            asset_id=self.admissions.mint(owner),
            webhook=f"{base_url}{WEBHOOK_PATH}?{query}",
            deadline=int((now + timedelta(seconds=self.deadline_seconds)).timestamp()),
            # If the request crashes before it orders the prediction, `reconcile` finds the job then.
            check_at=int(now.timestamp()) + 30,
            source_asset_id=inputs[0].asset_id if inputs else None,
            options=self.admissions.with_default_expiry(request.options),
        )

    def _order(self, job: Job) -> Job:
        try:
            return self.orders.place(job)
        except predictions.InputRefusedError as error:
            raise errors.input_refused(error.message) from error
        except predictions.AccountRefusedError as error:
            # The client gets an error, so the job must never run.
            try:
                self.jobs.discard(job)
            except JobChangedError:  # `reconcile` has ordered the prediction meanwhile
                return job
            raise errors.provider_refused_account() from error


def _is_allowed(model_id: str, allowed: tuple[str, ...]) -> bool:
    model = model_id.partition(":")[0]
    return any(fnmatchcase(model, pattern) for pattern in allowed)
