"""The next step of each due generation, so that it ends even without its webhook."""

from dataclasses import dataclass
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from asset_api.generation import prediction_progress, prediction_steps
from asset_api.generation.prediction_orders import PredictionOrders, try_to_cancel
from asset_api.generation.predictions import (
    InputRefusedError,
    PredictionNotFoundError,
    ProviderError,
)
from asset_api.generation.replicate import Replicate
from asset_api.jobs import job_progress
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs

# After this time without a result, a process that claimed a check is assumed to have crashed.
_CLAIM_SECONDS = 120
# The longest time that the message may be queued and the output copied.
_INGEST_SECONDS = 660

logger = Logger()


@dataclass(frozen=True, slots=True)
class DueGenerations:
    jobs: Jobs
    orders: PredictionOrders
    queue: IngestQueue

    @property
    def provider(self) -> Replicate:
        return self.orders.provider

    def advance(self, job: Job, *, provider_is_up: bool) -> bool:
        """Advance one due job by one step; return False if a request to the provider failed."""
        step = _next_step(job, self.jobs.now)
        if not provider_is_up and step != "expire":
            return True
        logger.info("job due", extra={"job_id": job.job_id, "step": step})
        try:
            claimed = job_progress.claim_check(self.jobs, job, check_in=_CLAIM_SECONDS)
            return self._take_step(step, claimed, provider_is_up=provider_is_up)
        except JobChangedError:
            logger.info("job claimed by another run", extra={"job_id": job.job_id})
        except ProviderError as error:
            # The job stays claimed for a while, and is then checked again.
            logger.warning("provider request failed", extra={"job_id": job.job_id, "reason": repr(error)})
            return False
        return True

    def _take_step(self, step: prediction_steps.Step, job: Job, *, provider_is_up: bool) -> bool:
        match step:
            case "expire":
                self._expire(job, cancels=provider_is_up)
            case "ask":
                self._ask(job)
            case "create":
                return self._create(job)
            case "find" | "find or create":
                return self._find(job, creates=step == "find or create")
        return True

    def _expire(self, job: Job, *, cancels: bool) -> None:
        """End the job, then cancel its prediction, whose Cancel-After is the same deadline."""
        if job.prediction_id is not None:
            minutes = (job.deadline - int(job.created_at.timestamp())) // 60
            self.jobs.end(job, "failed", f"The model did not finish within {minutes} minutes")
            if cancels:
                try_to_cancel(self.provider, job.prediction_id)
        elif job.creation == "ready":
            self.jobs.end(job, "failed", "The model's provider did not accept the job in time; try again later")
        else:
            self.jobs.end(job, "failed", "The model's provider never confirmed that it accepted the job; try again")

    def _ask(self, job: Job) -> None:
        prediction_id = job.prediction_id or ""
        try:
            prediction = self.provider.get(prediction_id)
        except PredictionNotFoundError:
            self.jobs.end(job, "failed", "The provider no longer knows the prediction")
            return
        if prediction_progress.update_from_prediction(self.jobs, job, prediction):
            # Sent before the job is put off: a duplicate message is harmless, a missing one is not.
            self.queue.send(ReadyJob(job.owner, job.job_id, prediction_id))
            job_progress.check_again(self.jobs, job, status="processing", check_in=_INGEST_SECONDS)

    def _create(self, job: Job) -> bool:
        try:
            return self.orders.place(job).prediction_id is not None
        except InputRefusedError:
            logger.info("provider refused the input", extra={"job_id": job.job_id})
            return True

    def _find(self, job: Job, *, creates: bool) -> bool:
        since = datetime.fromtimestamp(job.sent_at, UTC)
        prediction = self.provider.find(job.webhook, job.model_id, job.input, since)
        if prediction is None:
            return not creates or self._create(job)
        job = self.orders.record(job, prediction)
        if job.is_in_flight:
            self._ask(job)
        return True


def _next_step(job: Job, now: int) -> prediction_steps.Step:
    return prediction_steps.next_step(
        has_prediction=job.prediction_id is not None,
        creation=job.creation,
        created=int(job.created_at.timestamp()),
        sent=job.sent_at,
        deadline=job.deadline,
        now=now,
    )
