"""Client of an Asset Upload API: uploads images and videos, lists, downloads and deletes them, makes videos of them.

client = AssetClient("https://assets.example.com", token)
print(client.upload("photo.jpg")["url"])
"""

from asset_upload_client.answers import (
    Asset,
    AssetListResponse,
    AssetUploadResponse,
    DeleteResponse,
    FileType,
    GenerateResponse,
    Job,
    JobListResponse,
    JobStatus,
)
from asset_upload_client.async_client import AsyncAssetClient
from asset_upload_client.client import AssetClient
from asset_upload_client.errors import (
    AssetError,
    AssetNotFound,
    ChecksumMismatch,
    Conflict,
    ConnectionFailed,
    EmptyFile,
    FileExists,
    FileNotReadable,
    FileNotWritable,
    FileTooLarge,
    FormExpired,
    InvalidFile,
    InvalidFileType,
    InvalidRequest,
    JobCanceled,
    JobFailed,
    JobNotCompleted,
    JobNotFound,
    JobTimedOut,
    NotAuthenticated,
    RateLimited,
    ServiceUnavailable,
)
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.uploads import UploadOutcome

__all__ = [
    "Asset",
    "AssetClient",
    "AssetError",
    "AssetListResponse",
    "AssetNotFound",
    "AssetUploadResponse",
    "AsyncAssetClient",
    "ChecksumMismatch",
    "Conflict",
    "ConnectionFailed",
    "DeleteResponse",
    "EmptyFile",
    "FileExists",
    "FileNotReadable",
    "FileNotWritable",
    "FileTooLarge",
    "FileType",
    "FormExpired",
    "GenerateResponse",
    "InvalidFile",
    "InvalidFileType",
    "InvalidRequest",
    "Job",
    "JobCanceled",
    "JobFailed",
    "JobListResponse",
    "JobNotCompleted",
    "JobNotFound",
    "JobStatus",
    "JobTimedOut",
    "NotAuthenticated",
    "RateLimited",
    "RetryPolicy",
    "ServiceUnavailable",
    "UploadOutcome",
]
