"""The incoming bucket on S3 failures that neither moto nor the emulator produce."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from asset_api.platform import http_api
from asset_api.publishing.incoming_bucket import IncomingBucket

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


class _FailingS3:
    """List one version, and respond to its removal with 200 without removing it."""

    def list_object_versions(self, **_: Any) -> dict[str, Any]:
        return {"Versions": [{"Key": f"uploads/{ASSET_ID}", "VersionId": "1"}], "IsTruncated": False}

    def delete_objects(self, **_: Any) -> dict[str, Any]:
        return {"Errors": [{"Key": f"uploads/{ASSET_ID}", "VersionId": "1", "Code": "InternalError"}]}


def test_a_version_that_s3_did_not_remove_is_a_retryable_error() -> None:
    bucket = IncomingBucket(cast("S3Client", _FailingS3()), "incoming")
    with pytest.raises(ClientError) as raised:
        bucket.remove(ASSET_ID)
    assert http_api.as_api_error(raised.value).status == 503
