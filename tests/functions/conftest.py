"""AWS in this process (moto), the functions' settings, and clients that call functions as API Gateway does."""

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger
from botocore.client import BaseClient
from botocore.session import Session

from asset_api import composition
from asset_api.assets import asset, tombstones
from asset_api.jobs import job, jobs
from asset_api.platform import aws, settings
from asset_api.platform.settings import Settings
from asset_api.publishing import changing, upkeep
from tests.functions import aws_account as account
from tests.functions.aws_account import REGION
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.gateway import ORIGIN_SECRET, SECRET, Caller
from tests.functions.logs import CurrentStandardOutput, Logged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

SETTINGS = Settings(
    region=REGION,
    endpoint_url="",
    assets_table="assets",
    requests_table="requests",
    incoming_bucket="incoming",
    incoming_bucket_domain=f"incoming.s3.{REGION}.amazonaws.com",
    assets_bucket="assets",
    asset_id_salt="a-salt-of-this-stack",
    url_signing_keys=("K" * 43, "O" * 43, "n" * 43),
    origin_secret_hashes=(hashlib.sha256(ORIGIN_SECRET.encode()).hexdigest(),),
    jwt_secrets=(SECRET,),
    jwt_jwks_url="",
    jwt_issuer="",
    jwt_audience="",
    remove_personal_metadata=True,
    cdn_lifetime_seconds=31536000,
    distribution_id="",
)


@pytest.fixture(scope="session", autouse=True)
def aws_session() -> Iterator[Session]:
    """The functions' clients, created once, because that takes longer than most tests. moto serves all clients."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing-session-token",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }.items():
            environment.setenv(name, value)
        clients = (aws.session, aws.dynamodb, aws.s3, aws.s3_for_large_files, aws.sqs, aws.cloudfront, aws.eventbridge)
        for made in clients:
            made.cache_clear()
        yield aws.session()
        for made in clients:
            made.cache_clear()


# Modules, not names: a module imported only now would copy the patched name.
ONE_SHARD = (
    (job, "SHARDS", ("0",)),
    (jobs, "SHARDS", ("0",)),
    (asset, "EXPIRY_SHARDS", ("expiry#0",)),
    (upkeep, "EXPIRY_SHARDS", ("expiry#0",)),
    (changing, "SHARDS", ("change#0",)),
    (tombstones, "SHARDS", ("tombstone#0",)),
)


@pytest.fixture(autouse=True)
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep all due work in one shard: most calls would be queries of empty ones.

    Tests of the number of queries override this fixture to use all shards.
    """
    for module, name, only_one in ONE_SHARD:
        monkeypatch.setattr(module, name, only_one)


@pytest.fixture(scope="session")
def s3(aws_session: Session) -> "S3Client":
    """A client for the tests, whose calls are not counted."""
    return cast("S3Client", aws_session.create_client("s3"))


@pytest.fixture(scope="session")
def dynamodb(aws_session: Session) -> "DynamoDBClient":
    return cast("DynamoDBClient", aws_session.create_client("dynamodb"))


@pytest.fixture(scope="session")
def sqs(aws_session: Session) -> "SQSClient":
    return cast("SQSClient", aws_session.create_client("sqs"))


@pytest.fixture(scope="session")
def queue_url(dynamodb: "DynamoDBClient", s3: "S3Client", sqs: "SQSClient") -> str:
    """Create the account, and return its queue."""
    account.stub_botocore(enabled=True)
    try:
        return account.create(dynamodb, s3, sqs)
    finally:
        account.stub_botocore(enabled=False)


@pytest.fixture(autouse=True)
def aws_account(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001  it creates everything
    """An empty account with the stack's tables, buckets and queue."""
    account.stub_botocore(enabled=True)
    configure(monkeypatch)
    yield
    account.empty()
    account.stub_botocore(enabled=False)
    composition.reset()


def configure(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Run the functions with these settings from here on."""
    configured = SETTINGS._replace(**changes)  # type: ignore[arg-type]  # the names are checked by the call itself
    composition.reset()
    monkeypatch.setattr(settings, "current", lambda: configured)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    """The functions' calls of AWS."""
    watched = AwsCalls()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.cloudfront()):
        yield watched


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The functions' clock, which stands still until a test advances it."""
    clock = Clock(datetime.now(UTC))
    composition.reset()
    monkeypatch.setattr(composition, "now", clock)
    return clock


@pytest.fixture
def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serialize calls in tests with threads: moto's conditional writes are not atomic. Their order stays open."""
    lock = threading.Lock()
    call = cast(Any, BaseClient)._make_api_call

    def call_alone(client: BaseClient, operation: str, parameters: Mapping[str, object]) -> Any:
        with lock:
            return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call_alone)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Logged:
    """Log lines of the functions in this test."""
    # Loggers keep the standard output of their creation.
    for handler in logging.getLogger(Logger().service).handlers:
        monkeypatch.setattr(handler, "stream", CurrentStandardOutput())
    return Logged(capsys)


@pytest.fixture
def alice() -> Caller:
    return Caller("alice")


@pytest.fixture
def bob() -> Caller:
    return Caller("bob")


@pytest.fixture
def anonymous() -> Caller:
    return Caller(None)
