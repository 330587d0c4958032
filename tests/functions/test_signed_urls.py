"""Signed URLs: for whom, for which files and until when, and in lists."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from asset_api.assets.asset import Visibility
from asset_api.composition import assets
from functions.list import app as list_
from tests.functions.aws_calls import AwsCalls
from tests.functions.cdn import view
from tests.functions.conftest import configure
from tests.functions.gateway import Caller, Context, event
from tests.functions.private_assets import BOTH, UNKNOWN, path, sign, signed, uploaded

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


@pytest.fixture
def asset_id(alice: Caller) -> str:
    return uploaded(alice)


@pytest.mark.parametrize("seconds", [60, 3600, 604_800])
def test_a_signed_url_has_its_expiry(seconds: int, alice: Caller, asset_id: str, clock: "Clock") -> None:
    response = sign(alice, asset_id, expires_in=seconds).json()
    ends = clock.time + timedelta(seconds=seconds)
    assert response["expires_at"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"?expires={int(ends.timestamp())}&signature=" in response["url"]
    assert response["url"].startswith(alice.metadata(asset_id).json()["url"])


def test_a_signed_url_expires_with_its_asset(alice: Caller, clock: "Clock") -> None:
    asset_id = uploaded(alice, expires_in="120")
    expiry = int((clock.time + timedelta(seconds=120)).timestamp())
    assert f"expires={expiry}&" in signed(alice, asset_id, expires_in=3600)
    assert f"expires={expiry - 60}&" in signed(alice, asset_id, expires_in=60)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"expires_in": 59}, "expires_in: Input should be greater than or equal to 60"),
        ({"expires_in": 604_801}, "expires_in: Input should be less than or equal to 604800"),
        ({"expires_in": None}, "expires_in: Input should be a valid integer"),
        ({"expires_in": "3600"}, "expires_in: Input should be a valid integer"),
        ({"expires_in": True}, "expires_in: Input should be a valid integer"),
        ({"rendition": 320}, "rendition: Input should be a valid string"),
    ],
)
def test_an_invalid_request_is_named(fields: dict[str, Any], detail: str, alice: Caller, asset_id: str) -> None:
    response = sign(alice, asset_id, **fields)
    assert (response.status, response.detail) == (422, detail)


def test_the_time_is_required(alice: Caller, asset_id: str) -> None:
    headers = {"content-type": "application/json"}
    response = alice.request("POST", f"{path(asset_id)}/signed-url", body=b"{}", headers=headers)
    assert (response.status, response.detail) == (422, "expires_in: Field required")


@pytest.mark.parametrize(
    "name", ["", "w321.webp", "W320.webp", "frame-last.png", "w320.png", "../x", "private", "metadata", "w320.webp\n"]
)
def test_an_image_has_only_image_renditions(name: str, alice: Caller, asset_id: str) -> None:
    response = sign(alice, asset_id, rendition=name)
    assert (response.status, response.detail) == (404, "Rendition not found: no rendition of this image has that name")


@pytest.mark.parametrize("visibility", BOTH)
def test_only_the_owner_gets_a_signed_url(
    visibility: Visibility, alice: Caller, bob: Caller, anonymous: Caller
) -> None:
    asset_id = uploaded(alice, visibility)
    assert sign(anonymous, asset_id).status == 401
    for caller, each in ((bob, asset_id), (alice, UNKNOWN), (alice, "none"), (alice, "a" * 3000)):
        response = sign(caller, each)
        assert (response.status, response.detail) == (404, "Asset not found")


def test_a_deleted_asset_has_no_working_signed_url(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    url, rendition = signed(alice, asset_id), signed(alice, asset_id, rendition="w160.webp")
    assert view(s3, rendition).status == 200
    alice.delete(asset_id)
    assert sign(alice, asset_id).status == 404
    assert (view(s3, url).status, view(s3, rendition).status) == (404, 404)


def test_signing_costs_one_call(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    signed(alice, asset_id, rendition="w320.webp")
    assert calls.made == ["GetItem"]


def test_any_key_of_the_stack_verifies_and_the_first_signs(
    alice: Caller, asset_id: str, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("K", "O", "n"):  # the keys of the edge function in these tests
        configure(monkeypatch, url_signing_keys=(key * 43, "x" * 43))
        assert view(s3, signed(alice, asset_id)).status == 200
    configure(monkeypatch, url_signing_keys=("x" * 43, "K" * 43))
    assert view(s3, signed(alice, asset_id)).status == 404
    configure(monkeypatch, url_signing_keys=())
    assert sign(alice, asset_id).status == 500


def test_lists_show_an_unsigned_url_and_a_stable_thumbnail_url(
    alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock"
) -> None:
    clock.time = clock.time.replace(hour=23, minute=0, second=1) + timedelta(days=1)
    asset = alice.metadata(asset_id).json()
    assert asset["url"] == f"https://assets.example.com{path(asset_id)}"
    assert asset["visibility"] == "private"
    clock.advance(14 * 60)
    assert alice.list().json()["assets"] == [asset]
    clock.advance(60)
    later = alice.list().json()["assets"][0]
    assert later["thumbnail_url"] != asset["thumbnail_url"]
    for shown in (asset, later):
        assert view(s3, shown["thumbnail_url"]).status == 200
    ends = int(asset["thumbnail_url"].partition("expires=")[2].partition("&")[0])
    assert 0 <= ends - int((clock.time - timedelta(minutes=15)).timestamp()) - 3600 < 900
    assert uploaded(alice, "public") in alice.list().json()["assets"][0]["thumbnail_url"]
    assert "?" not in alice.list().json()["assets"][0]["thumbnail_url"]


def test_signatures_are_not_logged(alice: Caller, asset_id: str, logged: Any) -> None:
    list_.handler(event("GET", path(asset_id), {"x-origin-secret": "wrong"}, b""), Context())
    url = signed(alice, asset_id)
    alice.list()
    assert url.rpartition("=")[2] not in str(logged.lines)


def test_a_signed_thumbnail_expires_with_its_asset(alice: Caller, clock: "Clock") -> None:
    expiry = int((clock.time + timedelta(seconds=120)).timestamp())
    asset_id = uploaded(alice, expires_in="120")
    assert f"expires={expiry}&" in alice.metadata(asset_id).json()["thumbnail_url"]


def test_parameters_of_a_signed_url_may_be_in_any_order(alice: Caller, asset_id: str, clock: "Clock") -> None:
    url = urlsplit(signed(alice, asset_id))
    signer = assets.url_signer()
    assert signer.verifies(url, clock.time)
    assert signer.verifies(url._replace(query="&".join(reversed(url.query.split("&")))), clock.time)
    assert not signer.verifies(url._replace(query=f"{url.query}&a=b"), clock.time)
