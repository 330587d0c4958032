"""Models of responses about jobs: generations, imports and erasures."""

from pydantic import BaseModel, ConfigDict, Field

from asset_api.jobs.job_states import Kind, Status
from tools.openapi.asset_models import EXAMPLE_ID, EXAMPLE_URL


class Job(BaseModel):
    """A generation or an import, whose file is an asset once it is `completed`; or an erasure."""

    job_id: str = Field(examples=[EXAMPLE_ID])
    kind: Kind
    status: Status
    model_id: str | None = Field(examples=["minimax/video-01"], description="Generations only.")
    prompt: str | None = Field(description="Generations only.")
    source_url: str | None = Field(
        examples=["https://images.example.com/portrait.jpg"], description="Imports only: the URL as it was sent."
    )
    created_at: str = Field(examples=["2025-11-15T12:34:56"], description="UTC, without offset or fraction.")
    completed_at: str | None
    asset_url: str | None = Field(examples=[EXAMPLE_URL], description="Null until the job is completed.")
    video_url: str | None = Field(
        examples=[EXAMPLE_URL], description="Same as `asset_url` if the asset is a video, else null."
    )
    asset_id: str | None = Field(examples=[EXAMPLE_ID])
    deleted_assets: int | None = Field(description="Number of assets that a completed erasure deleted, else null.")
    error_message: str | None = Field(description="Why the job failed.")


class JobResponse(Job):
    model_config = ConfigDict(title="JobResponse")

    success: bool


class JobListResponse(BaseModel):
    success: bool
    jobs: list[Job]
    limit: int
    next_cursor: str | None = Field(description="Null on the last page.")


class GenerateResponse(BaseModel):
    success: bool
    job_id: str = Field(examples=[EXAMPLE_ID])
    status: Status


class ErasureResponse(BaseModel):
    success: bool
    job_id: str = Field(examples=[EXAMPLE_ID])


class ImportResponse(GenerateResponse):
    model_config = ConfigDict(title="ImportResponse")

    asset_id: str = Field(examples=[EXAMPLE_ID], description="The id that the asset will have.")
