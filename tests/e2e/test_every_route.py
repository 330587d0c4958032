"""Every method on every path, through the front door and at the distribution itself.

The distribution runs the edge function and has CloudFront's behaviors, so these responses are what a viewer gets on
AWS, as far as the emulator knows. The front door must add nothing of its own.
"""

import itertools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import pytest

from local import internal_headers
from local.emulator_process import settings
from local.stack import NAME
from tests import media
from tests.e2e.client import Caller
from tests.e2e.emulated_aws import client
from tests.e2e.local_stack import LocalStack
from tests.e2e.processes import descendants, environment_of

CLOUDFRONT_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
METHODS = (*CLOUDFRONT_METHODS, "TRACE", "PROPFIND")
READS = ("GET", "HEAD")
MISSING = "0199d1a0-7c3b-7def-8a12-0123456789ab"
ORIGIN = "https://app.example"
# `{live}` is an asset.
ASSETS = ("/api/v2/assets/{live}", "/api/v2/assets/{LIVE}")
BYTES = (*ASSETS, "/api/v2/assets/{live}/w320.webp")
PAGES = ("/", "/index.html", "/page/main.js", "/client/index.js", "/api/v2/openapi.json")
ROUTES: Mapping[str, str] = {
    "/api/v2/health": "GET",
    "/api/v2/upload-asset": "POST",
    "/api/v2/assets": "GET",
    "/api/v2/assets/{live}/metadata": "GET",
    "/api/v2/assets/{live}/complete": "POST",
    "/api/v2/assets/delete": "POST",
    "/api/v2/assets/import": "POST",
    "/api/v2/owner": "DELETE",
    "/api/v2/uploads": "POST",
    f"/api/v2/uploads/{MISSING}/parts": "POST",
    f"/api/v2/uploads/{MISSING}/complete": "POST",
    "/api/v2/usage": "GET",
    "/api/v2/jobs": "GET",
    f"/api/v2/jobs/{MISSING}": "GET",
    f"/api/v2/jobs/{MISSING}/cancel": "POST",
    "/api/v2/generate": "POST",
    "/api/v2/webhooks/replicate": "POST",
}
NOTHING = (
    f"/api/v2/assets/{MISSING}",
    "/api/v2/assets/{live}/",
    "/api/v2/assets/{live}/w321.webp",
    "/api/v2/assets/{live}/metadata/x",
    "/api/v2/assets/{live}/../../../x",
    "/api/v2/assets/not-an-id",
    "/api/v2/assets/%2e%2e/openapi.json",
    "/api",
    "/api/",
    "/api/v2",
    "/api/v3/assets",
    "/api//v2/health",
    "/nothing",
    "/wp-admin/setup-config.php",
    f"/{'x' * 1500}",
    # MiniStack's own paths, and those by which it recognizes services.
    "/_ministack/health",
    "/_ministack/reset",
    "/_ministack/config",
    "/_localstack/health",
    "/_aws/execute-api/x/y",
    "/restapis/x/y/_user_request_/z",
    "/2015-03-31/functions",
    "/iceberg/v1/config",
    "/v2/",
    "/v2/email/identities",
    "/v20180820/configuration",
    "/Execute",
    "/WriteGetObjectResponse",
    "/oauth2/token",
    "/.well-known/openid-configuration",
)
# The edge refuses reads of paths that are not in normal form. Dots never reach it, because viewers resolve them.
ENCODED, RESOLVED = "/%61pi/v2/health", "/x/../api/v2/health"
PATHS = (*BYTES, *PAGES, *ROUTES, *NOTHING, ENCODED, RESOLVED)
# Parts that differ in every response.
CHANGING = re.compile(r'"request_id": ?"[^"]*"|Request ID: \S+')
COMPARED = re.compile(r"content-type|cache-control|access-control-.*|x-cache|content-security-policy|allow|www-.*")


@dataclass(frozen=True)
class Reached:
    """A destination for requests, and the headers to send."""

    http: httpx.Client
    headers: Mapping[str, str]

    def request(self, method: str, target: str, **more: str) -> httpx.Response:
        # Built by hand: httpx would resolve dots.
        url = self.http.base_url.copy_with(raw_path=target.encode())
        return self.http.send(httpx.Request(method, url, headers={**self.headers, **more}))


@pytest.fixture(scope="module")
def front_door(stack: LocalStack) -> Iterator[Reached]:
    with httpx.Client(base_url=stack.url, timeout=120) as http:
        yield Reached(http, {"Origin": ORIGIN})


