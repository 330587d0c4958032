"""Published prices, in dollars, for us-east-1, with their sources. No free tier unless stated.

AWS renders most prices in the browser. If the text could not be read, the source is a page that quotes AWS.
"""

from dataclasses import dataclass

NO_SOURCE = "from memory: no readable page states it"


@dataclass(frozen=True)
class Price:
    dollars: float
    unit: str
    source: str
    as_of: str


LAMBDA_GB_SECOND = Price(0.0000133334, "GB-second, arm64", "https://cloudchipr.com/blog/aws-lambda-pricing", "2024")
_SNAPSTART = "https://awsnegotiations.com/blog/lambda-snapstart-cost-impact/"
SNAPSHOT_GB_SECOND = Price(0.0000015046, "GB-second of a stored snapshot", _SNAPSTART, "2026-05")
SNAPSHOT_GB_RESTORED = Price(0.0001397998, "GB started from a snapshot", _SNAPSTART, "2026-05")
LAMBDA_REQUEST = Price(0.20 / 1e6, "request", "https://cloudchipr.com/blog/aws-lambda-pricing", "2024")
API_REQUEST = Price(1.00 / 1e6, "HTTP API request", "https://www.apigatewaycost.com/aws", "undated")
WRITE_UNIT = Price(
    0.625 / 1e6, "write unit", "https://airbyte.com/data-engineering-resources/dynamodb-pricing", "undated"
)
READ_UNIT = Price(
    0.125 / 1e6, "read unit", "https://airbyte.com/data-engineering-resources/dynamodb-pricing", "undated"
)
S3_PUT = Price(
    0.005 / 1e3,
    "PUT, POST or COPY",
    "https://devnotes.tech/understanding-aws-s3-pricing-a-complete-cost-breakdown-with-examples",
    "undated",
)
S3_GET = Price(0.0004 / 1e3, "GET or HEAD", S3_PUT.source, "undated")
S3_GB_MONTH = Price(0.023, "GB-month", S3_PUT.source, "undated")
SQS_REQUEST = Price(0.40 / 1e6, "SQS request", "https://cloudburn.io/blog/amazon-sqs-pricing", "2026-03-14")
# Sources disagree on whether events from S3 are free; this is the price of other events.
EVENT = Price(1.00 / 1e6, "event", "https://cloudburn.io/blog/amazon-eventbridge-pricing", "2026-03-13")
CDN_REQUEST = Price(
    0.0100 / 1e4,
    "HTTPS request",
    "https://kindatechnical.com/aws-certification-associate-developer/lesson-87-cloudfront-pricing.html",
    "undated",
)
CDN_FUNCTION = Price(0.10 / 1e6, "edge function call", "https://cur.vantage.sh/aws/amazoncloudfront/", "undated")
CDN_PATH = Price(
    0.005,
    "invalidated path, after 1,000 a month",
    "https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/cloudfront.html",
    "undated",
)
CDN_GB = Price(
    0.085,
    "GB served in North America and Europe, after 1 TB a month; less after 10 TB",
    "https://aws.amazon.com/cloudfront/pricing",
    "undated",
)
LOG_GB = Price(
    0.50,
    "GB of logs",
    "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/",
    "2026-06-13",
)
METRIC_MONTH = Price(0.30, "custom metric-month", "https://signoz.io/guides/cloudwatch-pricing", "2026-02-15")
DASHBOARD_MONTH = Price(3.00, "dashboard-month", LOG_GB.source, "2026-06-13")
ALARM_MONTH = Price(0.10, "metric-month of an alarm", NO_SOURCE, "")
DYNAMODB_GB_MONTH = Price(0.45, "GB-month of table, 0.25, and point-in-time recovery, 0.20", NO_SOURCE, "")

ALL = (
    LAMBDA_GB_SECOND, LAMBDA_REQUEST, SNAPSHOT_GB_SECOND, SNAPSHOT_GB_RESTORED, API_REQUEST, WRITE_UNIT,
    READ_UNIT, DYNAMODB_GB_MONTH, S3_PUT, S3_GET, S3_GB_MONTH, SQS_REQUEST, EVENT,
    CDN_REQUEST, CDN_FUNCTION, CDN_GB, CDN_PATH, LOG_GB, METRIC_MONTH,
    DASHBOARD_MONTH, ALARM_MONTH,
)  # fmt: skip

# (GB a month up to which it applies, dollars a GB): https://aws.amazon.com/cloudfront/pricing. The first TB is free.
CDN_TIERS = ((1e3, 0.0), (10e3, 0.085), (50e3, 0.080), (150e3, 0.060), (500e3, 0.040), (1024e3, 0.030), (5e6, 0.025))
CDN_LAST_TIER = 0.020
CDN_FREE_REQUESTS = 10e6
CDN_FREE_FUNCTION_CALLS = 2e6
CDN_FREE_PATHS = 1000
