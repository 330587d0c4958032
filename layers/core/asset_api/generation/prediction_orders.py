"""Ordering the prediction of a job: the one place that spends money, and at most once a job.

Whoever orders has claimed the right to in the table before it sends anything. What is not known afterwards stays
"sent", and is never sent again: `reconciliation` looks for it in the provider's list instead.
"""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from asset_api.generation import job_states
from asset_api.generation.job_table import JobChangedError, Jobs
from asset_api.generation.jobs import Job
from asset_api.generation.replicate import (
    AccountRefusedError,
    InputRefusedError,
    NoAnswerError,
    NotDoneError,
    Prediction,
    ProviderError,
    Replicate,
    ServerFailedError,
)

# The webhook comes first as a rule; who looks sooner asks about what is still running.
FIRST_CHECK_SECONDS = 45
# The least that Replicate takes for Cancel-After.
_SHORTEST_CANCEL_AFTER_SECONDS = 5

logger = Logger()


@dataclass(frozen=True, slots=True)
class PredictionOrders:
    jobs: Jobs
    provider: Replicate

    def place(self, job: Job) -> Job:
        """Create the job's prediction, unless another is doing it; the job as it is then.

        Throttling, a provider that is down and one that does not answer leave the job pending. Raises
        InputRefusedError, with the job failed, and AccountRefusedError, with the job as if nothing had been tried.
        """
        try:
            job = self.jobs.begin_sending(job)
        except JobChangedError:
            return self.jobs.get(job.owner, job.job_id) or job
        try:
            prediction = self.provider.create(
                job.model_id,
                job.input,
                webhook=job.webhook if self.provider.takes_webhook(job.webhook) else None,
                cancel_after_seconds=max(job.deadline - self.jobs.now, _SHORTEST_CANCEL_AFTER_SECONDS),
            )
        except InputRefusedError as error:
            self._settle(job, error)
            raise
        except AccountRefusedError as error:
            self._settle(job, error)
            raise
        except ProviderError as error:
            return self._settle(job, error)
        return self.record(job, prediction)

    def record(self, job: Job, prediction: Prediction) -> Job:
        """Keep which prediction is the job's. One for which it has ended meanwhile is canceled: nobody would use it."""
        try:
            return self.jobs.record_prediction(job, prediction.prediction_id, check_in=FIRST_CHECK_SECONDS)
        except JobChangedError:
            current = self.jobs.get(job.owner, job.job_id)
            if current is not None and current.prediction_id == prediction.prediction_id:
                return current
            logger.warning("a prediction without a job is canceled", extra={"job_id": job.job_id})
            cancel_quietly(self.provider, prediction.prediction_id)
            return current or job

    def _settle(self, job: Job, error: ProviderError) -> Job:
        """Write down what is known after a create that gave no prediction."""
        logger.warning("no prediction was created", extra={"job_id": job.job_id, "reason": repr(error)})
        try:
            match error:
                case InputRefusedError():
                    return self.jobs.end(job, "failed", f"The model's provider refused the request: {error.words}")
                case NotDoneError():
                    wait = max(error.retry_after, job_states.backoff_seconds(job.attempts))
                    return self.jobs.end_sending(job, "ready", check_in=wait)
                case AccountRefusedError():
                    return self.jobs.end_sending(job, "ready", check_in=job_states.backoff_seconds(job.attempts))
                case ServerFailedError():
                    # Without a webhook it could not be told from another's.
                    creation: job_states.Creation = "doubtful" if self.provider.takes_webhook(job.webhook) else "sent"
                    return self.jobs.end_sending(job, creation, check_in=job_states.backoff_seconds(job.attempts))
                case NoAnswerError():
                    return self.jobs.end_sending(job, "sent", check_in=job_states.SENDING_SECONDS)
        except JobChangedError:
            return self.jobs.get(job.owner, job.job_id) or job
        raise error


def cancel_quietly(provider: Replicate, prediction_id: str) -> None:
    """Cancel what nobody waits for any more. If that fails, the provider ends it at its Cancel-After."""
    try:
        provider.cancel(prediction_id)
    except ProviderError as error:
        logger.warning("a prediction was not canceled", extra={"prediction_id": prediction_id, "reason": repr(error)})
