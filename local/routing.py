"""Which origin answers a request: the decision of `edge/viewer-request.js`, for the front door.

A pure function of method, path and headers. `tests/edge/cases.json` holds both to the same answers.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from asset_api.media import file_types
from asset_api.platform import errors, http_api
from asset_api.uploads import direct

MULTIPART_ENVELOPE_BYTES = 64 * 1024  # boundaries and part headers around the file

_ASSET_PATH = re.compile(r"/api/v2/assets/[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_OPENAPI_PATH = "/api/v2/openapi.json"
_UPLOAD_PATH = "/api/v2/upload-asset"

_ASSET_HEADERS = frozenset(
    ("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "origin", "range")
)
_SITE_HEADERS = _ASSET_HEADERS | {"accept-encoding"}
# Of one connection only (RFC 9110, section 7.6.1): no proxy passes them on; CloudFront shows no function any.
HOP_BY_HOP_HEADERS = frozenset(
    (
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


@dataclass(frozen=True, slots=True)
class ToAssets:
    """A public read: ask the assets bucket for `path` with exactly these headers, and without a query."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ToSite:
    """A read of the web page: ask the site bucket for `path` with exactly these headers, without a query."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ToApi:
    """Send the request on as it came, query and body too, with these headers and the API's own Host."""

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer at once. The request's body need not be read."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def route(
    method: str, path: str, headers: Mapping[str, str], *, request_id: str = "local"
) -> ToAssets | ToSite | ToApi | Refuse:
    """Decides where a request goes. Raises nothing, whatever the client sent.

    `path` is the request line's, undecoded and without the query: decoding or normalizing it first would let
    odd paths through. Header names are taken in any case and returned in lower case; a name that a multidict
    holds more than once comes back as one line (RFC 9110, section 5.3).
    """
    received = _combined(headers)
    reads = method in ("GET", "HEAD")
    if reads and _ASSET_PATH.fullmatch(path):
        return ToAssets(path.lower(), _only(_ASSET_HEADERS, received))
    if reads and (path == _OPENAPI_PATH or not path.startswith("/api/")):
        return ToSite(path, _only(_SITE_HEADERS, received))
    if method == "POST" and path == _UPLOAD_PATH and _is_too_large_for_one_request(received):
        error = errors.direct_upload_too_large(direct.DIRECT_MAX_BYTES, file_types.MAX_BYTES)
        return _refusal(error, request_id)
    return ToApi(_for_the_api(received))


def _combined(headers: Mapping[str, str]) -> dict[str, str]:
    combined: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        combined[lower] = f"{combined[lower]}, {value}" if lower in combined else value
    return combined


def _only(names: Collection[str], received: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in received.items() if name in names}


def _for_the_api(received: Mapping[str, str]) -> dict[str, str]:
    dropped = HOP_BY_HOP_HEADERS | {"host", "x-forwarded-host"}
    forwarded = {name: value for name, value in received.items() if name not in dropped}
    if host := received.get("host"):
        forwarded["x-forwarded-host"] = host
    return forwarded


def _is_too_large_for_one_request(received: Mapping[str, str]) -> bool:
    content_type = received.get("content-type", "")
    length = received.get("content-length", "")
    return (
        re.match(r"multipart/form-data\s*(;|$)", content_type, re.IGNORECASE) is not None
        and re.fullmatch(r"[0-9]+", length) is not None
        # float: int() refuses more than some thousand digits
        and float(length) > direct.DIRECT_MAX_BYTES + MULTIPART_ENVELOPE_BYTES
    )


def _refusal(error: errors.ApiError, request_id: str) -> Refuse:
    headers = {
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
        "content-type": "application/problem+json",
    }
    return Refuse(error.status, json.dumps(http_api.problem(error, request_id)).encode(), headers)
