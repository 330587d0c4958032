"""An upload in parts, as a client sends it."""

from typing import TYPE_CHECKING, Any

from asset_api.uploads import part_sizes
from tests.functions.gateway import Caller, Response

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


MIB = 1024 * 1024


class Upload:
    """An upload of `data` in parts, begun by `caller`."""

    def __init__(self, caller: Caller, s3: "S3Client", data: bytes, **fields: Any) -> None:
        self.caller, self.s3, self.data = caller, s3, data
        begun = caller.begin(**dict[str, Any](filename="clip.mp4", size_bytes=len(data)) | fields)
        assert begun.status == 201, begun.body
        self.asset_id: str = begun.json()["asset_id"]
        self.id: str = begun.json()["upload"]["id"]
        self.count: int = begun.json()["upload"]["part_count"]

    def send(self, *numbers: int, data: bytes | None = None) -> None:
        """Store parts as their presigned PUTs would."""
        for number in numbers or range(1, self.count + 1):
            start = (number - 1) * part_sizes.PART_BYTES
            part = self.data[start : start + part_sizes.PART_BYTES] if data is None else data
            s3_upload_id = uploads(self.s3)[self.asset_id]
            self.s3.upload_part(
                Bucket="incoming",
                Key=f"uploads/{self.asset_id}",
                UploadId=s3_upload_id,
                PartNumber=number,
                Body=part,
            )

    def complete(self) -> Response:
        return self.caller.complete_parts(self.asset_id, self.id)

    def complete_in_s3(self) -> None:
        """Complete the upload in S3, like a `complete` that crashes right afterwards."""
        request: Any = {
            "Bucket": "incoming",
            "Key": f"uploads/{self.asset_id}",
            "UploadId": uploads(self.s3)[self.asset_id],
        }
        parts: Any = self.s3.list_parts(**request)["Parts"]
        numbered: Any = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        self.s3.complete_multipart_upload(**request, MultipartUpload={"Parts": numbered})

    def show(self) -> Response:
        return self.caller.show_upload(self.asset_id, self.id)

    def abort(self) -> Response:
        return self.caller.abort_upload(self.asset_id, self.id)


def uploads(s3: "S3Client") -> dict[str, str]:
    """Return S3's ids of uploads in progress, by asset id."""
    listed = s3.list_multipart_uploads(Bucket="incoming")
    return {each["Key"].removeprefix("uploads/"): each["UploadId"] for each in listed.get("Uploads", ())}
