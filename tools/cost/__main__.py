"""`python -m tools.cost` writes `docs/cost.md`; `--check` exits with 1 if it is out of date."""

import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.cost import prices
from tools.cost.abuse import abuses
from tools.cost.operations import COLD_STARTS, OPERATIONS, VCPU_MB, admission_write_units
from tools.cost.teams import (
    TEAMS,
    cloudinary_dollars,
    monitoring_dollars,
    standing_dollars,
    supabase_dollars,
    uploadcare_dollars,
)

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs/cost.md"
TEXT = Path(__file__).parent / "cost.md"
_SECONDS_A_MONTH = 365 / 12 * 24 * 3600
_MEMORY_SIZES = (128, 256, 512, 1024, 1769)


def page() -> str:
    """Return cost.md with its tables filled in."""
    text = TEXT.read_text(encoding="utf-8")
    for name, table in (
        ("operations", _operations()),
        ("memory", _memory()),
        ("snapshots", _snapshots()),
        ("standing", _standing()),
        ("teams", _teams()),
        ("abuse", _abuse()),
        ("admissions", _admissions()),
        ("hosted", _hosted()),
        ("million_renditions", f"{1e6 * OPERATIONS['rendition'].dollars:.2f}"),
        ("million_new_images", f"{1e6 * OPERATIONS['new image'].dollars:.2f}"),
        ("limits", _limits()),
        ("prices", _prices()),
    ):
        text = text.replace(f"{{{{{name}}}}}", table)
    return text


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _operations() -> str:
    def row(name: str) -> list[str]:
        operation = OPERATIONS[name]
        calls = ", ".join(call.name for call in operation.calls)
        compute = operation.compute_dollars(operation.memory_mb)
        on_aws = sum(call.dollars for call in operation.calls)
        rest = operation.dollars - compute - on_aws
        return [name, calls, *(f"{part * 1e6:.2f}" for part in (compute, on_aws, rest, operation.dollars))]

    headings = ("Operation", "Calls", "Lambda", "Calls", "The rest", "Dollars a million")
    return _table(headings, map(row, OPERATIONS))


def _memory() -> str:
    def row(name: str) -> list[str]:
        operation = OPERATIONS[name]
        cells = (
            f"{operation.duration_ms(size):.0f} ms, {operation.compute_dollars(size) * 1e6:.2f}"
            for size in _MEMORY_SIZES
        )
        return [f"{name} ({operation.function}, {operation.memory_mb} MB)", *cells]

    return _table(("Operation", *(f"{size} MB" for size in _MEMORY_SIZES)), map(row, OPERATIONS))


def _snapshots() -> str:
    def row(function: str, memory_mb: int, cpu_ms: float) -> list[str]:
        gigabytes = memory_mb / 1024
        seconds = cpu_ms / 1000 / min(1.0, memory_mb / VCPU_MB)
        return [
            f"{function}, {memory_mb} MB",
            f"{seconds:.2f} s, {gigabytes * seconds * prices.LAMBDA_GB_SECOND.dollars * 1e6:.2f}",
            f"{gigabytes * prices.SNAPSHOT_GB_RESTORED.dollars * 1e6:.2f}",
            f"{gigabytes * prices.SNAPSHOT_GB_SECOND.dollars * _SECONDS_A_MONTH:.2f}",
        ]

    headings = ("Function", "Importing, dollars a million", "A snapshot, dollars a million", "Kept, dollars a month")
    return _table(headings, (row(*cold) for cold in COLD_STARTS))


def _standing() -> str:
    def rows(items: Mapping[str, float], total: str) -> list[list[str]]:
        each = [[name, _dollars(dollars)] for name, dollars in items.items()]
        return [*each, [f"**{total}**", f"**{_dollars(sum(items.values()))}**"]]

    return _table(
        ("Without any request", "Dollars a month"),
        [*rows(standing_dollars(), "always"), *rows(monitoring_dollars(), "only with Monitoring=true")],
    )


def _teams() -> str:
    items = list(TEAMS[0].bill)
    rows = [[item, *(_dollars(team.bill[item]) for team in TEAMS)] for item in items]
    rows.append(["**all**", *(f"**{_dollars(sum(team.bill.values()))}**" for team in TEAMS)])
    return _table(("Dollars a month", *(team.name for team in TEAMS)), rows)


def _abuse() -> str:
    rows = ([abuse.name, abuse.bound, _dollars(abuse.dollars)] for abuse in abuses())
    return _table(("By one caller", "Held by", "Dollars a day"), rows)


def _admissions() -> str:
    def row(limit: int) -> list[str]:
        units = admission_write_units(limit)
        return [f"{limit:,}", f"{units}", f"{units * prices.WRITE_UNIT.dollars * 1e6:.2f}"]

    return _table(("Limit in 60 seconds", "Write units", "Dollars a million"), map(row, (10, 50, 100, 500, 1000)))


def _hosted() -> str:
    hosted = {
        "this service": lambda team: sum(team.bill.values()),
        "Supabase Pro": supabase_dollars,
        "Cloudinary": cloudinary_dollars,
        "Uploadcare, operations alone": uploadcare_dollars,
    }
    rows = [[name, *(_dollars(price(team)) for team in TEAMS)] for name, price in hosted.items()]
    return _table(("Dollars a month", *(team.name for team in TEAMS)), rows)


def _limits() -> str:
    """Compute the throughput limits from each upload's calls and the quotas named in cost.md."""
    invoked = [OPERATIONS[name] for name in ("form", "complete", "event, completed before")]
    seconds = sum(operation.duration_ms(operation.memory_mb) for operation in invoked) / 1000
    # The quota's name, the quota, and an upload's share of it.
    limits = (
        ("This stack's throttle: 500 requests a second", 500, 2.0),
        ("This stack's throttle: 100 forms a second", 100, 1.0),
        ("API Gateway: 10,000 requests a second", 10_000, 2.0),
        ("Lambda: 1,000 executions at a time", 1_000, seconds),
        ("DynamoDB, limits: a new table takes 4,000 write units a second", 4_000, 1.0),
        ("DynamoDB, assets: 4,000 write units a second", 4_000, 4.0),
        ("DynamoDB, assets: 12,000 read units a second", 12_000, 4.0),
        ("S3: 3,500 writes a second in a prefix", 3_500, 1.0),
        # 3,000 in progress, each for five minutes, if hardly any two are from the same 4.7 hours.
        ("CloudFront: 10 invalidated paths a second, with a tenth deleted", 10, 0.1),
    )
    rates = (10, 100, 10_000)

    def cell(needed: float, quota: float) -> str:
        text = f"{math.ceil(round(needed, 6)):,}"
        return f"**{text}**" if needed > quota else text

    rows = ([name, *(cell(rate * each, quota) for rate in rates)] for name, quota, each in limits)
    return _table(("Uploads a second", *(f"{rate:,}" for rate in rates)), rows)


def _prices() -> str:
    return _table(
        ("Dollars", "For a", "Read at", "As of"),
        ([f"{price.dollars:.10f}".rstrip("0").rstrip("."), price.unit, price.source, price.as_of or "-"]
         for price in prices.ALL),
    )  # fmt: skip


def _dollars(amount: float | None) -> str:
    return "not listed" if amount is None else f"{amount:,.2f}"


def main() -> int:
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page():
            return 0
        print("docs/cost.md is not up to date: python -m tools.cost", file=sys.stderr)
        return 1
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
