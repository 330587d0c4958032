"""Every minute: the jobs that are due, each brought one step on, so that every job ends whatever becomes of webhooks.

Its cost grows with the jobs in flight that are due, not with those ever run: the index holds no others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from asset_api.generation import job_states
from asset_api.generation.ingest_queue import EndedPrediction, IngestQueue
from asset_api.generation.job_progress import JobProgress
from asset_api.generation.job_table import JobChangedError, Jobs
from asset_api.generation.jobs import Job
from asset_api.generation.prediction_orders import PredictionOrders, cancel_quietly
from asset_api.generation.replicate import (
    InputRefusedError,
    PredictionNotFoundError,
    ProviderError,
    Replicate,
)

# After so many times without an answer in one run, the provider is taken to be down.
_PATIENCE = 3
# Of each of the index's shards, in one run.
_JOBS_A_SHARD = 25
# One step may take as long as the provider's time-outs, and DynamoDB's.
_SECONDS_A_STEP = 20
# Whoever looked at a job and did not come back is taken for dead.
_CLAIM_SECONDS = 120
# The message is in the queue, and the output being copied, for so long at most.
_INGEST_SECONDS = 660

logger = Logger()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    jobs: Jobs
    orders: PredictionOrders
    queue: IngestQueue

    @property
    def provider(self) -> Replicate:
        return self.orders.provider

    def run(self, remaining_seconds: Callable[[], float]) -> int:
        """Bring on what is due while time remains; how many jobs were looked at. The next run has the rest.

        Where the provider does not answer, it is not waited for again and again: deadlines are kept all the same.
        """
        looked_at = failures = 0
        for owner, job_id in self.jobs.due(_JOBS_A_SHARD):
            if remaining_seconds() < _SECONDS_A_STEP:
                break
            looked_at += 1
            failures += not self._look_at(owner, job_id, asks=failures < _PATIENCE)
        return looked_at

    def _look_at(self, owner: str, job_id: str, *, asks: bool) -> bool:
        """One step of one job; False where the provider was of no help."""
        job = self.jobs.get(owner, job_id)
        # The index lags behind the table.
        if job is None or not job.is_in_flight or job.check_at > self.jobs.now:
            return True
        step = _next_step(job, self.jobs.now)
        if not asks and step != "expire":
            return True
        logger.info("a job is due", extra={"job_id": job_id, "step": step})
        try:
            return self._take(step, self.jobs.claim_check(job, check_in=_CLAIM_SECONDS), asks=asks)
        except JobChangedError:
            logger.info("another looks after the job", extra={"job_id": job_id})
        except ProviderError as error:
            # It stays claimed for a while, and is then looked at again.
            logger.warning("the provider was of no help", extra={"job_id": job_id, "reason": repr(error)})
            return False
        return True

    def _take(self, step: job_states.Step, job: Job, *, asks: bool) -> bool:
        match step:
            case "expire":
                self._expire(job, cancels=asks)
            case "ask":
                self._ask(job)
            case "create":
                return self._create(job)
            case "find" | "find or create":
                return self._find(job, creates=step == "find or create")
        return True

    def _expire(self, job: Job, *, cancels: bool) -> None:
        """End the job, and then what the provider still does for it: it has the same deadline, by Cancel-After."""
        if job.prediction_id is not None:
            minutes = (job.deadline - int(job.created_at.timestamp())) // 60
            self.jobs.end(job, "failed", f"The model did not finish within {minutes} minutes")
            if cancels:
                cancel_quietly(self.provider, job.prediction_id)
        elif job.creation == "ready":
            self.jobs.end(job, "failed", "The model's provider did not take the job in time; try again later")
        else:
            self.jobs.end(job, "failed", "The model's provider never confirmed that it took the job; try again")

    def _ask(self, job: Job) -> None:
        prediction_id = job.prediction_id or ""
        try:
            prediction = self.provider.get(prediction_id)
        except PredictionNotFoundError:
            self.jobs.end(job, "failed", "The provider no longer knows the prediction")
            return
        if JobProgress(self.jobs).advance(job, prediction):
            # A message too many does no harm; one too few would.
            self.queue.send(EndedPrediction(job.owner, job.job_id, prediction_id))
            self.jobs.look_again(job, status="processing", check_in=_INGEST_SECONDS)

    def _create(self, job: Job) -> bool:
        try:
            return self.orders.place(job).prediction_id is not None
        except InputRefusedError:
            logger.info("the provider refused the input", extra={"job_id": job.job_id})
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


def _next_step(job: Job, now: int) -> job_states.Step:
    return job_states.next_step(
        has_prediction=job.prediction_id is not None,
        creation=job.creation,
        created=int(job.created_at.timestamp()),
        sent=job.sent_at,
        deadline=job.deadline,
        now=now,
    )
