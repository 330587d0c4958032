"""Requests to the stand-in over real sockets, and its start, restart and end."""

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from stand_ins.replicate.behaviors import version_of
from stand_ins.replicate.rendering import render
from stand_ins.replicate.runs import FAILURE
from stand_ins.replicate.signing import signature
from tests import media
from tests.unit.stand_ins.replicate_customer import (
    PATIENCE_SECONDS,
    SECRET,
    SETTINGS,
    TOKEN,
    Customer,
    customer,
    fake_render,
    until,
    with_customer,
)


def test_renders_a_video_and_sends_a_signed_webhook() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("minimax/video-01", Prefer="wait")
        done = await one.ended(prediction_id)
        assert done["status"] == "succeeded"
        assert done["output"].startswith(f"{one.urls.delivery}/delivery/")
        await one.has_received(1)
        ((headers, body),) = one.received
        assert json.loads(body) == done
        timestamp = int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == signature(SECRET, headers["webhook-id"], timestamp, body)
        async with one.http.get(done["output"]) as response:
            assert response.headers["Content-Type"] == "video/mp4"
            assert (await response.read()).index(b"moov") > 0

    with_customer(scenario, renderer=lambda image, prompt, path: render(image, prompt, path, 0.25))


def test_responds_while_rendering() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("a/b")

        async def is_rendering() -> bool:
            return rendering.is_set()

        await until(is_rendering)
        assert (await one.prediction(prediction_id))["completed_at"] is None
        responded.set()
        assert (await one.ended(prediction_id))["status"] == "succeeded"

    rendering, responded = threading.Event(), threading.Event()

    def renderer(image: bytes | None, prompt: str, path: Path) -> None:
        rendering.set()
        assert responded.wait(PATIENCE_SECONDS)
        fake_render(image, prompt, path)

    with_customer(scenario, renderer=renderer)


def test_runs_a_version() -> None:
    async def scenario(one: Customer) -> None:
        body = {"version": version_of("stand-in/fails"), "input": {"prompt": "x"}}
        status, document, _ = await one.call("POST", "/v1/predictions", body)
        assert (status, document["model"], document["version"]) == (201, "stand-in/fails", body["version"])
        ended = await one.ended(document["id"])
        assert (ended["status"], ended["error"]) == ("failed", FAILURE)
        body["version"] = "latest"
        status, document, _ = await one.call("POST", "/v1/predictions", body)
        assert (status, document["title"]) == (422, "Invalid version or not permitted")

    with_customer(scenario)


@pytest.mark.parametrize(
    ("model", "status", "title"),
    [
        ("unauthorized", 401, "Unauthenticated"),
        ("out-of-credit", 402, "Insufficient credit"),
        ("rejects-input", 422, "Input validation failed"),
        ("errors-500", 500, "Internal server error"),
        ("no-such-behavior", 404, None),
    ],
)
def test_a_refused_request_creates_nothing(model: str, status: int, title: str | None) -> None:
    async def scenario(one: Customer) -> None:
        received, problem = await one.create(model)
        assert (received, problem["status"], problem.get("title")) == (status, status, title)
        assert problem["detail"]
        assert (await one.ledger())["predictions"] == []

    with_customer(scenario)


def test_refuses_wrong_and_missing_tokens_and_unknown_paths() -> None:
    async def scenario(one: Customer) -> None:
        status, problem, response = await one.call("GET", "/v1/predictions", token="other")
        assert (status, problem["title"]) == (401, "Unauthenticated")
        assert response.headers["Content-Type"].startswith("application/problem+json")
        async with one.http.get(f"{one.urls.api}/v1/predictions") as unauthenticated:
            assert unauthenticated.status == 401
        for method, path in (
            ("GET", "/v1/predictions/x"),
            ("POST", "/v1/predictions/x/cancel"),
            ("GET", "/v1/nothing"),
        ):
            status, problem, _ = await one.call(method, path)
            assert (status, problem) == (404, {"detail": "The requested resource could not be found.", "status": 404})
        async with one.http.post(
            f"{one.urls.api}/v1/predictions", data=b"{", headers={"Authorization": f"Bearer {TOKEN}"}
        ) as malformed:
            assert malformed.status == 400

    with_customer(scenario)


def test_returns_the_webhook_secret_and_lists_predictions() -> None:
    async def scenario(one: Customer) -> None:
        assert (await one.call("GET", "/v1/webhooks/default/secret"))[1] == {"key": SECRET}
        created = [await one.created("a/b") for _ in range(3)]
        _, listed, _ = await one.call("GET", "/v1/predictions?created_after=2020-01-01T00:00:00%2B00:00")
        assert [entry["id"] for entry in listed["results"]] == created[::-1]
        assert listed["next"] is None
        assert "webhook" not in listed["results"][0]

    with_customer(scenario)


