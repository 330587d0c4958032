"""Private assets as used by their owners and viewers."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from asset_api.assets.asset import Visibility
from asset_api.composition import changing, publishing
from tests import media
from tests.functions import gateway
from tests.functions.cdn import view
from tests.functions.gateway import Caller, Context, Response
from tests.functions.triggers import keys

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from asset_api.publishing.changing import Changer
    from tests.functions.clock import Clock
UNKNOWN = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
BOTH: tuple[Visibility, Visibility] = ("public", "private")
# Calls of a change to each visibility without renditions, as counted in its test.
MOVE_CALLS: dict[Visibility, int] = {"private": 11, "public": 10}


def uploaded(caller: Caller, visibility: Visibility = "private", **fields: Any) -> str:
    return str(caller.upload("image.png", media.png(), visibility=visibility, **fields).json()["asset_id"])


def path(asset_id: str, rendition: str = "") -> str:
    return f"/api/v2/assets/{asset_id}" + (f"/{rendition}" if rendition else "")


def sign(caller: Caller, asset_id: str, **fields: Any) -> Response:
    body = json.dumps({"expires_in": 3600, **fields}).encode()
    headers = {"content-type": "application/json"}
    return caller.request("POST", f"{path(asset_id)}/signed-url", body=body, headers=headers)


def signed(caller: Caller, asset_id: str, **fields: Any) -> str:
    response = sign(caller, asset_id, **fields)
    assert response.status == 200, response.body
    return str(response.json()["url"])


def objects(s3: "S3Client") -> list[str]:
    """List the keys in the assets bucket, without their prefix."""
    return keys(s3, "assets", "api/v2/assets/")


def without_request_id(body: bytes) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(body)
    return {name: value for name, value in problem.items() if name != "request_id"}


def checked_visibility(s3: "S3Client", caller: Caller, asset_id: str) -> Visibility:
    """Return the listed visibility, once the asset is readable accordingly and nothing else is stored."""
    asset = caller.metadata(asset_id).json()
    plain, by_signature = view(s3, asset["url"]), view(s3, signed(caller, asset_id))
    if asset["visibility"] == "public":
        assert (plain.status, plain.body) == (200, media.png())
        assert (by_signature.status, by_signature.headers["location"]) == (307, path(asset_id))
        assert objects(s3) == [asset_id]
    else:
        assert plain.status == 404
        assert (by_signature.status, by_signature.body) == (200, media.png())
        assert objects(s3) == [f"{asset_id}/private"]
    return "private" if asset["visibility"] == "private" else "public"


class PassingContext(Context):
    """An invocation of 28 seconds by default, whose sleeps also advance the functions' clock."""

    def __init__(self, clock: "Clock", seconds: float = 28) -> None:
        self.clock, self.seconds_left = clock, seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def sleep(self, seconds: float) -> None:
        """Let more time pass than was asked for, so that a long wait takes few calls."""
        passed = max(seconds, 2.0)
        self.seconds_left -= passed
        self.clock.advance(passed)


def changed_with_retries(caller: Caller, asset_id: str, clock: "Clock", **fields: Any) -> None:
    """Repeat the request after `Retry-After` until it succeeds, because crashed processes' leases expire."""
    for _ in range(8):
        response = changed_with_patience(caller, asset_id, clock, **fields)
        if response.status == 200:
            return
        assert (response.status, response.headers["retry-after"]) == (503, "1")
    pytest.fail(response.body)


def changed_with_patience(caller: Caller, asset_id: str, clock: "Clock", **fields: Any) -> Response:
    """Send a request that waits for another change, without really waiting; return its response."""
    with passing_time(clock):
        return caller.change(asset_id, **fields)


@contextmanager
def passing_time(clock: "Clock", seconds: float = 28) -> Iterator[PassingContext]:
    """Let one invocation wait for other changes by moving the clock, until its time is over."""
    context = PassingContext(clock, seconds)
    with ExitStack() as patched:
        for module, name in (
            (changing, "changer"),
            (publishing, "changer_of_publishers"),
            (publishing, "changer_of_slow_publishers"),
        ):
            waiting: Changer = getattr(module, name)()
            placer = replace(waiting.placer, sleep=context.sleep)
            made = partial(replace, waiting, sleep=context.sleep, placer=placer)
            patched.enter_context(patch.object(module, name, made))
        patched.enter_context(patch.object(gateway, "Context", lambda: context))
        yield context
