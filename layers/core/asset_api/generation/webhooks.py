"""The provider's webhooks, after their signature was verified: each names a prediction and its job."""

import json
from collections.abc import Mapping

from asset_api.assets import asset_ids, filenames
from asset_api.generation import predictions
from asset_api.jobs.ingest_queue import ReadyJob
from asset_api.platform import errors


def query(owner: str, job_id: str) -> dict[str, str]:
    """Build the query of a job's webhook URL. It is not signed, so nothing may rely on it."""
    return {"owner": filenames.to_metadata(owner), "job": job_id}


def ended_prediction(body: bytes, parameters: Mapping[str, str]) -> ReadyJob:
    """Parse a body with a prediction, and a query that `query` built. Raises the 422 for anything else."""
    owner, job_id = filenames.from_metadata(parameters.get("owner", "")), parameters.get("job", "")
    if not owner or not asset_ids.is_asset_id(job_id):
        raise errors.invalid_request("query", "names no job")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:  # RecursionError if it is nested too deeply
        raise errors.invalid_request("body", "is not JSON") from error
    prediction_id = document.get("id") if isinstance(document, dict) else None
    if not predictions.is_prediction_id(prediction_id):
        raise errors.invalid_request("id", "must be a prediction's id")
    return ReadyJob(owner, job_id, prediction_id)
