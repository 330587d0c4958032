"""Clients that reach only the front door, by any name: a phone, a container, a browser behind a tunnel."""

from collections.abc import Iterator

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller
from tests.e2e.local_stack import TUNNEL_HOST, LocalStack

IMAGE = media.png()
PHONE_HOST = "192.168.1.5"


class Elsewhere(httpx.BaseTransport):
    """A client that reaches only the front door, by another host name."""

    def __init__(self, stack: LocalStack, host: str) -> None:
        self._host = host
        self._port = stack.port
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == self._host
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


@pytest.fixture(params=[f"http://{PHONE_HOST}:8000", f"https://{TUNNEL_HOST}"])
def caller(request: pytest.FixtureRequest, stack: LocalStack) -> Iterator[Caller]:
    transport = Elsewhere(stack, httpx.URL(request.param).host)
    with httpx.Client(base_url=request.param, transport=transport, timeout=120) as http:
        yield Caller(http, stack.token(f"elsewhere-{request.param}"))


def test_uploading_by_form_reading_and_deleting_need_one_port(caller: Caller) -> None:
    response = caller.ask_for_form("image.png", size_bytes=len(IMAGE)).json()
    base_url = str(caller.http.base_url).rstrip("/")
    assert response["url"].startswith(f"{base_url}/api/v2/assets/")
    assert response["upload"]["url"].startswith(f"{base_url}/")
    assert caller.post(response["upload"], IMAGE).status_code == 201
    assert caller.complete(response["asset_id"]).json()["url"] == response["url"]
    assert caller.http.get(response["url"]).content == IMAGE
    assert caller.delete(response["asset_id"]).status_code == 200


def test_the_page_is_served_without_a_token(caller: Caller) -> None:
    assert caller.http.get("/").status_code == 200
    assert caller.http.get("/local/token").status_code == 404
