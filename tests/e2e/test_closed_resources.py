"""Buckets, queues and tables serve only the stack's own roles."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local import environment
from tests import media
from tests.e2e.client import Caller
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack

MakeClient = Callable[[str], Any]
DENIED = {"AccessDenied", "AccessDeniedException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"}


def attempts(stack: LocalStack, make: MakeClient) -> Iterator[Callable[[], Any]]:
    """Yield every operation that a stranger might try."""
    s3, sqs, dynamodb = make("s3"), make("sqs"), make("dynamodb")
    for bucket in ("IncomingBucket", "AssetsBucket", "SiteBucket"):
        name = physical_id(stack, bucket)
        yield lambda name=name: s3.list_objects_v2(Bucket=name)  # type: ignore[misc]  # defaults of a lambda
        yield lambda name=name: s3.get_object(Bucket=name, Key="uploads/a")  # type: ignore[misc]
        yield lambda name=name: s3.put_object(Bucket=name, Key="uploads/a", Body=b"a")  # type: ignore[misc]
        yield lambda name=name: s3.delete_object(Bucket=name, Key="uploads/a")  # type: ignore[misc]
    for queue in (
        "PublishQueue",
        "PublishDeadLetters",
        "IngestQueue",
        "IngestDeadLetters",
        "PurgeDeadLetters",
        "RenditionsDeadLetters",
    ):
        url = physical_id(stack, queue)
        yield lambda url=url: sqs.send_message(QueueUrl=url, MessageBody="{}")  # type: ignore[misc]
        yield lambda url=url: sqs.receive_message(QueueUrl=url)  # type: ignore[misc]
    for table in ("AssetsTable", "RequestsTable"):
        name = physical_id(stack, table)
        key = {"owner": {"S": "alice"}, "sk": {"S": "asset#a"}}
        yield lambda name=name: dynamodb.scan(TableName=name)  # type: ignore[misc]
        yield lambda name=name, key=key: dynamodb.put_item(TableName=name, Item=key)  # type: ignore[misc]


def refusals(stack: LocalStack, make: MakeClient) -> list[str]:
    """Return the error code of each attempt, or what it was allowed to do."""
    codes = []
    for attempt in attempts(stack, make):
        try:
            codes.append(str(attempt())[:200])
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    return codes


def client_of(stack: LocalStack, service: str, **options: Any) -> Any:
    made: Any = boto3.client(
        service,  # type: ignore[call-overload]  # not a literal
        endpoint_url=stack.emulator_url,
        region_name=environment.REGION,
        **options,
    )
    return made


@pytest.fixture
def stranger(stack: LocalStack) -> Iterator[dict[str, str]]:
    """Create a user of the same account without permissions, and return its keys."""
    iam = client(stack, "iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    yield {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    iam.delete_access_key(UserName="stranger", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="stranger")


def test_another_principal_of_the_account_is_denied_everything(stack: LocalStack, stranger: dict[str, str]) -> None:
    codes = refusals(stack, lambda service: client_of(stack, service, **stranger))
    assert set(codes) <= DENIED, codes


def test_unsigned_requests_are_denied_everything(stack: LocalStack) -> None:
    unsigned = Config(signature_version=UNSIGNED)
    codes = refusals(stack, lambda service: client_of(stack, service, config=unsigned))
    assert set(codes) <= DENIED, codes


def test_s3_refuses_to_serve_an_asset_directly(stack: LocalStack, http: httpx.Client, alice: Caller) -> None:
    asset_id = alice.uploaded("image.png", media.png())["asset_id"]
    bucket = physical_id(stack, "AssetsBucket")
    assert http.get(f"{stack.emulator_url}/{bucket}/api/v2/assets/{asset_id}").status_code == 403
