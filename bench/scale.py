"""`python -m bench.scale`: lists and writes of an owner with a million assets, among ten thousand other owners.

Runs on dynalite, a DynamoDB emulator on LevelDB, so only the ratios within a round are meaningful, not the times.
"""

import argparse
import itertools
import json
import math
import os
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from asset_api.assets import asset_ids, list_parameters
from asset_api.assets.asset import Asset
from asset_api.composition import assets
from asset_api.platform import aws, rate_limits, settings
from asset_api.platform.rate_limits import RateLimiter
from bench import dynalite_server, listing_requests, report
from bench.call_costs import Cost, Meter, Operation, median, ratio
from bench.environments import environment
from bench.sites import ROOT
from bench.stub_aws import REGISTER

DOCUMENT = ROOT / "docs/scale.md"
ASSETS, OWNERS, ASSETS_OF_EACH = 1_000_000, 10_000, 3
# The names have equal lengths, so that the responses have too.
HOARDER, STARTER = "hoarder", "starter"
PAGE = 50
DEPTHS = (1_000, 100_000, 500_000)
OFFSETS = (1_000, 100_000)
ROUNDS = 501
# A page by offset takes up to a second, so it is measured in only one round out of this many.
_ROUNDS_FOR_ONE_BY_OFFSET = 10
FIRST = "first"
_SECONDS_BETWEEN_ADMISSIONS = 7  # an owner may do ten things a minute


def first_page(hoard: Sequence[str]) -> Operation:
    return lambda _: _list(HOARDER, hoard[:PAGE])


def pages_by_cursor(ids: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Operation]:
    """Return lists through the handler. Each round requests the next page at each depth, and from the next owner."""
    hoard = ids[HOARDER]
    small_owners = [owner for owner in ids if owner != HOARDER]

    def after(skipped: int) -> None:
        cursor = list_parameters.encode_cursor(hoard[skipped - 1])
        _list(HOARDER, hoard[skipped : skipped + PAGE], cursor=cursor)

    def at_depth(depth: int) -> Operation:
        return lambda number: after(depth + PAGE * number)

    def of_a_small_owner(number: int) -> None:
        owner = small_owners[number % len(small_owners)]
        _list(owner, ids[owner])

    depths = [depth for depth in DEPTHS if depth + PAGE * (rounds + 1) <= len(hoard)]
    return {
        FIRST: first_page(hoard),
        **{f"by cursor, from {depth:,} on": at_depth(depth) for depth in depths},
        "by cursor, the last": lambda _: after(len(hoard) - PAGE),
        f"all {ASSETS_OF_EACH} of a small owner": of_a_small_owner,
    }


def pages_by_offset(hoard: Sequence[str]) -> dict[str, Operation]:
    def at(offset: int) -> Operation:
        return lambda _: _list(HOARDER, hoard[offset : offset + PAGE], offset=offset)

    offsets = [offset for offset in OFFSETS if offset < len(hoard)]
    return {FIRST: first_page(hoard), **{f"by offset {offset:,}": at(offset) for offset in offsets}}


def _list(owner: str, expected: Sequence[str], **query: str | int) -> None:
    """Request a page. Raises RuntimeError unless it holds the expected assets."""
    response = listing_requests.page(owner, limit=PAGE, **query)
    if response.status != 200 or [asset["asset_id"] for asset in json.loads(response.body)["assets"]] != list(expected):
        raise RuntimeError(f"not the requested page: {response.status} {response.body[:200]}")


def writes(owner: str) -> dict[str, Operation]:
    """Return the calls of a publication and a delete. dynalite lacks transactions, so their writes run separately."""
    current, dynamodb, catalog = settings.current(), aws.dynamodb(), assets.catalog()
    limiter = _limiter()
    # The rate limit's item after an earlier upload, because dynalite crashes if an attribute in `IN` is missing.
    register: dict[str, Any] = {"owner": {"S": owner}, "sk": {"S": rate_limits.UPLOADS.sort_key}, **REGISTER}
    dynamodb.put_item(TableName=current.requests_table, Item=register)
    stored: deque[Asset] = deque()

    def admit(number: int) -> None:
        limiter.admit(owner, f"{number}")

    def put(_: int) -> None:
        asset_id = asset_ids.mint(owner, salt=current.asset_id_salt, now=datetime.now(UTC))
        asset = Asset(owner, asset_id, "holiday.jpg", "image/jpeg", 2048576, "0" * 64, 4000, 3000)
        dynamodb.put_item(
            TableName=current.assets_table, Item=asset.to_item(), ConditionExpression="attribute_not_exists(sk)"
        )
        stored.append(asset)

    def delete(_: int) -> None:
        item = stored.popleft().to_item()
        key = {name: item[name] for name in ("owner", "sk")}
        dynamodb.delete_item(TableName=current.assets_table, Key=key, ConditionExpression="attribute_exists(sk)")

    # Two are enough for any order of operations: one to read and one to delete.
    put(0)
    put(0)
    unknown = asset_ids.mint(owner, salt=current.asset_id_salt, now=datetime.now(UTC))
    return {
        "limit: `UpdateItem`": admit,
        "`complete`: `BatchGetItem`": lambda _: catalog.find(owner, unknown),
        "publish: conditional `PutItem`": put,
        "metadata: `GetItem`": lambda _: catalog.get(owner, stored[0].asset_id),
        "delete: conditional `DeleteItem`": delete,
    }


