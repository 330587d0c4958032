"""AWS in this process, by moto: an account that is created once, and emptied after each test."""

import functools
import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.cloudfront.models import cloudfront_backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.s3 import models as s3_models
from moto.s3.exceptions import NoSuchUpload
from moto.sqs.models import sqs_backends

from tests.functions import quick_moto

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

ACCOUNT = "123456789012"  # moto's
REGION = "us-east-1"
TABLES = ("assets", "requests")
BUCKETS = ("incoming", "assets")
QUEUE = "ingest"


def stub_botocore(*, enabled: bool) -> None:
    """Let moto serve botocore as `mock_aws` does, without mocking `requests`, which takes longer than most tests."""
    botocore_stubber.enabled = enabled


def create(dynamodb: "DynamoDBClient", s3: "S3Client", sqs: "SQSClient") -> str:
    """Create only the resources that the functions use; return the queue's URL."""
    quick_moto.install()
    _end_uploads_as_s3_does()
    BackendDict.reset()
    for table in TABLES:
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "owner", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
    dynamodb.update_table(
        TableName="assets",
        AttributeDefinitions=[
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "in_flight", "AttributeType": "S"},
            {"AttributeName": "check_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "InFlight",
                    "KeySchema": [
                        {"AttributeName": "in_flight", "KeyType": "HASH"},
                        {"AttributeName": "check_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="incoming", VersioningConfiguration={"Status": "Enabled"})
    return sqs.create_queue(QueueName=QUEUE)["QueueUrl"]


def is_anything_due(now: datetime) -> bool:
    """Tell whether `reconcile` would find an item: without one, its runs only query the index InFlight."""
    partitions = dynamodb_backends[ACCOUNT][REGION].tables["assets"].items.values()
    items = [item.attrs for partition in partitions for item in partition.values()]
    return any("in_flight" in item and float(item["check_at"].value) <= now.timestamp() for item in items)


def empty() -> None:
    """Remove everything that a test has stored."""
    for table in TABLES:
        dynamodb_backends[ACCOUNT][REGION].tables[table].items.clear()
    kinds: tuple[Any, ...] = s3_models.FakeKey, s3_models.FakeMultipart
    for stored in itertools.chain.from_iterable(kind.instances_tracked for kind in kinds):
        stored.dispose()
    for name in BUCKETS:
        bucket = s3_models.s3_backends[ACCOUNT]["aws"].buckets[name]
        bucket.keys.clear()
        bucket.multiparts.clear()
    sqs = sqs_backends[ACCOUNT][REGION]
    sqs.get_queue(QUEUE).last_purged_at = None  # SQS allows one purge per minute
    sqs.purge_queue(QUEUE)
    cloudfront_backends[ACCOUNT]["aws"].reset()
    # moto keeps every object for its dashboard.
    reset_model_data()


@functools.cache
def _end_uploads_as_s3_does() -> None:
    """Let S3 respond NoSuchUpload for parts of an upload that has ended, for which moto fails with a KeyError."""

    def known(operation: Any) -> Any:
        @functools.wraps(operation)
        def checked(backend: Any, bucket: str, upload_id: str, *arguments: Any, **named: Any) -> Any:
            if upload_id not in backend.get_bucket(bucket).multiparts:
                raise NoSuchUpload(upload_id=upload_id)
            return operation(backend, bucket, upload_id, *arguments, **named)

        return checked

    backend: Any = s3_models.S3Backend
    for name in ("complete_multipart_upload", "upload_part", "upload_part_copy"):
        setattr(backend, name, known(getattr(backend, name)))