@pytest.fixture(scope="module")
def distribution(stack: LocalStack) -> Iterator[Reached]:
    """The distribution itself, with the key of this run's front door."""
    if sys.platform != "linux":
        pytest.skip("the front door's key is read from /proc")
    outputs = client(stack, "cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]["Outputs"]
    (host,) = (each["OutputValue"] for each in outputs if each["OutputKey"] == "DistributionDomainName")
    with httpx.Client(base_url=stack.emulator_url, timeout=120) as http:
        yield Reached(
            http,
            {
                "Host": host,
                "Origin": ORIGIN,
                internal_headers.KEY: front_door_key(stack),
                internal_headers.VIEWER_HOST: stack.url.removeprefix("http://"),
            },
        )


def front_door_key(stack: LocalStack) -> str:
    assert stack.process is not None
    for pid in descendants(stack.process.pid):
        lines = environment_of(pid).decode().split("\0")
        given = dict(line.split("=", 1) for line in lines if "=" in line)
        if settings.VARIABLE in given:
            return settings.Settings.pop_from_environment(given).front_door_key
    raise AssertionError("no process has the front door's key")


@pytest.fixture(scope="module")
def live(stack: LocalStack, http: httpx.Client) -> str:
    token = stack.token("every-route")
    asset_id = str(Caller(http, token).upload("image.png", media.png()).json()["asset_id"])
    # The function serves the first request for a rendition, and the bucket all later ones.
    assert http.get(f"/api/v2/assets/{asset_id}/w320.webp").status_code == 200
    return asset_id


def target_of(path: str, live: str) -> str:
    return path.replace("{live}", live).replace("{LIVE}", live.upper())


def same_each_time(response: httpx.Response) -> tuple[int, dict[str, str], bytes | str]:
    headers = {name: value for name, value in response.headers.items() if COMPARED.fullmatch(name)}
    try:
        return response.status_code, headers, CHANGING.sub("", response.text)
    except UnicodeDecodeError:
        return response.status_code, headers, response.content


def test_the_front_door_responds_like_the_distribution(front_door: Reached, distribution: Reached, live: str) -> None:
    requests = list(itertools.product(METHODS, PATHS))
    differing = {}
    for method, path in requests:
        target = target_of(path, live)
        here = same_each_time(front_door.request(method, target))
        there = same_each_time(distribution.request(method, target))
        if here != there:
            differing[f"{method} {path}"] = (here, there)
    assert differing == {}
    assert len(requests) == len(METHODS) * len(PATHS) > 500


def expected_statuses(method: str, path: str) -> set[int]:
    """Return the statuses that a viewer without a token may get."""
    if method in READS and path in (*BYTES, *PAGES):
        return {200}
    if method == "GET" and path in ("/api/v2/health", RESOLVED):
        return {200}
    if method == ROUTES.get(path):
        return {401}
    # API Gateway accepts any text as an id.
    ids = (*ASSETS, *(f"/api/v2/assets/{each}" for each in (MISSING, "not-an-id", "delete", "import")))
    if method in ("DELETE", "PATCH") and path in ids:
        return {401}
    return {404}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_each_method_gets_the_status_in_the_contract(path: str, front_door: Reached, live: str) -> None:
    for method in CLOUDFRONT_METHODS:
        response = front_door.request(method, target_of(path, live))
        # Only the distribution responds.
        assert "cloudfront" in response.headers["Via"].lower(), method
        if method == "OPTIONS":
            continue
        assert response.status_code in expected_statuses(method, path), method
        if response.status_code != 200:
            assert response.headers["Content-Type"].startswith("application/problem+json")
            assert method == "HEAD" or isinstance(json.loads(response.content)["detail"], str)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in CLOUDFRONT_METHODS])
def test_cloudfront_refuses_unknown_methods(method: str, front_door: Reached) -> None:
    response = front_door.request(method, "/api/v2/health")
    assert response.status_code == 403
    assert response.headers["X-Cache"] == "Error from cloudfront"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *ROUTES.items(),
        ("/api/v2/assets/{live}", "DELETE"),
        ("/api/v2/assets/{live}", "PATCH"),
        ("/api/v2/assets/{live}/signed-url", "POST"),
        ("/api/v2/assets/delete", "POST"),
    ],
)
def test_preflights_allow_every_route_to_other_origins(path: str, method: str, front_door: Reached, live: str) -> None:
    preflight = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    response = front_door.request("OPTIONS", target_of(path, live), **preflight)
    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert method in re.split(r",\s*", response.headers["Access-Control-Allow-Methods"])
    allowed = re.split(r",\s*", response.headers["Access-Control-Allow-Headers"].lower())
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)


def test_every_origin_may_read_public_bytes(front_door: Reached, live: str) -> None:
    response = front_door.request("GET", f"/api/v2/assets/{live}")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    missing = front_door.request("GET", f"/api/v2/assets/{MISSING}")
    assert (missing.status_code, missing.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert missing.json()["detail"] == "Asset not found"


def test_viewers_cannot_reset_the_emulator(front_door: Reached, live: str) -> None:
    for method in CLOUDFRONT_METHODS:
        front_door.request(method, "/_ministack/reset?init=1")
    assert front_door.request("GET", f"/api/v2/assets/{live}").status_code == 200
