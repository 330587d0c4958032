"""Creation of predictions: the only code that spends money, at most once per job.

The right to create is claimed in the table before anything is sent. A create with an unknown outcome keeps the state
"sent" and is never repeated: `reconciliation` looks for its prediction in the provider's list instead.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.generation import prediction_progress, prediction_steps
from asset_api.generation.predictions import (
    AccountRefusedError,
    InputRefusedError,
    NoResponseError,
    NotExecutedError,
    Prediction,
    ProviderError,
    ServerFailedError,
)
from asset_api.generation.replicate import Replicate
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs
from asset_api.platform import errors

if TYPE_CHECKING:
    from asset_api.jobs.job_states import Creation

# By then, the webhook has usually arrived; an earlier check would find the prediction still running.
FIRST_CHECK_SECONDS = 45
# The smallest Cancel-After that Replicate accepts.
_MIN_CANCEL_AFTER_SECONDS = 5

logger = Logger()


@dataclass(frozen=True, slots=True)
class PredictionOrders:
    jobs: Jobs
    provider: Replicate

    def place(self, job: Job) -> Job:
        """Create the job's prediction, unless another process does; return the changed job.

        The job stays pending if the provider throttles, fails or does not respond. Raises InputRefusedError after
        failing the job, and AccountRefusedError with the job unchanged.
        """
        try:
            job = prediction_progress.begin_sending(self.jobs, job)
        except JobChangedError:
            return self.jobs.get(job.owner, job.job_id) or job
        try:
            prediction = self.provider.create(
                job.model_id,
                job.input,
                webhook=job.webhook if self.provider.accepts_webhook(job.webhook) else None,
                cancel_after_seconds=max(job.deadline - self.jobs.now, _MIN_CANCEL_AFTER_SECONDS),
            )
        except (InputRefusedError, AccountRefusedError) as error:
            self._handle_failed_create(job, error)
            raise
        except ProviderError as error:
            return self._handle_failed_create(job, error)
        return self.record(job, prediction)

    def record(self, job: Job, prediction: Prediction) -> Job:
        """Record the job's prediction, or cancel it if the job has ended meanwhile.

        If it belongs to another model than requested, cancel it and fail the job.
        """
        if prediction.is_of_another_model(job.model_id):
            return self._refuse(job, prediction)
        try:
            return prediction_progress.record_prediction(
                self.jobs, job, prediction.prediction_id, check_in=FIRST_CHECK_SECONDS
            )
        except JobChangedError:
            current = self.jobs.get(job.owner, job.job_id)
            if current is not None and current.prediction_id == prediction.prediction_id:
                return current
            logger.warning("prediction canceled: its job has ended", extra={"job_id": job.job_id})
            try_to_cancel(self.provider, prediction.prediction_id)
            return current or job

    def _refuse(self, job: Job, prediction: Prediction) -> Job:
        logger.warning("prediction canceled: wrong model", extra={"job_id": job.job_id})
        try_to_cancel(self.provider, prediction.prediction_id)
        try:
            return self.jobs.end(job, "failed", f"The version is not one of {job.model_id.partition(':')[0]}")
        except JobChangedError:
            return self.jobs.get(job.owner, job.job_id) or job

    def _handle_failed_create(self, job: Job, error: ProviderError) -> Job:
        """Record what is known after a create that returned no prediction."""
        logger.warning("prediction not created", extra={"job_id": job.job_id, "reason": repr(error)})
        backoff = prediction_steps.backoff_seconds(job.attempts)
        creation: Creation
        try:
            match error:
                case InputRefusedError():
                    return self.jobs.end(job, "failed", errors.INPUT_REFUSED + error.message)
                case NotExecutedError():
                    creation, wait = "ready", max(error.retry_after, backoff)
                case AccountRefusedError():
                    creation, wait = "ready", backoff
                case ServerFailedError():
                    # Without a webhook, the prediction cannot be distinguished from another job's.
                    creation, wait = "doubtful" if self.provider.accepts_webhook(job.webhook) else "sent", backoff
                case NoResponseError():
                    creation, wait = "sent", prediction_steps.SENDING_SECONDS
                case _:
                    raise error
            return prediction_progress.end_sending(self.jobs, job, creation, check_in=wait)
        except JobChangedError:
            return self.jobs.get(job.owner, job.job_id) or job


def try_to_cancel(provider: Replicate, prediction_id: str) -> None:
    """Cancel a prediction that is not needed. If that fails, the provider ends it at its Cancel-After."""
    try:
        provider.cancel(prediction_id)
    except ProviderError as error:
        logger.warning("prediction not canceled", extra={"prediction_id": prediction_id, "reason": repr(error)})
