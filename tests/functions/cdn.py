"""CloudFront in front of the functions, without a cache: the edge function itself, then the bucket, then the API."""

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.edge_function import EdgeFunction
from tests.edge.runtimes import deployed
from tests.functions.gateway import Caller
from tests.functions.renditions.viewer import Response, request

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@cache
def _edge() -> EdgeFunction:
    return EdgeFunction(deployed())


def view(s3: "S3Client", url: str, method: str = "GET") -> Response:
    """Serve a viewer's request for an asset or a rendition. Bytes from S3 have S3's headers."""
    parts = urlsplit(url)
    query = [parameter.partition("=") for parameter in parts.query.split("&") if parameter]
    request_event = {
        "method": method,
        "uri": parts.path,
        "querystring": {name: {"value": value} for name, _, value in query},
        "headers": {},
        "cookies": {},
    }
    outcome = _edge().run({"version": "1.0", "context": {"requestId": "r"}, "request": request_event})
    if outcome.is_response:
        return Response(outcome.value["statusCode"], {}, outcome.value["body"]["data"].encode())
    sent, key = outcome.value, outcome.value["uri"].removeprefix("/")
    headers = {name: header["value"] for name, header in sent["headers"].items()}
    if outcome.origins != ["api"]:
        found = s3.list_objects_v2(Bucket="assets", Prefix=key)
        if key in [each["Key"] for each in found.get("Contents", ())]:
            stored = s3.get_object(Bucket="assets", Key=key)
            served = {name.lower(): value for name, value in stored["ResponseMetadata"]["HTTPHeaders"].items()}
            return Response(200, served, stored["Body"].read())
    if key.count("/") == 3:  # an asset's bytes match no route but API Gateway's $default
        response = Caller(None).request(method, sent["uri"], headers=headers)
        return Response(response.status, response.headers, response.body.encode())
    return request(method, sent["uri"], headers)
