"""Fixtures for generation: the index of jobs in flight, the queue, the provider, and the functions."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from asset_api.platform import aws
from tests import fake_replicate, media
from tests.fake_replicate import FakeReplicate
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.generation.stack import WEBHOOK_SECRET, Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient


@pytest.fixture(scope="session")
def running_provider() -> Iterator[FakeReplicate]:
    with fake_replicate.running() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: FakeReplicate) -> FakeReplicate:
    running_provider.forget()
    return running_provider


@pytest.fixture
def stack(
    aws_account: None,  # noqa: ARG001  the account that this extends
    provider: FakeReplicate,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    sqs: "SQSClient",
    queue_url: str,
) -> Stack:
    """A deployment with generation."""
    configure(
        monkeypatch,
        replicate_api_token="r8_a-token",
        replicate_webhook_secret=WEBHOOK_SECRET,
        replicate_base_url=provider.url,
        replicate_output_origins=(provider.url,),
        allow_private_output=True,
        generated_max_bytes=20 * 1024 * 1024,
        ingest_queue_url=queue_url,
    )
    return Stack(provider, clock, dynamodb, s3, sqs, queue_url)


@pytest.fixture
def calls(stack: Stack) -> Iterator[AwsCalls]:  # noqa: ARG001  it makes the clients
    """The functions' calls of AWS."""
    watched = AwsCalls()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.s3_for_large_files(), aws.sqs()):
        yield watched


@pytest.fixture
def image_url(stack: Stack, alice: Caller) -> str:  # noqa: ARG001  it completes the account
    """One of alice's assets."""
    response = alice.upload("image.jpg", media.jpeg())
    assert response.status == 201, json.dumps(response.body)
    return str(response.json()["url"])
