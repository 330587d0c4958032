"""The Python client's tokens, token providers, and logging."""

import logging
from typing import Any

import anyio
import httpx
import pytest

from asset_upload_client import AssetClient, AsyncAssetClient, Wait, errors
from asset_upload_client.exchanges import loggable
from tests import media
from tests.unit.clients.scripted_service import ASSET, BASE, FORM, ID, PATIENT, UPLOADED, Service, ok, problem

REFUSED = (401, "invalid-token", "Invalid or expired token")


def connected(service: Service, token: Any, **options: Any) -> AssetClient:
    return AssetClient(BASE, token, retries=PATIENT, transport=httpx.MockTransport(service), **options)


def tokens_of(service: Service) -> list[str | None]:
    return [request.headers.get("Authorization") for request in service.requests]


class Provider:
    """Return a new token each time."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        return f"token-{self.calls}\n"


def test_a_token_provider_is_called_at_first_and_after_a_401() -> None:
    provider = Provider()
    service = Service(ok(ASSET), problem(*REFUSED), ok(ASSET), ok(ASSET))
    with connected(service, provider) as client:
        assert [client.get(ID), client.get(ID), client.get(ID)] == [ASSET] * 3
        assert client.token is provider
    assert tokens_of(service) == ["Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"]


def test_a_second_401_after_renewal_is_an_error() -> None:
    provider = Provider()
    service = Service(problem(*REFUSED), problem(*REFUSED))
    with connected(service, provider) as client, pytest.raises(errors.NotAuthenticated):
        client.get(ID)
    assert provider.calls == 2


def test_an_unchanged_token_is_not_retried() -> None:
    service = Service(problem(*REFUSED))
    with connected(service, lambda: "same") as client, pytest.raises(errors.NotAuthenticated):
        client.get(ID)


def test_the_body_is_resent_with_the_new_token() -> None:
    service = Service(problem(*REFUSED), ok(UPLOADED), ok(ASSET))
    with connected(service, Provider()) as client:
        client.upload(media.png(), filename="a.png")
    assert [media.png() in request.read() for request in service.requests[:2]] == [True, True]
    assert service.requests[0].headers["Idempotency-Key"] == service.requests[1].headers["Idempotency-Key"]


def test_concurrent_401s_renew_the_token_once() -> None:
    calls = 0

    async def provider() -> str:
        nonlocal calls
        calls += 1
        await anyio.sleep(0)
        return f"token-{calls}"

    async def serve(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0)
        return ok(ASSET) if request.headers["Authorization"] == "Bearer token-2" else problem(*REFUSED)

    async def run() -> None:
        async with (
            AsyncAssetClient(BASE, provider, transport=httpx.MockTransport(serve)) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(5):
                group.start_soon(client.get, ID)

    anyio.run(run)
    assert calls == 2


def test_a_token_can_be_replaced() -> None:
    service = Service(ok(ASSET), ok(ASSET), ok(ASSET))
    with connected(service, "old") as client:
        client.get(ID)
        client.token = "new"
        client.get(ID)
        client.token = None
        client.get(ID)
    assert tokens_of(service) == ["Bearer old", "Bearer new", None]


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "t\u00f6ken", b"bytes", 7])
def test_an_invalid_token_is_refused_without_being_shown(token: Any) -> None:
    with pytest.raises(errors.InvalidArgument) as refused:
        AssetClient(BASE, token)
    assert str(token) not in str(refused.value) or not str(token).strip()
    with connected(Service(), lambda: token) as client, pytest.raises(errors.InvalidArgument):
        client.get(ID)


def test_the_blocking_client_rejects_an_async_token_provider() -> None:
    async def provider() -> str:
        return "t"

    with pytest.raises(errors.InvalidArgument, match="coroutine"):
        AssetClient(BASE, provider)  # type: ignore[arg-type]
    with connected(Service(), lambda: provider()) as client, pytest.raises(errors.InvalidArgument):
        client.get(ID)


def test_the_log_contains_requests_and_pauses_but_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    signed = {**FORM, "url": "http://s3.test/bucket?X-Amz-Signature=secret", "fields": {"policy": "secret-policy"}}
    service = Service(httpx.Response(503), ok({**UPLOADED, "upload": signed}, 201), httpx.Response(201), ok(ASSET, 201))
    waits: list[Wait] = []
    caplog.set_level(logging.DEBUG, "asset_upload_client")
    with connected(service, "secret-token", on_wait=waits.append) as client:
        client.upload(media.padded_mp4(4 * 1024 * 1024 + 1), filename="a.mp4")
    lines = [record.getMessage() for record in caplog.records if record.name == "asset_upload_client"]
    assert lines[0].startswith("POST http://assets.test/api/v2/upload-asset: 503 Service Unavailable in ")
    assert lines[1].endswith("503 Service Unavailable; attempt 2 in 0.0 s")
    assert any("POST http://s3.test/bucket: 201" in line for line in lines)
    assert "secret" not in " ".join(lines)
    assert [wait.reason for wait in waits] == ["to try again (503 Service Unavailable)"]


def test_urls_are_logged_without_query_and_password() -> None:
    assert loggable("https://u:p@h:1/a/b?Signature=x#y") == "https://h:1/a/b"


def test_a_given_http_client_is_used_and_left_open() -> None:
    service = Service(ok(ASSET), ok(ASSET))
    with httpx.Client(transport=httpx.MockTransport(service), headers={"X-Mine": "1"}) as own:
        with AssetClient(BASE, "t", http_client=own) as client:
            client.get(ID)
        assert not own.is_closed
        with pytest.raises(errors.InvalidArgument, match="not both"):
            AssetClient(BASE, "t", http_client=own, transport=httpx.MockTransport(service))
    assert service.requests[0].headers["X-Mine"] == "1"

    async def in_event_loop() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(service)) as own:
            async with AsyncAssetClient(BASE, "t", http_client=own) as client:
                await client.get(ID)
            assert not own.is_closed

    anyio.run(in_event_loop)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(404, text="<html>"), "assets.test is not an Asset Upload API"),
        (httpx.Response(200, text="<html>"), "assets.test is not an Asset Upload API"),
        (httpx.Response(308, headers={"Location": "https://new.test/x?y"}), "redirects to https://new.test: use that"),
    ],
)
def test_a_response_of_another_server_is_recognized(response: httpx.Response, words: str) -> None:
    with connected(Service(response), "t") as client, pytest.raises(errors.UnexpectedResponse, match=words) as raised:
        client.get(ID)
    assert "Check the service's URL" in str(raised.value)


@pytest.mark.parametrize("asset", ["", " ", None, 7])
def test_a_malformed_id_is_refused_without_a_request(asset: Any) -> None:
    with connected(Service(), "t") as client:
        for method in (client.get, client.delete, client.download, client.get_job, client.cancel_job):
            with pytest.raises(errors.InvalidArgument):
                method(asset)
