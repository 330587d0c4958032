"""The CloudFront distribution of template.yaml: its behaviors, caches, origins and headers."""

import json
import re

import pytest

from tests.template.cloudformation import ROOT
from tests.template.resources import BEHAVIORS, DISTRIBUTION, RESOURCES, TEMPLATE, logical_id, of_type


def test_owner_only_paths_precede_the_cached_path_below_them() -> None:
    order = list(BEHAVIORS)
    public = order.index("/api/v2/assets/*")
    assert order.index("/api/v2/assets/*/metadata") < public
    assert order.index("/api/v2/assets/*/complete") < public
    assert order[-1] == "/api/*"


@pytest.mark.parametrize("path", ["/api/v2/assets/*/metadata", "/api/v2/assets/*/complete", "/api/*"])
def test_api_responses_are_never_cached(path: str) -> None:
    assert BEHAVIORS[path]["TargetOriginId"] == "api"
    assert BEHAVIORS[path]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # Managed-CachingDisabled


def test_public_bytes_are_cached_by_path_only() -> None:
    assert BEHAVIORS["/api/v2/assets/*"]["TargetOriginId"] == "assets"
    assert BEHAVIORS["/api/v2/assets/*"]["CachePolicyId"] == {"Ref": "AssetsCachePolicy"}
    policy = RESOURCES["AssetsCachePolicy"]["Properties"]["CachePolicyConfig"]
    forwarded = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["CookiesConfig"] == {"CookieBehavior": "none"}
    assert forwarded["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert forwarded["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert (policy["MinTTL"], policy["MaxTTL"]) == (0, {"Fn::If": ["InvalidatesExactly", 31536000, 300]})


def test_private_bytes_are_cached_only_at_the_edge() -> None:
    """S3 stores no Cache-Control for them: the cache policy's default applies, and viewers get the headers policy's."""
    policy = RESOURCES["AssetsCachePolicy"]["Properties"]["CachePolicyConfig"]
    assert policy["DefaultTTL"] == {"Fn::If": ["InvalidatesExactly", 86400, 300]}
    headers = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]
    (header,) = (each for each in headers["Items"] if each["Header"] == "Cache-Control")
    # Public bytes have their own header.
    assert (header["Value"], header["Override"]) == ("private, no-cache", False)


def test_behaviors_run_the_edge_function_for_all_methods_over_https() -> None:
    for behavior in (DISTRIBUTION["DefaultCacheBehavior"], *BEHAVIORS.values()):
        (association,) = behavior["FunctionAssociations"]
        assert association["EventType"] == "viewer-request"
        assert logical_id(association["FunctionARN"]) == "ViewerRequestFunction"
        # CloudFront refuses other methods with HTML.
        assert set(behavior["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
        assert behavior["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")


def test_the_edge_is_the_same_on_the_emulator() -> None:
    edge = {name: each for name, each in RESOURCES.items() if each["Type"].startswith("AWS::CloudFront::")}
    assert len(edge) > 4
    assert "IsOnAws" not in json.dumps(edge)


def test_the_edge_function_may_choose_any_origin_of_the_distribution_and_no_other() -> None:
    source = (ROOT / "edge" / "viewer-request.js").read_text(encoding="utf-8")
    chosen = set(re.findall(r"toBucket\(request, '(\w+)'|selectRequestOriginById\('(\w+)'\)", source))
    assert {first or second for first, second in chosen} == {origin["Id"] for origin in DISTRIBUTION["Origins"]}


def test_only_the_api_gets_the_origin_secret() -> None:
    headers = {origin["Id"]: origin.get("OriginCustomHeaders") for origin in DISTRIBUTION["Origins"]}
    secret = {"HeaderName": "x-origin-secret", "HeaderValue": {"Fn::GetAtt": ["OriginSecret", "Value"]}}
    assert headers == {"api": [secret], "assets": None, "site": None}
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["ORIGIN_SECRET_HASHES"] == {"Fn::GetAtt": ["OriginSecret", "Hashes"]}
    # Only CloudFront has the secret; the functions have its hash.
    assert json.dumps(TEMPLATE).count('"OriginSecret", "Value"') == 1


def test_the_signing_secrets_properties_never_change() -> None:
    """CloudFormation updates a custom resource if its properties change, and this one cannot be updated."""
    assert RESOURCES["UrlSigningRoot"]["Properties"] == {
        "ServiceToken": {"Fn::GetAtt": ["ReleaseFunction", "Arn"]},
        "ServiceTimeout": 60,
    }
    assert RESOURCES["ReleaseFunction"]["Properties"]["FunctionName"] == {"Fn::Sub": "${AWS::StackName}-release"}


def test_a_custom_domain_requires_tls_1_2() -> None:
    condition, own, default = DISTRIBUTION["ViewerCertificate"]["Fn::If"]
    assert condition == "HasDomainName"
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert default == {"CloudFrontDefaultCertificate": True}


def test_public_bytes_cannot_run_scripts() -> None:
    headers = RESOURCES["AssetsHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]
    assert security["ContentTypeOptions"] == {"Override": True}
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert policy.startswith("default-src 'none';")
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert headers["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}


def test_other_sites_may_import_the_uploader_but_not_frame_the_page() -> None:
    headers = RESOURCES["SiteHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert headers["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert headers["CorsConfig"]["AccessControlAllowCredentials"] is False
    assert headers["SecurityHeadersConfig"]["FrameOptions"] == {"FrameOption": "DENY", "Override": True}


def test_errors_are_neither_cached_nor_replaced() -> None:
    """An error page for S3's 403 would also replace the API's: error pages apply to the whole distribution."""
    responses = DISTRIBUTION["CustomErrorResponses"]
    assert all(set(response) == {"ErrorCode", "ErrorCachingMinTTL"} for response in responses)
    assert {response["ErrorCachingMinTTL"] for response in responses} == {0}
    # Statuses that CloudFront caches by default ("HTTP 4xx and 5xx status codes that CloudFront caches").
    assert {response["ErrorCode"] for response in responses} == {404, 405, 500, 502, 503, 504}


def test_cloudfront_cannot_list_buckets() -> None:
    """S3 would then respond 404 for a missing key, and CloudFront would not fall back to the API."""
    policies = json.dumps(of_type("AWS::S3::BucketPolicy"))
    assert "s3:ListBucket" not in policies


def test_the_deployed_edge_function_is_the_tested_one() -> None:
    source = (ROOT / "edge" / "viewer-request.js").read_text(encoding="utf-8")
    assert RESOURCES["ViewerRequestFunction"]["Properties"]["FunctionCode"]["Fn::Sub"].rstrip("\n") == source.rstrip(
        "\n"
    )
