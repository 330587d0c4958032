"""Requests that reach the emulator, and those that do not, by table."""

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import emulator
from local.emulator_process.request_guard import SAVE, Admitted, Refused, Request, Rules, guarded

RULES = Rules("key-of-the-run", re.compile("stack-incomingbucket-[a-z0-9]+"))
WITH_KEY = {"X-Local-Front-Door": "key-of-the-run"}
EMULATOR = {"Host": "127.0.0.1:4566"}
SIGNED = EMULATOR | {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, …"}
FORM = EMULATOR | {"Content-Type": "multipart/form-data; boundary=b"}
PAGE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
API, DISTRIBUTION = {"Host": "a1b2.execute-api.localhost"}, {"Host": "d111.cloudfront.net"}
BUCKET = "/stack-incomingbucket-0a1b"
_KEY = f"{BUCKET}/uploads/0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"
_QUERY = (
    "partNumber=1&uploadId=u&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=3600"
    "&X-Amz-SignedHeaders=content-length%3Bhost&X-Amz-Security-Token=t&X-Amz-Signature=s"
)
PART = f"{_KEY}?{_QUERY}"
FUNCTION = "/2015-03-31/functions/generate/configuration"


def decide(method: str, target: str, headers: dict[str, str]) -> Admitted | Refused:
    path, _, query = target.partition("?")
    raw = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return RULES.decide(Request(method, path, query, raw))


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        # SDKs, SAM and functions
        ("GET", FUNCTION, SIGNED),
        ("POST", "/", SIGNED | {"X-Amz-Target": "DynamoDB_20120810.GetItem"}),
        ("PUT", "/any-bucket/key", SIGNED | {"Host": "localhost:4566"}),
        ("GET", "/any-bucket/key", SIGNED | {"Host": "[::1]:4566"}),
        ("PUT", "/any-bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", EMULATOR),
        # the stack itself
        ("GET", "/_ministack/health", EMULATOR),
        ("PUT", "/_ministack/cfn-response/a-token", EMULATOR),
        ("POST", "/_local/save", EMULATOR | WITH_KEY),
        # upload forms
        ("POST", BUCKET, FORM),
        ("POST", f"{BUCKET}/", FORM | PAGE),
        ("OPTIONS", BUCKET, EMULATOR | PAGE | {"Access-Control-Request-Method": "POST"}),
        # parts
        ("PUT", PART, EMULATOR),
        ("PUT", PART, EMULATOR | PAGE | {"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}),
        ("OPTIONS", PART, EMULATOR | PAGE | {"Access-Control-Request-Method": "PUT"}),
    ],
)
def test_admits_the_stacks_own_requests(method: str, target: str, headers: dict[str, str]) -> None:
    assert isinstance(decide(method, target, headers), Admitted)


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        # a page with any signature
        ("GET", FUNCTION, SIGNED | PAGE),
        ("GET", FUNCTION, SIGNED | {"Origin": "null"}),
        ("GET", FUNCTION, SIGNED | {"Sec-Fetch-Site": "none"}),
        ("GET", FUNCTION, SIGNED | {"Sec-Fetch-Dest": "image"}),
        ("OPTIONS", FUNCTION, SIGNED | {"Access-Control-Request-Method": "GET"}),
        ("POST", "/", SIGNED | PAGE | {"X-Amz-Target": "AWSLambda.Invoke"}),
        ("POST", "/_ministack/reset", SIGNED | PAGE),
        # a page with an almost valid part
        ("GET", PART, EMULATOR | PAGE),
        ("DELETE", PART, EMULATOR | PAGE),
        ("POST", PART, EMULATOR | PAGE),
        ("PUT", PART, EMULATOR | PAGE | {"Host": "evil.example"}),
        ("PUT", _KEY, EMULATOR | PAGE),
        ("PUT", f"{PART}&acl", EMULATOR | PAGE),
        ("PUT", f"{PART}&versionId=1", EMULATOR | PAGE),
        ("PUT", f"{PART}&partNumber=2", EMULATOR | PAGE),
        ("PUT", PART.replace("&X-Amz-Signature=s", ""), EMULATOR | PAGE),
        ("PUT", PART.replace("&X-Amz-Security-Token=t", ""), EMULATOR | PAGE),
        ("PUT", PART.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), EMULATOR | PAGE),
        ("PUT", PART.replace("content-length%3B", ""), EMULATOR | PAGE),
        ("PUT", PART.replace("/uploads/", "/generated/"), EMULATOR | PAGE),
        ("PUT", PART.replace("incomingbucket", "assetsbucket"), EMULATOR | PAGE),
        ("PUT", PART.replace("5a69?", "5a69/x?"), EMULATOR | PAGE),
        ("PUT", PART.replace("5a69?", "5A69?"), EMULATOR | PAGE),
        # a page of a rebound host name (DNS rebinding)
        ("GET", FUNCTION, SIGNED | {"Host": "evil.example:4566"}),
        ("GET", FUNCTION, SIGNED | {"Host": "localhost.evil.example:4566"}),
        ("GET", FUNCTION, SIGNED | {"Host": "127.0.0.1.evil.example"}),
        ("POST", BUCKET, FORM | {"Host": "evil.example:4566"}),
        ("GET", "/_ministack/health", {"Host": "evil.example"}),
        # without a key
        ("GET", "/", EMULATOR),
        ("GET", "/any-bucket/key", EMULATOR),
        ("GET", FUNCTION, EMULATOR | {"Authorization": "Bearer AWS4-HMAC-SHA256"}),
        ("GET", FUNCTION, EMULATOR | {"Authorization": "AWS test:signature"}),
        ("GET", f"{FUNCTION}?AWSAccessKeyId=test&Signature=s", EMULATOR),
        ("GET", f"{FUNCTION}?X-Amz-Signature=00", EMULATOR | {"Authorization": "Basic dGVzdDp0ZXN0"}),
        # MiniStack's internal paths
        ("POST", "/_ministack/reset", SIGNED),
        ("POST", "/_ministack/config", SIGNED),
        ("GET", "/_ministack/lambda-code/generate", SIGNED),
        ("POST", "/_ministack/health", SIGNED),
        ("GET", "/_ministack/cfn-response/a-token", SIGNED),
        ("GET", "/_aws/execute-api/a1b2/$default/api/v2/assets", SIGNED),
        # saving without the key, or from a browser
        ("POST", "/_local/save", SIGNED),
        ("POST", "/_local/save", EMULATOR | {"X-Local-Front-Door": ""}),
        ("POST", "/_local/save", EMULATOR | {"X-Local-Front-Door": "ö"}),
        ("POST", "/_local/save", EMULATOR | WITH_KEY | PAGE),
        ("POST", "/_ministack/reset", EMULATOR | WITH_KEY),
        # paths for the front door only
        ("GET", "/api/v2/assets", API),
        ("GET", "/index.html", DISTRIBUTION),
        # not a form
        ("POST", f"{BUCKET}?delete", FORM),
        ("POST", f"{BUCKET}/uploads/a", FORM),
        ("PUT", BUCKET, FORM),
        ("POST", BUCKET, EMULATOR | {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", BUCKET, EMULATOR),
        ("POST", "/stack-assetsbucket-0a1b", FORM),
        ("POST", "/", FORM),
        # no path, no host
        ("GET", "http://127.0.0.1:4566/", SIGNED),
        ("GET", "*", SIGNED),
        ("GET", FUNCTION, {name: value for name, value in SIGNED.items() if name != "Host"}),
    ],
)
def test_refuses_other_requests(method: str, target: str, headers: dict[str, str]) -> None:
    refused = decide(method, target, headers)
    assert isinstance(refused, Refused)
    assert refused.status in (400, 403, 404)


