"""Pages of jobs: the request's parameters, the query, and the JSON that clients see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from asset_api.assets import listing, public_urls
from asset_api.generation.jobs import SORT_KEY_PREFIX, Job, job_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class JobListRequest(NamedTuple):
    limit: int
    after_id: str | None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Raises the 422 for a parameter that is ill-typed or out of range."""
        limit = listing.integer_parameter(
            query, "limit", default=listing.DEFAULT_LIMIT, smallest=1, largest=listing.MAX_LIMIT
        )
        return cls(limit, listing.decoded_cursor(query["cursor"]) if query.get("cursor") else None)


class JobPage(NamedTuple):
    """Jobs, newest first; `last_id` is where the next page starts after, None on the last page."""

    jobs: tuple[Job, ...]
    last_id: str | None


@dataclass(frozen=True, slots=True)
class JobPages:
    """The lists of jobs in the assets table.

    IAM: dynamodb:Query.
    """

    dynamodb: "DynamoDBClient"
    table: str

    def page(self, owner: str, request: JobListRequest) -> JobPage:
        """The page that the request asks for. One query."""
        start = {"ExclusiveStartKey": job_key(owner, request.after_id)} if request.after_id else {}
        found = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="#owner = :owner AND begins_with(sk, :job)",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": owner}, ":job": {"S": SORT_KEY_PREFIX}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=request.limit + 1,
            **cast(Any, start),
        )
        jobs = tuple(map(Job.from_item, found["Items"]))
        return JobPage(jobs[: request.limit], jobs[request.limit - 1].job_id if len(jobs) > request.limit else None)


def to_json(job: Job, base_url: str) -> dict[str, Any]:
    """One job. It has an asset once it is completed."""
    asset_id = job.asset_id if job.status == "completed" else None
    return {
        "job_id": job.job_id,
        "status": job.status,
        "model_id": job.model_id,
        "prompt": job.prompt,
        "created_at": _text(job.created_at),
        "completed_at": _text(datetime.fromtimestamp(job.ended_at, UTC)) if job.ended_at else None,
        "video_url": base_url + public_urls.public_path(asset_id) if asset_id else None,
        "asset_id": asset_id,
        "error_message": job.error_message,
    }


def page_to_json(request: JobListRequest, page: JobPage, base_url: str) -> dict[str, Any]:
    """The 200 of the list."""
    return {
        "success": True,
        "jobs": [to_json(job, base_url) for job in page.jobs],
        "limit": request.limit,
        "next_cursor": listing.encoded_cursor(page.last_id) if page.last_id else None,
    }


def _text(time: datetime) -> str:
    """Same form as an asset's `uploaded_at`: UTC, no offset, no fraction."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")
