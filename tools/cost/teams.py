"""Monthly bills of three example teams, item by item, and the hosted services' list prices."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.cost import prices
from tools.cost.operations import OPERATIONS

MB_A_FILE = 2
VIEWS_AN_UPLOAD = 10
LISTS_AN_UPLOAD = 2
# In addition to the two thumbnails of every image.
RENDITIONS_AN_UPLOAD = 1
DELETED = 0.1
MONTHS_KEPT = 12
_ITEM_GB = 400e-9
# Custom metrics (one per dimension), and the metrics that the alarms of observability.yaml evaluate.
CUSTOM_METRICS, ALARM_METRICS = 15, 28
_MINUTES = 730 * 60
# Queues that Lambda polls even when idle: five pollers each, with long polls of 20 seconds (assumed).
POLLED_QUEUES = 2
_POLLS_A_MINUTE = 5 * 3
# Log lines of a `reconcile` run that finds nothing, in bytes.
_RECONCILE_LOG_BYTES = 800


@dataclass(frozen=True)
class Team:
    """An example team. `is_monitored` means that its stack has `Monitoring=true`."""

    name: str
    uploads: float
    is_monitored: bool = True

    @property
    def stored_gb(self) -> float:
        """Return the gigabytes stored at the end of a year."""
        return self.uploads * (1 - DELETED) * MB_A_FILE * MONTHS_KEPT / 1000

    @property
    def served_gb(self) -> float:
        return self.uploads * VIEWS_AN_UPLOAD * MB_A_FILE / 1000

    @property
    def bill(self) -> dict[str, float]:
        """Compute the bill of the twelfth month, in dollars."""
        views = self.uploads * VIEWS_AN_UPLOAD
        paths = self.uploads * DELETED
        each = {name: operation.dollars for name, operation in OPERATIONS.items()}
        return {
            "uploads": self.uploads
            * (each["form"] + each["complete"] + each["event, completed before"] + each["event"]),
            "lists": self.uploads * LISTS_AN_UPLOAD * each["list of 50"],
            "renditions": self.uploads * (each["new image"] + RENDITIONS_AN_UPLOAD * each["rendition"]),
            "deletes": paths * (each["delete"] + each["purge"] + each["last look"] + each["event"])
            + max(0.0, paths - prices.CDN_FREE_PATHS) * prices.CDN_PATH.dollars,
            "stored bytes": self.stored_gb * prices.S3_GB_MONTH.dollars,
            "table": self.uploads * (1 - DELETED) * MONTHS_KEPT * _ITEM_GB * prices.DYNAMODB_GB_MONTH.dollars,
            "served bytes": served_dollars(self.served_gb),
            "views": max(0.0, views - prices.CDN_FREE_REQUESTS) * prices.CDN_REQUEST.dollars
            + max(0.0, views - prices.CDN_FREE_FUNCTION_CALLS) * prices.CDN_FUNCTION.dollars,
            "standing": sum(standing_dollars().values()),
            "monitoring": sum(monitoring_dollars().values()) if self.is_monitored else 0.0,
        }


TEAMS = (
    Team("hobby: 1,000 uploads", 1e3, is_monitored=False),
    Team("100,000 uploads", 1e5),
    Team("50 million uploads", 5e7),
)


def served_dollars(gigabytes: float) -> float:
    """Compute CloudFront's price in North America and Europe, by tier."""
    dollars = below = 0.0
    for up_to, price in prices.CDN_TIERS:
        dollars += max(0.0, min(gigabytes, up_to) - below) * price
        below = up_to
    return dollars + max(0.0, gigabytes - below) * prices.CDN_LAST_TIER


def standing_dollars() -> dict[str, float]:
    """Compute the bill of a month without requests, by item."""
    polls = POLLED_QUEUES * _POLLS_A_MINUTE * _MINUTES
    # A run queries eight shards of the index for due jobs, four each for expired, changed and deleted assets, one for
    # leases.
    run = 21 * prices.READ_UNIT.dollars + prices.LAMBDA_REQUEST.dollars + 0.5 * 0.06 * prices.LAMBDA_GB_SECOND.dollars
    logs = _RECONCILE_LOG_BYTES / 1e9 * prices.LOG_GB.dollars
    return {
        f"Lambda's polling of {POLLED_QUEUES} empty queues": polls * prices.SQS_REQUEST.dollars,
        "`reconcile`, every minute": _MINUTES * (run + logs),
    }


def monitoring_dollars() -> dict[str, float]:
    """Compute the cost of `Monitoring` in a month with every metric present in every hour."""
    return {
        f"{CUSTOM_METRICS} custom metrics": CUSTOM_METRICS * prices.METRIC_MONTH.dollars,
        f"alarms on {ALARM_METRICS} metrics": ALARM_METRICS * prices.ALARM_MONTH.dollars,
        "the dashboard": prices.DASHBOARD_MONTH.dollars,
    }


def supabase_dollars(team: Team) -> float:
    """Compute the price of the Pro plan, which includes 100 GB stored and 250 GB served."""
    return 25 + max(0.0, team.stored_gb - 100) * 0.021 + max(0.0, team.served_gb - 250) * 0.09


def cloudinary_dollars(team: Team) -> float | None:
    """Return the price of the smallest sufficient plan, at one credit per GB stored or served, or None."""
    return _smallest_plan(((25, 0), (225, 99), (600, 249), (1350, 549)), team.stored_gb + team.served_gb)


def uploadcare_dollars(team: Team) -> float | None:
    """Compute the price of operations alone, three per upload; None beyond the listed plans."""
    operations = 3 * team.uploads
    if operations <= 1000:
        return 0
    return 66 + max(0.0, operations - 100_000) / 1000 * 0.50 if operations <= 1e6 else None


def _smallest_plan(plans: Sequence[tuple[float, float]], needed: float) -> float | None:
    return next((dollars for included, dollars in plans if needed <= included), None)