def test_throttles_twice_with_retry_after() -> None:
    async def scenario(one: Customer) -> None:
        responses = [
            await one.call("POST", "/v1/models/stand-in/throttles-twice/predictions", {"input": {"prompt": "x"}})
            for _ in range(3)
        ]
        assert [status for status, _, _ in responses] == [429, 429, 201]
        assert responses[0][1]["retry_after"] == 1
        assert responses[0][2].headers["Retry-After"] == "1"
        assert (await one.ledger())["create_requests"] == 3
        assert len((await one.ledger())["predictions"]) == 1

    with_customer(scenario)


@pytest.mark.parametrize(
    ("model", "created"),
    [("create-breaks-off", 0), ("create-breaks-off-after-creating", 1), ("create-times-out-after-creating", 1)],
)
def test_a_response_may_never_come(model: str, created: int) -> None:
    async def scenario(one: Customer) -> None:
        creating = asyncio.create_task(one.create(model))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len((await one.ledger())["predictions"]) < created:
                await asyncio.sleep(0.01)
        with pytest.raises((aiohttp.ServerDisconnectedError, TimeoutError)):
            async with asyncio.timeout(1):
                await creating
        assert len((await one.ledger())["predictions"]) == created

    with_customer(scenario)


def test_a_500_may_have_created_a_prediction() -> None:
    async def scenario(one: Customer) -> None:
        assert (await one.create("errors-500-after-creating"))[0] == 500
        assert len((await one.ledger())["predictions"]) == 1

    with_customer(scenario)


def test_cancels_and_sends_a_webhook() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("never-ends")
        status, canceled, _ = await one.call("POST", f"/v1/predictions/{prediction_id}/cancel")
        assert (status, canceled["status"]) == (200, "canceled")
        await one.has_received(1)
        _, again, _ = await one.call("POST", f"/v1/predictions/{prediction_id}/cancel")
        # Not all of it: on a busy machine, the stand-in's hour may be over, and its input and output removed.
        assert (again["status"], again["completed_at"]) == ("canceled", canceled["completed_at"])
        assert one.statuses_told == ["canceled"]

    with_customer(scenario)


@pytest.mark.parametrize(
    ("model", "cancel_after", "status"),
    [
        ("never-starts", "10s", "aborted"),
        # Two seconds, in which it starts even on a busy machine.
        ("never-ends", "400s", "canceled"),
        ("aborts", "10s", "aborted"),
    ],
)
def test_a_deadline_aborts_an_endless_prediction(model: str, cancel_after: str, status: str) -> None:
    async def scenario(one: Customer) -> None:
        ended = await one.ended(await one.created(model, **{"Cancel-After": cancel_after}))
        assert ended["status"] == status
        assert ended["deadline"]
        await one.has_received(1)
        assert one.statuses_told == [status]

    with_customer(scenario)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("{site}/none", "HTTP status 404"),
        ("http://127.0.0.1:1/image", "Could not download"),
        ("data:image/png;base64,iVBORw0KGgo=", "not an image"),
        ("data:image/png,x", "not base64-encoded"),
    ],
)
def test_fails_with_a_message_if_the_image_is_unavailable(image: str, words: str) -> None:
    async def scenario(one: Customer) -> None:
        body = {"input": {"prompt": "x", "image": image.format(site=one.site)}}
        _, document, _ = await one.call("POST", "/v1/models/a/b/predictions", body)
        ended = await one.ended(document["id"])
        assert ended["status"] == "failed"
        assert words in ended["error"]

    with_customer(scenario)


def test_the_api_can_be_down() -> None:
    async def scenario(one: Customer) -> None:
        await one.call("POST", "/stand-in/api", {"down": True})
        assert (await one.create("a/b"))[0] == 503
        await one.call("POST", "/stand-in/api", {"down": False})
        prediction_id = await one.created("get-errors-500")
        assert (await one.call("GET", f"/v1/predictions/{prediction_id}"))[0] == 500
        prediction_id = await one.created("cancel-errors-500")
        assert (await one.call("POST", f"/v1/predictions/{prediction_id}/cancel"))[0] == 500

    with_customer(scenario)


def test_continues_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = replace(SETTINGS, state=tmp_path)
        async with customer(settings) as one:
            done = await one.ended(await one.created("a/b"))
            interrupted = await one.created("slow")
        async with customer(settings) as one:
            assert (await one.ended(interrupted))["status"] in ("succeeded", "failed")
            delivered = done["output"].partition("/delivery/")[2]
            async with one.http.get(f"{one.urls.delivery}/delivery/{delivered}") as response:
                assert await response.read() == media.mp4()

    asyncio.run(scenario())


def test_the_command_exits_with_its_parent() -> None:
    command = [sys.executable, "-m", "stand_ins.replicate", "--port", "0", "--api-token", TOKEN]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [*command, "--webhook-secret", SECRET, "--stop-with-stdin"],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().startswith(b"Replicate stand-in on http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == 0
