"""The stand-in over real sockets, as a client and its webhook endpoint see it."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from stand_ins.replicate.behaviours import version_of
from stand_ins.replicate.inputs import InputError
from stand_ins.replicate.rendering import render
from stand_ins.replicate.runs import FAILURE, Renderer, Urls
from stand_ins.replicate.server import Settings, running
from stand_ins.replicate.signing import signature
from tests import media

TOKEN = "r8_test"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LETTING_GO_SECONDS = 0.05
SETTINGS = Settings(TOKEN, SECRET, speed=200, too_large_bytes=3_000_000)
PATIENCE_SECONDS = 10


def fake_render(image: bytes | None, _prompt: str, path: Path) -> None:
    if image is not None and not image.startswith(b"\xff\xd8"):
        raise InputError("The input file is not an image")
    path.write_bytes(media.mp4())


@dataclass
class Customer:
    """A client of the stand-in, with an image on its site and a webhook endpoint that answers with `statuses`."""

    urls: Urls
    http: aiohttp.ClientSession
    site: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def image(self, _request: web.Request) -> web.Response:
        return web.Response(body=media.jpeg(), content_type="image/jpeg")

    async def webhook(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/image"} if status == 307 else {})

    @property
    def statuses_told(self) -> list[str]:
        return [json.loads(body)["status"] for _, body in self.received]

    async def call(
        self, method: str, path: str, body: object = None, token: str = TOKEN, **headers: str
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        sent = {"Authorization": f"Bearer {token}", **headers}
        async with self.http.request(method, self.urls.api + path, json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None), answer

    async def create(self, model: str, **headers: str) -> tuple[int, Any]:
        body = {
            "input": {"prompt": "wave", "first_frame_image": f"{self.site}/image"},
            "webhook": f"{self.site}/webhook",
            "webhook_events_filter": ["completed"],
        }
        owner_and_name = model if "/" in model else f"stand-in/{model}"
        status, document, _ = await self.call("POST", f"/v1/models/{owner_and_name}/predictions", body, **headers)
        return status, document

    async def created(self, model: str, **headers: str) -> str:
        status, document = await self.create(model, **headers)
        assert status == 201
        assert document["status"] == "starting"
        return str(document["id"])

    async def prediction(self, prediction_id: str) -> dict[str, Any]:
        status, document, _ = await self.call("GET", f"/v1/predictions/{prediction_id}")
        assert status == 200
        assert isinstance(document, dict)
        return document

    async def ended(self, prediction_id: str) -> dict[str, Any]:
        async def has_ended() -> bool:
            return (await self.prediction(prediction_id))["completed_at"] is not None

        await until(has_ended)
        return await self.prediction(prediction_id)

    async def output(self, model: str) -> Any:
        return (await self.ended(await self.created(model)))["output"]

    async def has_received(self, count: int) -> None:
        async def is_there() -> bool:
            return len(self.received) >= count

        await until(is_there)

    async def ledger(self) -> dict[str, Any]:
        async with self.http.get(f"{self.urls.api}/stand-in/predictions") as answer:
            told = await answer.json()
            assert isinstance(told, dict)
            return told


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def customer(settings: Settings = SETTINGS, renderer: Renderer = fake_render) -> AsyncIterator[Customer]:
    async with running(settings, renderer) as urls, aiohttp.ClientSession() as http:
        one = Customer(urls, http)
        site = web.Application()
        site.add_routes([web.get("/image", one.image), web.post("/webhook", one.webhook)])
        async with TestServer(site) as server:
            one.site = str(server.make_url("")).rstrip("/")
            yield one
    # Connections that were broken off are closed in the loop's next turns, not before it ends.
    await asyncio.sleep(0.01)


def with_customer(
    scenario: Callable[[Customer], Awaitable[None]], settings: Settings = SETTINGS, renderer: Renderer = fake_render
) -> None:
    async def run() -> None:
        async with customer(settings, renderer) as one:
            await scenario(one)
        # Transports that were closed let go of their sockets in the loop's next rounds; one that is collected with its
        # socket is a warning, and so an error.
        await asyncio.sleep(LETTING_GO_SECONDS)

    asyncio.run(run())


def test_makes_a_video_and_says_so_by_a_signed_webhook() -> None:
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
        async with one.http.get(done["output"]) as answer:
            assert answer.headers["Content-Type"] == "video/mp4"
            assert (await answer.read()).index(b"moov") > 0

    with_customer(scenario, renderer=lambda image, prompt, path: render(image, prompt, path, 0.25))


def test_answers_at_once_while_it_renders() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("a/b")
        loop = asyncio.get_running_loop()
        longest = 0.0
        while True:
            asked = loop.time()
            document = await one.prediction(prediction_id)
            longest = max(longest, loop.time() - asked)
            if document["completed_at"]:
                break
            await asyncio.sleep(0.02)
        assert longest < 0.5

    with_customer(scenario, renderer=lambda image, prompt, path: render(image, prompt, path, 1))


def test_a_version_is_run_too() -> None:
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
        ("no-such-behaviour", 404, None),
    ],
)
def test_refuses_and_creates_nothing(model: str, status: int, title: str | None) -> None:
    async def scenario(one: Customer) -> None:
        answered, problem = await one.create(model)
        assert (answered, problem["status"], problem.get("title")) == (status, status, title)
        assert problem["detail"]
        assert (await one.ledger())["predictions"] == []

    with_customer(scenario)


def test_refuses_a_wrong_token_a_missing_one_and_what_is_not_there() -> None:
    async def scenario(one: Customer) -> None:
        status, problem, answer = await one.call("GET", "/v1/predictions", token="other")
        assert (status, problem["title"]) == (401, "Unauthenticated")
        assert answer.headers["Content-Type"].startswith("application/problem+json")
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


def test_tells_the_webhook_secret_and_lists_what_was_created() -> None:
    async def scenario(one: Customer) -> None:
        assert (await one.call("GET", "/v1/webhooks/default/secret"))[1] == {"key": SECRET}
        created = [await one.created("a/b") for _ in range(3)]
        _, listed, _ = await one.call("GET", "/v1/predictions?created_after=2020-01-01T00:00:00%2B00:00")
        assert [entry["id"] for entry in listed["results"]] == created[::-1]
        assert listed["next"] is None
        assert "webhook" not in listed["results"][0]

    with_customer(scenario)


def test_throttles_twice_with_a_time_to_wait() -> None:
    async def scenario(one: Customer) -> None:
        answers = [
            await one.call("POST", "/v1/models/stand-in/throttles-twice/predictions", {"input": {"prompt": "x"}})
            for _ in range(3)
        ]
        assert [status for status, _, _ in answers] == [429, 429, 201]
        assert answers[0][1]["retry_after"] == 1
        assert answers[0][2].headers["Retry-After"] == "1"
        assert (await one.ledger())["create_requests"] == 3
        assert len((await one.ledger())["predictions"]) == 1

    with_customer(scenario)


@pytest.mark.parametrize(
    ("model", "created"),
    [("create-breaks-off", 0), ("create-breaks-off-after-creating", 1), ("create-times-out-after-creating", 1)],
)
def test_an_answer_may_never_come(model: str, created: int) -> None:
    async def scenario(one: Customer) -> None:
        creating = asyncio.create_task(one.create(model))
        async with asyncio.timeout(30):
            while len((await one.ledger())["predictions"]) < created:
                await asyncio.sleep(0.01)
        with pytest.raises((aiohttp.ServerDisconnectedError, TimeoutError)):
            async with asyncio.timeout(1):
                await creating
        assert len((await one.ledger())["predictions"]) == created

    with_customer(scenario)


def test_a_prediction_may_exist_in_spite_of_a_500() -> None:
    async def scenario(one: Customer) -> None:
        assert (await one.create("errors-500-after-creating"))[0] == 500
        assert len((await one.ledger())["predictions"]) == 1

    with_customer(scenario)


def test_cancels_and_tells() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("never-ends")
        status, canceled, _ = await one.call("POST", f"/v1/predictions/{prediction_id}/cancel")
        assert (status, canceled["status"]) == (200, "canceled")
        await one.has_received(1)
        _, again, _ = await one.call("POST", f"/v1/predictions/{prediction_id}/cancel")
        assert again == canceled
        assert one.statuses_told == ["canceled"]

    with_customer(scenario)


@pytest.mark.parametrize(
    ("model", "status"), [("never-starts", "aborted"), ("never-ends", "canceled"), ("aborts", "aborted")]
)
def test_a_deadline_ends_what_would_not_end(model: str, status: str) -> None:
    async def scenario(one: Customer) -> None:
        ended = await one.ended(await one.created(model, **{"Cancel-After": "10s"}))
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
        ("data:image/png,x", "not in base64"),
    ],
)
def test_fails_with_words_where_the_image_cannot_be_had(image: str, words: str) -> None:
    async def scenario(one: Customer) -> None:
        body = {"input": {"prompt": "x", "image": image.format(site=one.site)}}
        _, document, _ = await one.call("POST", "/v1/models/a/b/predictions", body)
        ended = await one.ended(document["id"])
        assert ended["status"] == "failed"
        assert words in ended["error"]

    with_customer(scenario)


def test_retries_a_terminal_webhook_under_one_id_and_follows_no_redirect() -> None:
    async def scenario(one: Customer) -> None:
        one.statuses = [500, 307, 404]
        prediction_id = await one.created("a/b")
        await one.has_received(4)
        await asyncio.sleep(0.1)
        assert len({headers["webhook-id"] for headers, _ in one.received}) == 1
        (told,) = (await one.ledger())["predictions"]
        assert told["id"] == prediction_id
        assert [attempt["status"] for attempt in told["webhooks"]] == [500, 307, 404, 200]

    with_customer(scenario)


def test_sends_every_event_that_is_asked_for_in_order() -> None:
    async def scenario(one: Customer) -> None:
        body = {
            "input": {"prompt": "x"},
            "webhook": f"{one.site}/webhook",
            "webhook_events_filter": ["start", "output", "completed"],
        }
        await one.call("POST", "/v1/models/a/b/predictions", body)
        await one.has_received(3)
        told = [json.loads(body) for _, body in one.received]
        assert sorted((one["status"], one["output"] is not None) for one in told) == [
            ("processing", False),
            ("processing", True),
            ("succeeded", True),
        ]

    with_customer(scenario)


def test_webhooks_can_be_dropped_by_the_test_and_by_the_model() -> None:
    async def scenario(one: Customer) -> None:
        await one.call("POST", "/stand-in/webhooks", {"drop": True})
        await one.ended(await one.created("a/b"))
        await one.call("POST", "/stand-in/webhooks", {"drop": False})
        await one.ended(await one.created("drops-webhook"))
        await asyncio.sleep(0.1)
        assert one.received == []
        assert (await one.call("POST", "/stand-in/webhooks", {"drop": "yes"}))[0] == 422

    with_customer(scenario)


def test_only_the_last_of_five_messages_of_a_forger_is_genuine() -> None:
    async def scenario(one: Customer) -> None:
        await one.created("forges-webhook")
        await one.has_received(5)
        genuine = [
            json.loads(body)["status"]
            for headers, body in one.received
            if headers.get("webhook-signature")
            == signature(SECRET, headers.get("webhook-id", ""), int(headers.get("webhook-timestamp", 0)), body)
        ]
        # The other is as signed, and ten minutes old.
        assert genuine == ["failed", "succeeded"]
        assert one.statuses_told == ["failed"] * 4 + ["succeeded"]

    with_customer(scenario)


@pytest.mark.parametrize(("model", "count"), [("duplicates-webhook", 3), ("late-webhook", 1)])
def test_webhooks_may_come_often_or_late(model: str, count: int) -> None:
    async def scenario(one: Customer) -> None:
        await one.ended(await one.created(model))
        await one.has_received(count)
        assert set(one.statuses_told) == {"succeeded"}

    with_customer(scenario)


def test_webhooks_may_come_out_of_order() -> None:
    async def scenario(one: Customer) -> None:
        await one.created("out-of-order-webhooks")
        await one.has_received(3)
        assert one.statuses_told == ["succeeded", "processing", "starting"]

    with_customer(scenario, replace(SETTINGS, speed=20))


def test_outputs_come_in_every_form() -> None:
    async def scenario(one: Customer) -> None:
        (url,) = await one.output("output-list")
        assert url.startswith(one.urls.delivery)
        assert (await one.output("output-object"))["video"].startswith(one.urls.delivery)
        header, _, content = (await one.output("output-data-url")).partition(",")
        assert header == "data:video/mp4;base64"
        assert base64.b64decode(content) == media.mp4()
        assert await one.output("output-null") is None
        assert (await one.output("output-elsewhere")).startswith("http://localhost:")

    with_customer(scenario)


def test_outputs_misbehave_as_they_are_told() -> None:
    async def scenario(one: Customer) -> None:
        async with one.http.get(await one.output("output-gone")) as answer:
            assert answer.status == 404
        async with one.http.get(await one.output("output-not-a-video")) as answer:
            assert answer.headers["Content-Type"] == "video/mp4"
            assert (await answer.read()).startswith(b"<!doctype html>")
        async with one.http.get(await one.output("output-too-large")) as answer:
            assert answer.content_length == SETTINGS.too_large_bytes
            assert len(await answer.read()) == SETTINGS.too_large_bytes
        async with one.http.get(await one.output("output-too-large-undeclared")) as answer:
            assert answer.content_length is None
            assert len(await answer.read()) == SETTINGS.too_large_bytes
        async with one.http.get(await one.output("output-truncated")) as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.read()
        async with one.http.get(await one.output("output-redirects-within")) as answer:
            assert answer.url.host == "127.0.0.1"
            assert await answer.read() == media.mp4()

    with_customer(scenario)


def test_a_redirect_elsewhere_tells_who_follows_it() -> None:
    async def scenario(one: Customer) -> None:
        url = await one.output("output-redirects-elsewhere")
        async with one.http.get(url, allow_redirects=False) as answer:
            assert answer.status == 302
        assert (await one.ledger())["elsewhere_requests"] == 0
        async with one.http.get(url) as answer:
            assert answer.url.host == "localhost"
            assert await answer.read() == media.mp4()
        assert (await one.ledger())["elsewhere_requests"] == 1

    with_customer(scenario)


def test_outputs_have_a_host_of_their_own_if_wanted() -> None:
    async def scenario(one: Customer) -> None:
        assert one.urls.delivery != one.urls.api
        url = await one.output("a/b")
        async with one.http.get(url, headers={"Range": "bytes=4-7"}) as answer:
            assert (answer.status, await answer.read()) == (206, b"ftyp")
        async with one.http.get(url.replace(one.urls.delivery, one.urls.api)) as answer:
            assert answer.status == 404

    with_customer(scenario, replace(SETTINGS, delivery_port=0))


def test_outputs_vanish_after_an_hour() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("a/b")
        done = await one.ended(prediction_id)
        async with one.http.get(done["output"]) as answer:
            assert answer.status == 200

        async def is_removed() -> bool:
            return bool((await one.prediction(prediction_id))["data_removed"])

        await until(is_removed)
        async with one.http.get(done["output"]) as answer:
            assert answer.status == 404
        removed = await one.prediction(prediction_id)
        assert (removed["status"], removed["output"], removed["input"]) == ("succeeded", None, {})

    with_customer(scenario, replace(SETTINGS, speed=7200))


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


def test_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = replace(SETTINGS, state=tmp_path)
        async with customer(settings) as one:
            done = await one.ended(await one.created("a/b"))
            interrupted = await one.created("slow")
        async with customer(settings) as one:
            assert (await one.ended(interrupted))["status"] in ("succeeded", "failed")
            delivered = done["output"].partition("/delivery/")[2]
            async with one.http.get(f"{one.urls.delivery}/delivery/{delivered}") as answer:
                assert await answer.read() == media.mp4()

    asyncio.run(scenario())


def test_its_command_serves_until_its_parent_is_gone() -> None:
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
