"""Publications that crash."""

from typing import TYPE_CHECKING

from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def unlisted_publication(caller: Caller, s3: "S3Client", calls: AwsCalls) -> str:
    """Leave an asset whose publication crashed after its bytes became public and before it was listed."""
    body = caller.ask_for_form(filename="image.png").json()
    version_id = post(s3, body["upload"], media.png())
    with calls.stopped_at(3, "after"):
        file_arrived(body["asset_id"], version_id)
    return str(body["asset_id"])
