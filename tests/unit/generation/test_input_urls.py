from typing import Any
from urllib.parse import SplitResult

import pytest

from asset_api.generation import input_urls
from asset_api.generation.input_urls import OwnAsset
from asset_api.platform.errors import ApiError

ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
BASE = "https://assets.example.com"


def is_signed(url: SplitResult) -> bool:
    return url.query == "signed"


def fields(model_input: Any) -> list[str]:
    return [name for name, _ in input_urls.urls(model_input)]


def test_finds_urls_at_any_depth() -> None:
    model_input = {
        "image": "https://example.com/a.png",
        "frames": ["http://example.com/b", {"last": " HTTPS://example.com/c"}],
        "prompt": "Note: see https://example.com/d",
        "seed": 7,
    }
    assert fields(model_input) == ["input.image", "input.frames.0", "input.frames.1.last"]


@pytest.mark.parametrize("text", ["Data: the robot waves", "About: a cat", "12:30, file: none", "", "x" * 4000])
def test_ignores_prose(text: str) -> None:
    assert fields({"prompt": text}) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "gopher://example.com",
        "data:image/png;base64,AAAA",
        "data:,hello",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "s3://bucket/key",
        "http://",
        "https:///path",
        "http://[::1",
        "http://example.com:99999/",
        "http://example.com:0/",
        "blob:https://example.com/x",
    ],
)
def test_refuses_urls_that_are_not_http(url: str) -> None:
    with pytest.raises(ApiError) as refusal:
        input_urls.urls({"image": url})
    assert refusal.value.status == 422
    assert refusal.value.detail.startswith("input.image: ")


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/api/v2/assets/{ASSET_ID}",
        f"{BASE}:443/api/v2/assets/{ASSET_ID}",
        f"https://ASSETS.example.com/api/v2/assets/{ASSET_ID.upper()}?x=1#y",
    ],
)
def test_finds_own_assets(url: str) -> None:
    assert input_urls.own_assets({"image": url}, BASE, is_signed) == [OwnAsset("input.image", ASSET_ID)]


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/api/v2/assets/{ASSET_ID}/metadata",
        f"{BASE}/api/v2/assets/../assets/{ASSET_ID}",
        f"{BASE}/",
        BASE,
    ],
)
def test_refuses_other_urls_on_this_host(url: str) -> None:
    with pytest.raises(ApiError) as refusal:
        input_urls.own_assets({"image": url}, BASE, is_signed)
    assert refusal.value.slug == "input-asset-not-found"
    assert refusal.value.detail.startswith("input.image: ")


@pytest.mark.parametrize(
    "url",
    [
        f"http://assets.example.com/api/v2/assets/{ASSET_ID}",
        f"https://assets.example.com.evil.example/api/v2/assets/{ASSET_ID}",
        f"https://assets.example.com@evil.example/api/v2/assets/{ASSET_ID}",
        "https://example.com/cat.png",
    ],
)
def test_leaves_urls_on_other_hosts_alone(url: str) -> None:
    assert input_urls.own_assets({"image": url}, BASE, is_signed) == []


def test_distinguishes_local_stacks_by_port() -> None:
    model_input = {"image": f"http://localhost:8000/api/v2/assets/{ASSET_ID}"}
    assert input_urls.own_assets(model_input, "http://localhost:8000", is_signed) == [OwnAsset("input.image", ASSET_ID)]
    assert input_urls.own_assets(model_input, "http://localhost:9000", is_signed) == []


def test_refuses_too_many_assets() -> None:
    ids = [f"{ASSET_ID[:-2]}{number:02}" for number in range(11)]
    assert (
        len(input_urls.own_assets({"a": [f"{BASE}/api/v2/assets/{each}" for each in ids[:10]]}, BASE, is_signed)) == 10
    )
    with pytest.raises(ApiError, match="more than 10"):
        input_urls.own_assets({"a": [f"{BASE}/api/v2/assets/{each}" for each in ids]}, BASE, is_signed)