def _limiter() -> RateLimiter:
    """Return a limiter whose clock advances far enough that every request is admitted."""
    now = datetime.now(UTC)
    times = (now + timedelta(seconds=_SECONDS_BETWEEN_ADMISSIONS * number) for number in itertools.count())
    table = settings.current().requests_table
    return RateLimiter(rate_limits.UPLOADS, rate_limits.DEFAULT_ADMISSIONS, aws.dynamodb(), table, lambda: next(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=ASSETS, help="number of assets of the one owner")
    parser.add_argument("--owners", type=int, default=OWNERS, help="number of other owners")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    counts = {HOARDER: options.assets} | {f"owner-{number}": ASSETS_OF_EACH for number in range(options.owners)}
    with dynalite_server.running() as url:
        os.environ.update(environment(url))
        dynamodb = aws.dynamodb()
        dynalite_server.create_tables(dynamodb, settings.current())
        began = time.monotonic()
        ids = dynalite_server.fill(dynamodb, settings.current(), counts)
        loaded = timedelta(seconds=round(time.monotonic() - began))
        meter = Meter(dynamodb)
        by_cursor = meter.measure(pages_by_cursor(ids, options.rounds), options.rounds)
        rounds_by_offset = math.ceil(options.rounds / _ROUNDS_FOR_ONE_BY_OFFSET)
        by_offset = meter.measure(pages_by_offset(ids[HOARDER]), rounds_by_offset)
        of_both = {(name, owner): call for owner in (HOARDER, STARTER) for name, call in writes(owner).items()}
        of_writes = meter.measure(of_both, options.rounds)
    provenance = (
        f"{report.provenance()}, dynalite {dynalite_server.version()}; one owner with {options.assets:,} assets and "
        f"{options.owners:,} with {ASSETS_OF_EACH} each, loaded in {loaded}; medians of {options.rounds} rounds, for "
        f"offsets {rounds_by_offset}."
    )
    text = f"{provenance}\n\n{_pages_table(by_cursor, by_offset)}\n\n{_writes_table(of_writes)}"
    print(text)
    if (options.assets, options.owners) == (ASSETS, OWNERS):
        report.replace("million", text, DOCUMENT)
    else:
        print(f"{DOCUMENT.name} is only written for {ASSETS:,} assets and {OWNERS:,} owners.", file=sys.stderr)


def _pages_table(by_cursor: Mapping[str, Sequence[Cost]], by_offset: Mapping[str, Sequence[Cost]]) -> str:
    """Compare each page with the first page of its own rounds."""
    lines = ["| page of 50 | request, ms | in DynamoDB, ms | bytes received | items read | read units |"]
    lines.append("|" + " --- |" * 6)
    rows = [(name, own, by_cursor[FIRST]) for name, own in by_cursor.items()]
    rows += [(name, own, by_offset[FIRST]) for name, own in by_offset.items() if name != FIRST]
    for name, own, first in rows:
        cells = (
            f"{median(own, figure) * scale:,{form}} ({ratio(own, first, figure):,.2f})"
            for figure, scale, form in (
                ("seconds", 1000, ".1f"),
                ("dynamodb_seconds", 1000, ".1f"),
                ("received_bytes", 1, ".0f"),
                ("items_read", 1, ".0f"),
                ("units", 1, ".0f"),
            )
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _writes_table(costs: Mapping[tuple[str, str], Sequence[Cost]]) -> str:
    lines = ["| call | owner of a million, ms | owner of two, ms | ratio | bytes received | units |"]
    lines.append("|" + " --- |" * 6)
    for name in dict.fromkeys(name for name, _ in costs):
        hoarder, starter = costs[name, HOARDER], costs[name, STARTER]
        times = (f"{median(of_owner, 'dynamodb_seconds') * 1000:.2f}" for of_owner in (hoarder, starter))
        both = (
            " and ".join(dict.fromkeys(f"{median(of_owner, figure):,.0f}" for of_owner in (hoarder, starter)))
            for figure in ("received_bytes", "units")
        )
        quotient = f"{ratio(hoarder, starter, 'dynamodb_seconds'):.2f}"
        lines.append(f"| {name} | {' | '.join((*times, quotient, *both))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
