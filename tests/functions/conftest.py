"""AWS in this process (moto), the functions' settings, and clients that call functions as API Gateway does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from asset_api import aws, composition, settings
from asset_api.settings import Settings
from tests.functions.gateway import SECRET, Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

REGION = "us-east-1"
SETTINGS = Settings(
    region=REGION,
    endpoint_url="",
    assets_table="assets",
    requests_table="requests",
    incoming_bucket="incoming",
    incoming_bucket_domain=f"incoming.s3.{REGION}.amazonaws.com",
    assets_bucket="assets",
    asset_id_salt="a-salt-of-this-stack",
    jwt_secrets=(SECRET,),
    jwt_jwks_url="",
    jwt_issuer="",
    jwt_audience="",
    remove_personal_metadata=True,
    cdn_lifetime_seconds=31536000,
    distribution_id="",
)


@pytest.fixture(autouse=True)
def aws_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with the stack's tables and buckets, and nothing left of it afterwards."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for table in (SETTINGS.assets_table, SETTINGS.requests_table):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": "owner", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            )
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=SETTINGS.incoming_bucket)
        s3.create_bucket(Bucket=SETTINGS.assets_bucket)
        configure(monkeypatch)
        yield
    forget_collaborators()


def configure(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Run the functions with these settings from here on."""
    configured = replace(SETTINGS, **changes)  # type: ignore[arg-type]  # the names are checked by replace itself
    forget_collaborators()
    monkeypatch.setattr(settings, "current", lambda: configured)


def forget_collaborators() -> None:
    """What one process of a function keeps between its invocations."""
    from functions.purge import app as purge
    from functions.upload import app as upload

    for cached in (
        aws.session,
        aws.dynamodb,
        aws.s3,
        aws.cloudfront,
        composition.verifier,
        composition.catalog,
        composition.incoming_bucket,
        composition.assets_bucket,
        composition.publisher,
        upload.uploads,
        purge.invalidator,
    ):
        cached.cache_clear()


@pytest.fixture
def s3() -> "S3Client":
    return boto3.client("s3")


@pytest.fixture
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb")


@pytest.fixture
def alice() -> Caller:
    return Caller("alice")


@pytest.fixture
def bob() -> Caller:
    return Caller("bob")


@pytest.fixture
def anonymous() -> Caller:
    return Caller(None)
