"""Every minute: delete expired assets, finish changes, advance jobs, and remove what crashed processes left."""

from typing import Any

from aws_lambda_powertools import Logger

from asset_api.composition import changing, due_jobs, renditions
from asset_api.platform import aws, cold_start, remaining_time

logger = Logger()


def handler(_event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    with remaining_time.of(context):
        expired, changed = changing.upkeep().run()
        checked = due_jobs.reconciliation().run(lambda: context.get_remaining_time_in_millis() / 1000)
        cleared = renditions.abandoned_renditions().clean_up()
        removed = changing.upkeep().look_again()
    done = {"expired": expired, "changes": changed, "jobs": checked, "renditions": cleared, "removed": removed}
    logger.info("reconciled", extra=done)


cold_start.end(aws.dynamodb, due_jobs.reconciliation, changing.upkeep, renditions.abandoned_renditions)
