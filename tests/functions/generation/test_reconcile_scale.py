"""The cost of `reconcile` follows the jobs that are due, not all jobs ever run."""

from collections import Counter
from typing import Any

import pytest

from asset_api.assets import tombstones
from asset_api.assets.asset import EXPIRY_SHARDS
from asset_api.composition import jobs
from asset_api.jobs.job import SHARDS
from asset_api.platform import aws
from asset_api.publishing import changing
from functions.reconcile import app as reconcile
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller, Context
from tests.functions.generation.stack import MODEL, Stack, old_job

# One for each shard of the index, and one for abandoned renditions.
_QUERIES = ["Query"] * (len(SHARDS) + len(EXPIRY_SHARDS) + len(changing.SHARDS) + len(tombstones.SHARDS) + 1)


@pytest.fixture
def one_shard() -> None:
    """Use all shards, unlike other tests."""


def _run_and_end_jobs(count: int) -> None:
    for number in range(count):
        job = old_job("bob", number, input={})
        jobs.jobs().add(job, max_in_flight=100)
        jobs.jobs().end(job, "failed")


@pytest.mark.usefixtures("stack")
def test_every_shard_is_queried_once_per_run() -> None:
    queries = Counter[str]()

    def note(params: dict[str, Any], **_: object) -> None:
        queries.update(value["S"] for value in params["ExpressionAttributeValues"].values() if "S" in value)

    events = aws.dynamodb().meta.events
    events.register("provide-client-params.dynamodb.Query", note)
    try:
        reconcile.handler({}, Context())
    finally:
        events.unregister("provide-client-params.dynamodb.Query", note)
    shards = (*SHARDS, *EXPIRY_SHARDS, *changing.SHARDS, *tombstones.SHARDS)
    assert {shard: queries[shard] for shard in shards} == dict.fromkeys(shards, 1)


@pytest.mark.parametrize("ended", [0, 20])
def test_ended_jobs_cost_nothing(stack: Stack, calls: AwsCalls, alice: Caller, ended: int) -> None:
    _run_and_end_jobs(ended)
    alice.generate(prompt="a", model_id=MODEL)
    calls.resume()
    reconcile.handler({}, Context())
    assert calls.made == _QUERIES

    stack.clock.advance(300)
    calls.resume()
    reconcile.handler({}, Context())
    # For the one job: its item, the claim to check it, the time of the next check.
    assert sorted(calls.made) == ["GetItem", *_QUERIES, *["UpdateItem"] * 2]
