"""HTTP for every function behind API Gateway: routes, the host that the client sees, and rendered errors."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import botocore.exceptions
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from asset_api.platform import aws, aws_errors, errors, remaining_time, settings
from asset_api.platform.errors import ApiError

HEALTH_PATH = "/api/v2/health"
# No function has a route for it.
_UNROUTED_PATH = "/"
PROBLEM_TYPE_PREFIX = "urn:asset-upload-api:problem:"
# A response belongs to one caller: no cache may keep it.
_NO_STORE = {"Cache-Control": "no-store"}
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")
# Hosts without a certificate: this machine, IP addresses, and names in a local network. Only the local stack has such a
# host, and it serves plain HTTP.
_PLAIN_HTTP_HOST = re.compile(
    r"(\[[0-9A-Fa-f:]+\]|[0-9]+(\.[0-9]+){3}|[A-Za-z0-9-]+|[A-Za-z0-9.-]+\.(localhost|local|internal))(:[0-9]+)?",
    re.IGNORECASE,
)
_CONNECTION_ERRORS = (
    botocore.exceptions.HTTPClientError,
    botocore.exceptions.ConnectionError,
    botocore.exceptions.IncompleteReadError,
    aws.OutOfTimeError,
)

logger = Logger()

JsonResponse: TypeAlias = Response[str]


def problem(error: ApiError, request_id: str) -> dict[str, Any]:
    """Return the body of an error (RFC 9457)."""
    return {
        "type": PROBLEM_TYPE_PREFIX + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
    }


def json_response(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JsonResponse:
    """Build a JSON response that no cache stores."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers={**_NO_STORE, **(headers or {})},
    )


def is_multipart(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


def as_api_error(error: Exception) -> ApiError:
    """Map an exception to the client's error: itself, a 503 if AWS failed and a retry may work, otherwise a 500."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, botocore.exceptions.ClientError) and aws_errors.may_succeed_later(error):
        return errors.temporarily_unavailable("AWS")
    if isinstance(error, _CONNECTION_ERRORS):
        return errors.temporarily_unavailable("AWS")
    return errors.internal_server_error()


def _is_from_cloudfront(headers: Mapping[str, str]) -> bool:
    """Tell whether a request has the secret that CloudFront adds. Without it, any header may be forged, because API
    Gateway's own host is public."""
    # API Gateway sends names in lower case, `sam local start-api` in title case.
    secret = headers.get("x-origin-secret") or headers.get("X-Origin-Secret", "")
    hashed = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    return hashed in settings.current().origin_secret_hashes


class HttpApi(APIGatewayHttpResolver):
    """Routes of one function. Handlers raise errors of `errors`; every exception becomes a response of the contract."""

    def __init__(self) -> None:
        super().__init__()
        self.exception_handler(Exception)(self._render)
        self.not_found(lambda _: self._render(errors.not_found()))

    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """Respond to one request before Lambda ends the invocation. Log lines have its id and CloudFront's request
        id."""
        logger.set_correlation_id(event["requestContext"]["requestId"])
        logger.append_keys(edge_request_id=event["headers"].get("x-amz-cf-id"))
        if event["rawPath"] != HEALTH_PATH and not _is_from_cloudfront(event["headers"]):
            logger.warning("request did not come through CloudFront")
            event = {**event, "rawPath": _UNROUTED_PATH}
        with remaining_time.of(context):
            return super().resolve(event, context)

    @property
    def request_id(self) -> str:
        return str(self.current_event.request_context.request_id)

    @property
    def base_url(self) -> str:
        """Scheme and host as the client sees them. The edge function sends the host, because CloudFormation cannot pass
        it to a function that CloudFront depends on."""
        host = self.header("x-viewer-host") or ""
        if not _HOST.fullmatch(host):
            host = str(self.current_event.request_context.domain_name)
        return f"{'http' if _PLAIN_HTTP_HOST.fullmatch(host) else 'https'}://{host}"

    @property
    def body(self) -> bytes:
        """The request's bytes, empty if it has none."""
        text = self.current_event.body or ""
        return base64.b64decode(text) if self.current_event.is_base64_encoded else text.encode("utf-8", "surrogatepass")

    def header(self, name: str) -> str | None:
        """Return a header of the request; API Gateway makes every name lower-case."""
        value: str | None = self.current_event.headers.get(name)
        return value

    def _render(self, error: Exception) -> JsonResponse:
        # Imported late, because most functions count nothing else, and most responses are not errors.
        from asset_api.platform import metrics

        api_error = as_api_error(error)
        # The failure of a publication is logged once (`Publisher.find_failure`), not for each request about it.
        if api_error.status >= 500 and api_error.slug != errors.PUBLICATION_FAILED:
            logger.error(api_error.slug, exc_info=error)
        metrics.refused(api_error)
        return Response(
            status_code=api_error.status,
            content_type="application/problem+json",
            body=json.dumps(problem(api_error, self.request_id), ensure_ascii=False),
            headers={**_NO_STORE, **api_error.headers},
        )
