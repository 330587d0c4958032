"""Imports make the calls by which docs/cost.md prices them."""

from collections.abc import Iterator

import pytest

from asset_api.platform import aws
from tests import media
from tests.fake_replicate import File
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.imports.conftest import Importer
from tools.cost.operations import OPERATIONS


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.s3_for_large_files(), aws.sqs()):
        yield watched


def calls(traffic: AwsTraffic) -> list[tuple[str, int]]:
    """Return the calls since the last time, with the number of items that DynamoDB calls touch."""
    counted = ("GetItem", "UpdateItem", "TransactWriteItems")
    made = [(each.operation, each.items_named if each.operation in counted else 0) for each in traffic.exchanges]
    traffic.forget()
    return made


def test_an_import_makes_the_priced_calls(importer: Importer, traffic: AwsTraffic) -> None:
    importer.begin(File(media.jpeg()))
    assert calls(traffic) == [(call.name, call.items) for call in OPERATIONS["import"].calls]
    importer.stack.deliver()
    received = [each for each in calls(traffic) if each[0] not in ("ReceiveMessage", "DeleteMessage")]
    assert received == [(call.name, call.items) for call in OPERATIONS["import, its file"].calls]
