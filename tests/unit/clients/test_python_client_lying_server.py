"""The Python client against a lying server: errors have messages, never a traceback or an escape sequence."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from asset_upload_client import AssetClient, RetryPolicy, errors
from asset_upload_client.cli import context
from asset_upload_client.cli.app import app
from tests.unit.clients.scripted_service import ASSET, BASE, FORM, ID, JOB, PAGE, UPLOADED, Operation, Service, ok

ONCE = RetryPolicy(tries=1)
NO_VALUES: tuple[Any, ...] = (None, 5, -1, True, "", "\x1b[31mred\x07", "\ud800", [], {}, [[]], 10**400, "deleted")
RESPONSES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "list": (PAGE, ["list"]),
    "list all": (PAGE, ["list", "--all"]),
    "asset": (ASSET, ["get", ID]),
    "job": (JOB, ["jobs", "show", ID]),
    "jobs": ({"success": True, "jobs": [JOB], "limit": 50, "next_cursor": None}, ["jobs", "list"]),
    "wait": (JOB, ["jobs", "wait", ID, "--timeout", "0"]),
    "cancel": (JOB, ["jobs", "cancel", ID]),
    "delete": ({"success": True, "message": "deleted"}, ["delete", "--yes", ID]),
}


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the path of the document itself and of every value in it."""
    yield path
    named = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in named:
        yield from places(value, (*path, name))


def false_documents(document: Any) -> Iterator[Any]:
    """Make documents in which one value is replaced by an odd one or left out."""
    for path in places(document):
        for value in NO_VALUES:
            if not path:
                yield value
                continue
            changed = copy.deepcopy(document)
            parent = changed
            for name in path[:-1]:
                parent = parent[name]
            if value == "deleted":
                del parent[path[-1]]
            else:
                parent[path[-1]] = value
            yield changed


@pytest.fixture
def responses(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Response]:
    """Set the server's responses to the command line in order, followed by 400s."""
    given: list[httpx.Response] = []
    transport = httpx.MockTransport(lambda _: given.pop(0) if given else httpx.Response(400))

    def client(*address: Any, on_wait: Any) -> AssetClient:  # noqa: ARG001
        return AssetClient(*address, retries=ONCE, transport=transport)

    monkeypatch.setattr(context, "AssetClient", client)
    return given


@pytest.mark.parametrize("name", RESPONSES)
def test_the_command_line_reports_every_invalid_response(name: str, responses: list[httpx.Response]) -> None:
    document, command = RESPONSES[name]
    tried = 0
    for false_document in false_documents(document):
        responses[:] = [httpx.Response(200, content=json.dumps(false_document))]
        result = CliRunner().invoke(app, ["--url", BASE, "--token", "t", *command])
        assert result.exception is None or isinstance(result.exception, SystemExit), (false_document, result.exception)
        assert "\x1b[31m" not in result.output
        tried += 1
    assert tried > len(NO_VALUES)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(500, content=b"[" * 100_000),
        httpx.Response(500, json={"detail": {"a": ["\x1b[31m"]}, "type": [], "request_id": ["\x1b[31m"]}),
        httpx.Response(503, headers={"Retry-After": "9" * 400}),
    ],
    ids=["deep", "a deep error", "an odd problem", "for ever"],
)
def test_an_invalid_response_is_an_error_with_a_message(
    response: httpx.Response, responses: list[httpx.Response]
) -> None:
    responses[:] = [response]
    result = CliRunner().invoke(app, ["--url", BASE, "--token", "t", "list"])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code != 0
    assert result.output
    assert "\x1b[31m" not in result.output


def test_an_undecodable_body_is_an_error(call: Operation) -> None:
    # As a stream: httpx decodes a body of bytes at once.
    broken = httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers={"Content-Encoding": "gzip"})
    service = Service(broken, ok(ASSET))
    assert call(service, "get", ID) == ASSET
    assert len(service.requests) == 2


@pytest.mark.parametrize("method", ["get", "delete", "get_job", "cancel_job"])
def test_an_id_cannot_change_the_request_path(call: Operation, method: str) -> None:
    for made_up in ("../owner", "..%2Fowner", "a/../../owner", "x?y", "x#y", "x/complete"):
        service = Service(httpx.Response(404))
        with pytest.raises(errors.AssetError):
            call(service, method, made_up)
        (request,) = service.requests
        collection = "jobs" if "job" in method else "assets"
        path = request.url.raw_path.decode()
        assert path.startswith(f"/api/v2/{collection}/")
        assert path.count("/") == (5 if method in ("get", "cancel_job") else 4)
        assert not request.url.query


@pytest.mark.parametrize(
    ("status", "words"), [(500, "Internal Server Error"), (503, "Service Unavailable"), (429, "Too Many Requests")]
)
def test_api_gateways_error_messages_are_passed_on(call: Operation, status: int, words: str) -> None:
    with pytest.raises(errors.AssetError, match=words) as raised:
        call(Service(*[httpx.Response(status, json={"message": words}) for _ in range(6)]), "get", ID)
    assert raised.value.status == status
    assert raised.value.advice in str(raised.value) or raised.value.advice.split("{")[0] in str(raised.value)


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 64}.test/"])
def test_a_form_for_an_impossible_host_is_an_error(call: Operation, clip: Path, url: str) -> None:
    form = httpx.Response(201, content=json.dumps({**UPLOADED, "upload": {**FORM, "url": url}}))
    with pytest.raises(errors.ConnectionFailed, match="after 1 attempt: Invalid host"):
        call(Service(form), "upload", clip)
