"""Every minute: advance jobs, delete expired assets, finish changes, and clean up after crashed processes."""

from typing import Any

from aws_lambda_powertools import Logger

from asset_api.composition import changing, due_jobs, renditions
from asset_api.platform import aws, cold_start, remaining_time

# Jobs come first, because a run advances a limited number of them. They leave this much time for the rest.
_UPKEEP_SECONDS = 25

logger = Logger()


def handler(_event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    with remaining_time.of(context):
        try:
            checked = due_jobs.reconciliation().run(
                lambda: context.get_remaining_time_in_millis() / 1000 - _UPKEEP_SECONDS
            )
        finally:
            done = _run_upkeep()  # even if jobs fail in every run
    logger.info("reconciled", extra={"jobs": checked, **done})


def _run_upkeep() -> dict[str, int]:
    """Do everything that does not concern jobs; return the number of each."""
    expired, changed = changing.upkeep().run()
    cleared = renditions.abandoned_renditions().clean_up()
    removed = changing.upkeep().take_last_looks()
    return {"expired": expired, "changes": changed, "renditions": cleared, "removed": removed}


cold_start.end(aws.dynamodb, due_jobs.reconciliation, changing.upkeep, renditions.abandoned_renditions)
