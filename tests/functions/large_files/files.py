"""Large uploads, and the event that has a function assemble and publish them."""

from typing import TYPE_CHECKING, Any

from asset_api.media import file_types, metadata_removal, rewriting
from asset_api.media.reader import InMemory, Reader
from tests import media
from tests.functions import triggers
from tests.functions.gateway import Caller
from tests.functions.part_uploads import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# Larger than the head of a file, which is read first.
UNIT = 100_000
SIZE = 11 * UNIT
PLAIN = media.padded_mp4(SIZE)
# Players ignore the contents of a free box.
PERSONAL = PLAIN + media.box(b"free", b"where it was taken")

# The calls that publish PLAIN.
PUBLICATION_CALLS = [
    *("GetObject", "BatchGetItem", "CreateMultipartUpload"),
    *["UploadPartCopy"] * 2,
    *("BatchGetItem", "CompleteMultipartUpload", "TransactWriteItems", "DeleteObject"),
]


def completed_upload(caller: Caller, s3: "S3Client", data: bytes = PLAIN, **fields: Any) -> Upload:
    """Send `data` in parts and complete the upload, which leaves the publication to the event."""
    upload = Upload(caller, s3, data, **fields)
    upload.send()
    assert upload.complete().status == 202
    return upload


def deliver_event(asset_id: str, receives: int = 1) -> bool:
    """Deliver the event of the file's arrival; return False if the function asks for it again."""
    return not triggers.deliver_large(triggers.large_message(asset_id, receives=receives))


def unfinished_assemblies(s3: "S3Client") -> list[str]:
    """List the keys of multipart uploads that are in progress in the assets bucket."""
    return [each["Key"] for each in s3.list_multipart_uploads(Bucket="assets").get("Uploads", ())]


def without_metadata(data: bytes) -> bytes:
    pieces = metadata_removal.plan(Reader(InMemory(data), len(data)), file_types.MP4).pieces
    assert pieces
    return b"".join(rewriting.apply(pieces, InMemory(data)))
