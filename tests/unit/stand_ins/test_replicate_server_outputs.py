"""Outputs of the stand-in, as clients download them."""

import base64
from dataclasses import replace

import aiohttp
import pytest

from tests import media
from tests.unit.stand_ins.replicate_customer import SETTINGS, Customer, until, with_customer


def test_outputs_have_every_form() -> None:
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


def test_outputs_misbehave_as_configured() -> None:
    async def scenario(one: Customer) -> None:
        async with one.http.get(await one.output("output-gone")) as response:
            assert response.status == 404
        async with one.http.get(await one.output("output-not-a-video")) as response:
            assert response.headers["Content-Type"] == "video/mp4"
            assert (await response.read()).startswith(b"<!doctype html>")
        async with one.http.get(await one.output("output-too-large")) as response:
            assert response.content_length == SETTINGS.too_large_bytes
            assert len(await response.read()) == SETTINGS.too_large_bytes
        async with one.http.get(await one.output("output-too-large-undeclared")) as response:
            assert response.content_length is None
            assert len(await response.read()) == SETTINGS.too_large_bytes
        async with one.http.get(await one.output("output-truncated")) as response:
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        async with one.http.get(await one.output("output-redirects-within")) as response:
            assert response.url.host == "127.0.0.1"
            assert await response.read() == media.mp4()

    with_customer(scenario)


def test_a_redirect_to_another_host_records_its_followers() -> None:
    async def scenario(one: Customer) -> None:
        url = await one.output("output-redirects-elsewhere")
        async with one.http.get(url, allow_redirects=False) as response:
            assert response.status == 302
        assert (await one.ledger())["elsewhere_requests"] == 0
        async with one.http.get(url) as response:
            assert response.url.host == "localhost"
            assert await response.read() == media.mp4()
        assert (await one.ledger())["elsewhere_requests"] == 1

    with_customer(scenario)


def test_outputs_can_have_their_own_host() -> None:
    async def scenario(one: Customer) -> None:
        assert one.urls.delivery != one.urls.api
        url = await one.output("a/b")
        async with one.http.get(url, headers={"Range": "bytes=4-7"}) as response:
            assert (response.status, await response.read()) == (206, b"ftyp")
        async with one.http.get(url.replace(one.urls.delivery, one.urls.api)) as response:
            assert response.status == 404

    with_customer(scenario, replace(SETTINGS, delivery_port=0))


def test_outputs_expire_after_an_hour() -> None:
    async def scenario(one: Customer) -> None:
        prediction_id = await one.created("a/b")
        done = await one.ended(prediction_id)
        async with one.http.get(done["output"]) as response:
            assert response.status == 200

        async def is_removed() -> bool:
            return bool((await one.prediction(prediction_id))["data_removed"])

        await until(is_removed)
        async with one.http.get(done["output"]) as response:
            assert response.status == 404
        removed = await one.prediction(prediction_id)
        assert (removed["status"], removed["output"], removed["input"]) == ("succeeded", None, {})

    with_customer(scenario, replace(SETTINGS, speed=1800))
