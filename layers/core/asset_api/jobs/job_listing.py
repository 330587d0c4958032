"""Pages of jobs: the request's parameters, the query, and the JSON that clients see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.assets import list_parameters, public_urls
from asset_api.jobs.job import SORT_KEY_PREFIX, JobSummary
from asset_api.platform import queries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


# Not the input, which may be 64 KB.
_SHOWN = ("sk", "kind", "model_id", "prompt", "source_url", "asset_id", "status", "ended_at", "error_message",
          "file_type", "deleted_assets", "expires_at")  # fmt: skip


class JobListRequest(NamedTuple):
    limit: int
    after_id: str | None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Parse the query. Raises the 422 for a parameter that has the wrong type or is out of range."""
        return cls(list_parameters.parse_limit(query), list_parameters.parse_cursor(query))


class JobPage(NamedTuple):
    """Jobs, newest first. The next page starts after `last_id`, which is None on the last page."""

    jobs: tuple[JobSummary, ...]
    last_id: str | None


@dataclass(frozen=True, slots=True)
class JobPages:
    """The lists of jobs in the assets table.

    IAM: dynamodb:Query.
    """

    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def page(self, owner: str, request: JobListRequest) -> JobPage:
        """Return the requested page. One query, and one more per megabyte of jobs including their inputs."""
        found: list[JobSummary] = []
        now = int(self.clock().timestamp())
        for response in queries.newest_first(
            self.dynamodb,
            self.table,
            owner,
            SORT_KEY_PREFIX,
            after_id=request.after_id,
            Limit=request.limit + 1,
            ProjectionExpression=", ".join(f"#{name}" for name in _SHOWN),
            ExpressionAttributeNames={f"#{name}": name for name in _SHOWN},
        ):
            jobs = map(JobSummary.from_item, response["Items"])
            found.extend(job for job in jobs if not job.is_expired(now))
            if len(found) > request.limit:
                return JobPage(tuple(found[: request.limit]), found[request.limit - 1].job_id)
        return JobPage(tuple(found), None)


def to_json(job: JobSummary, base_url: str) -> dict[str, Any]:
    """Convert a job to JSON. It has an asset once it is completed."""
    asset_id = (job.asset_id or None) if job.status == "completed" else None
    asset_url = base_url + public_urls.public_path(asset_id) if asset_id else None
    # Generations of earlier releases do not record that their asset is a video.
    is_video = (job.file_type or "video/").startswith("video/")
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "status": job.status,
        "model_id": job.model_id or None,
        "prompt": job.prompt or None,
        "source_url": job.source_url,
        "created_at": _text(job.created_at),
        "completed_at": _text(datetime.fromtimestamp(job.ended_at, UTC)) if job.ended_at else None,
        "video_url": asset_url if is_video else None,
        "asset_url": asset_url,
        "asset_id": asset_id,
        "deleted_assets": job.deleted_assets,
        "error_message": job.error_message,
    }


def page_to_json(request: JobListRequest, page: JobPage, base_url: str) -> dict[str, Any]:
    """Return the body of the list's 200."""
    return {
        "success": True,
        "jobs": [to_json(job, base_url) for job in page.jobs],
        "limit": request.limit,
        "next_cursor": list_parameters.encode_cursor(page.last_id) if page.last_id else None,
    }


def _text(time: datetime) -> str:
    """Format a time as in an asset's `uploaded_at`: UTC, no offset, no fraction."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")
