"""Jobs as clients see them, and the parameters of their list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from asset_api.assets import listing, public_urls
from asset_api.generation.job_table import JobPage
from asset_api.generation.jobs import Job


@dataclass(frozen=True, slots=True)
class JobListRequest:
    limit: int
    after_id: str | None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """From the query string's parameters. Raises the 422 for one that is ill-typed or out of range."""
        limit = listing.integer_parameter(
            query, "limit", default=listing.DEFAULT_LIMIT, smallest=1, largest=listing.MAX_LIMIT
        )
        return cls(limit, listing.decoded_cursor(query["cursor"]) if query.get("cursor") else None)


def to_json(job: Job, base_url: str) -> dict[str, Any]:
    """One job. Of a job that is not completed there is no asset yet."""
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
    """As `uploaded_at` of an asset is: UTC, no offset, no fraction."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")
