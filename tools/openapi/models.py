"""All models of the document, in order."""

from pydantic import BaseModel, Field

from asset_api.platform import http_api
from tools.openapi.asset_models import (
    AbortResponse,
    AssetListResponse,
    AssetUploadResponse,
    BegunUploadResponse,
    ChangedAsset,
    CompletedAsset,
    DeleteAssetsResponse,
    DeleteResponse,
    PublishingResponse,
    SignedPartsResponse,
    SignedUrlResponse,
    UploadFormResponse,
    UploadResponse,
    UsageResponse,
)
from tools.openapi.job_models import (
    ErasureResponse,
    GenerateResponse,
    ImportResponse,
    JobListResponse,
    JobResponse,
)
from tools.openapi.request_models import (
    BeginUploadRequest,
    ChangeAssetRequest,
    CompleteUploadRequest,
    DeleteAssetsRequest,
    GenerateRequest,
    ImportRequest,
    SignedUrlRequest,
    UploadFormRequest,
    UploadPartsRequest,
)


class Problem(BaseModel):
    """An error (RFC 9457): `detail` can be shown to a person, `type` is stable and meant for programs."""

    type: str = Field(examples=[http_api.PROBLEM_TYPE_PREFIX + "asset-not-found"])
    title: str
    status: int
    detail: str
    request_id: str


class HealthResponse(BaseModel):
    success: bool
    status: str = Field(examples=["ok"])


MODELS: tuple[type[BaseModel], ...] = (
    Problem,
    AssetUploadResponse,
    UploadFormRequest,
    UploadFormResponse,
    BeginUploadRequest,
    BegunUploadResponse,
    UploadPartsRequest,
    SignedPartsResponse,
    UploadResponse,
    CompleteUploadRequest,
    PublishingResponse,
    AbortResponse,
    ChangeAssetRequest,
    SignedUrlRequest,
    ChangedAsset,
    DeleteAssetsRequest,
    DeleteAssetsResponse,
    SignedUrlResponse,
    CompletedAsset,
    AssetListResponse,
    DeleteResponse,
    UsageResponse,
    HealthResponse,
    GenerateRequest,
    GenerateResponse,
    ImportRequest,
    ImportResponse,
    ErasureResponse,
    JobResponse,
    JobListResponse,
)
