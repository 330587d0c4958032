"""Metrics, as log lines in CloudWatch's embedded metric format: they need no call and no permission.

Every metric has the dimension `service`, the stack's name. Crashes and duplicate events make counts inexact: use them
for monitoring, never for billing. Without `Monitoring`, none is sent, because CloudWatch charges for each.
"""

from typing import Final

from asset_api.platform import settings
from asset_api.platform.errors import ApiError

NAMESPACE: Final = "AssetUploadApi"

# Errors that refuse a file, by their slugs.
_REFUSALS_OF_FILES = frozenset(
    {"checksum-mismatch", "direct-upload-too-large", "empty-file", "file-too-large", "invalid-file-type"}
)


def upload_admitted() -> None:
    """Count an issued form, or a file accepted directly."""
    _count("UploadsIssued")


def asset_published(size_bytes: int) -> None:
    """Count an asset and its bytes."""
    _count("AssetsPublished")
    _record("BytesPublished", size_bytes, "Bytes")


def refused(error: ApiError) -> None:
    """Count a refused file by reason, or a request over a limit; other errors are not counted."""
    if error.slug in _REFUSALS_OF_FILES:
        _count("UploadsRefused", reason=error.slug)
    elif error.status == 429:
        _count("LimitHits")


def job_ended(status: str, seconds: float) -> None:
    """Count a generation that ended as `status`, and its duration."""
    _count("JobsEnded", status=status)
    _record("JobDuration", seconds, "Seconds", status=status)


def _count(name: str, **dimensions: str) -> None:
    _record(name, 1, "Count", **dimensions)


def _record(name: str, value: float, unit: str, **dimensions: str) -> None:
    if not settings.current().emits_metrics:
        return
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)