def test_refuses_two_host_headers() -> None:
    raw = tuple((name.lower().encode(), value.encode()) for name, value in [*SIGNED.items(), ("Host", "127.0.0.1")])
    assert isinstance(RULES.decide(Request("GET", FUNCTION, "", raw)), Refused)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"]),
    st.text(),
    st.text(),
    st.lists(st.tuples(st.binary(), st.binary())),
)
def test_requests_of_another_origin_are_refused(
    method: str, path: str, query: str, headers: list[tuple[bytes, bytes]]
) -> None:
    decision = RULES.decide(Request(method, path, query, (*headers, (b"origin", b"https://evil.example"))))
    assert isinstance(decision, Refused)


def test_a_form_cannot_call_another_service() -> None:
    disguised = FORM | PAGE | {"Authorization": SIGNED["Authorization"], "X-Amz-Target": "AWSLambda.Invoke"}
    admitted = decide("POST", BUCKET, disguised)
    assert isinstance(admitted, Admitted)
    assert {name for name, _ in admitted.headers} == {b"host", b"content-type", b"origin"}


def test_the_guard_and_the_stack_agree_on_the_save_path() -> None:
    assert ("POST", emulator.SAVE_PATH) == SAVE


async def _emulator(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"etag", b"e")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"secrets"})


def responses(scope: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": f"{scope['type']}.connect"}

    async def run() -> None:
        await guarded(_emulator, RULES)(scope, receive, send)

    asyncio.run(run())
    return sent


def http_scope(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}


@pytest.mark.parametrize(
    ("method", "path", "headers", "has_cors"),
    [
        ("GET", FUNCTION, SIGNED, False),
        ("POST", BUCKET, FORM | PAGE, True),
    ],
)
def test_only_form_posts_have_cors_headers(method: str, path: str, headers: dict[str, str], has_cors: bool) -> None:
    start, body = responses(http_scope(method, path, headers))
    names = [name.lower() for name, _ in start["headers"]]
    assert (b"access-control-allow-origin" in names) == has_cors
    assert b"etag" in names
    assert body["body"] == b"secrets"


def test_a_refusal_reveals_nothing_and_has_no_cors_header() -> None:
    start, body = responses(http_scope("GET", FUNCTION, SIGNED | PAGE))
    assert start["status"] == 403
    assert not any(name.lower().startswith(b"access-control") for name, _ in start["headers"])
    assert b"secrets" not in body["body"]


def test_sdks_understand_a_refusal() -> None:
    start, body = responses(http_scope("POST", "/", EMULATOR | {"X-Amz-Target": "DynamoDB_20120810.Scan"}))
    assert start["status"] == 403
    assert json.loads(body["body"])["__type"] == "AccessDeniedException"


def test_websockets_are_refused() -> None:
    scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": [(b"host", b"127.0.0.1:4566")]}
    assert responses(scope) == [{"type": "websocket.close", "code": 1008}]
