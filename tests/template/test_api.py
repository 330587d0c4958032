"""The API of template.yaml: its routes, their throttles, and pages of other origins."""

import re

import pytest

from tests.template.resources import BUCKETS, FUNCTIONS, RESOURCES, TEMPLATE, events


@pytest.mark.parametrize(
    ("route", "parameter"),
    [
        ("POST /api/v2/upload-asset", "Upload"),
        ("GET /api/v2/assets", "List"),
        ("GET /api/v2/jobs", "List"),
        ("DELETE /api/v2/assets/{asset_id}", "Delete"),
        ("GET /api/v2/assets/{asset_id}/{rendition}", "Rendition"),
        ("HEAD /api/v2/assets/{asset_id}/{rendition}", "Rendition"),
        ("GET /api/v2/assets/{asset_id}/frames/{rendition}", "Rendition"),
        ("HEAD /api/v2/assets/{asset_id}/frames/{rendition}", "Rendition"),
        ("GET /api/v2/health", "Public"),
        ("$default", "Public"),
    ],
)
def test_every_route_has_its_own_throttle(route: str, parameter: str) -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["RouteSettings"][route]
    names = {limit: f"{parameter}Throttling{limit}Limit" for limit in ("Rate", "Burst")}
    assert settings == {f"Throttling{limit}Limit": {"Ref": name} for limit, name in names.items()}
    assert TEMPLATE["Parameters"][names["Rate"]]["Default"] < TEMPLATE["Parameters"]["ThrottlingRateLimit"]["Default"]


def test_every_throttled_route_exists() -> None:
    """API Gateway would refuse the deployment."""
    routes = {
        f"{event['Method']} {event['Path']}" if "Path" in event else "$default"
        for name in FUNCTIONS
        for event in events(name, "HttpApi")
    }
    assert RESOURCES["HttpApi"]["Properties"]["RouteSettings"].keys() <= routes


def test_browsers_can_read_the_headers_that_uppy_needs() -> None:
    (rule,) = BUCKETS["IncomingBucket"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["POST", "PUT"]
    assert set(rule["ExposedHeaders"]) == {"ETag", "Location"}


def test_pages_of_other_origins_may_use_the_whole_api() -> None:
    policy = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    # Otherwise these headers for public reads would replace the API's own on asset paths.
    assert policy["OriginOverride"] is False
    _, cors, same = RESOURCES["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert cors == same
    assert cors["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "CorsAllowOrigin"}]}
    used = {event["Method"].upper() for name in FUNCTIONS for event in events(name, "HttpApi") if "Method" in event}
    assert set(cors["AllowMethods"]) >= used
    assert set(cors["AllowHeaders"]) >= {"authorization", "content-type", "idempotency-key"}


@pytest.mark.parametrize(
    ("origins", "is_allowed"),
    [
        ("*", True),
        ("https://app.example.com", True),
        ("https://app.example.com,http://localhost:5173", True),
        ("https://app.example.com, https://b.example.com", False),
        ("https://app.example.com/", False),
        ("app.example.com", False),
        ("*,https://app.example.com", False),
        ("", False),
    ],
)
def test_origins_are_a_list_that_api_gateway_accepts(origins: str, is_allowed: bool) -> None:
    pattern = TEMPLATE["Parameters"]["CorsAllowOrigin"]["AllowedPattern"]
    assert (re.fullmatch(pattern, origins) is not None) == is_allowed


def test_the_api_has_the_routes_of_the_contract() -> None:
    routes = {
        f"{event.get('Method', 'ANY')} {event.get('Path', '*')}"
        for name in FUNCTIONS
        for event in events(name, "HttpApi")
    }
    assert routes >= {
        "POST /api/v2/upload-asset",
        "POST /api/v2/assets/{asset_id}/complete",
        "GET /api/v2/assets",
        "GET /api/v2/assets/{asset_id}/metadata",
        "GET /api/v2/health",
        "DELETE /api/v2/assets/{asset_id}",
        "ANY *",
    }
