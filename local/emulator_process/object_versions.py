"""Range requests for a version of an object. MiniStack 1.5.33 ignores the range and returns the whole version."""

from collections.abc import Mapping
from typing import Any

from ministack.services import s3

_get_object = s3._get_object


def _get_range(
    bucket: str, key: str, headers: Mapping[str, str], query: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Slice the response to a GET of a version; return every other response unchanged."""
    status, received, content = _get_object(bucket, key, headers, query)
    requested_range = headers.get("range", "")
    if status != 200 or not requested_range or "versionId" not in (query or {}):
        return status, received, content
    limits = s3._parse_range(requested_range, len(content))
    if limits is None:
        body = s3._xml_body(s3._range_error_xml(bucket, key))
        return 416, {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(content)}"}, body
    first, last = limits
    # The checksums are those of the whole version.
    kept = {name: value for name, value in received.items() if not name.lower().startswith("x-amz-checksum-")}
    of_range = {"Content-Length": str(last - first + 1), "Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return 206, {**kept, **of_range}, content[first : last + 1]


def install() -> None:
    """Have MiniStack's S3 serve ranges of versions."""
    s3._get_object = _get_range
