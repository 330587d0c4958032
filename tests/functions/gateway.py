"""Invocations of the functions as by API Gateway's HTTP API: payload format 2.0, binary bodies in base64."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import httpx

from asset_api.platform import principals
from functions.change import app as change
from functions.delete import app as delete
from functions.generate import app as generate
from functions.list import app as list_
from functions.parts import app as parts
from functions.upload import app as upload
from functions.webhook import app as webhook

# Long enough for HS512 too, which must be refused for the algorithm and not for the key.
SECRET = "a-secret-for-tests-of-64-characters-".ljust(64, "s")
HOST = "assets.example.com"
# That of the sample events.
ORIGIN_SECRET = "the-origin-secret-of-the-samples"
ROUTES = {
    ("POST", "upload-asset"): upload.handler,
    ("POST", "complete"): upload.handler,
    ("GET", "assets"): list_.handler,
    ("GET", "metadata"): list_.handler,
    ("GET", "health"): list_.handler,
    ("DELETE", "asset"): delete.handler,
    ("POST", "delete"): delete.handler,
    ("POST", "generate"): generate.handler,
    ("POST", "cancel"): generate.handler,
    ("POST", "import"): generate.handler,
    ("DELETE", "owner"): generate.handler,
    ("POST", "replicate"): webhook.handler,
}


class Context:
    """The context object that Lambda passes to a handler."""

    function_name = "asset-upload-api-function"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:asset-upload-api-function"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    log_group_name = "/aws/lambda/asset-upload-api-function"
    log_stream_name = "2025/11/15/[$LATEST]0"

    def get_remaining_time_in_millis(self) -> int:
        # Lambda's maximum.
        return 900_000


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        detail = self.json()["detail"]
        assert isinstance(detail, str)
        return detail


def event(method: str, target: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The event of one request (API Gateway Developer Guide, "payload format version 2.0")."""
    url = urlsplit(target)
    text = _is_text(headers.get("content-type", ""))
    raw: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": _decoded(url.path),
        "rawQueryString": url.query,
        "headers": {"host": "abcdef1234.execute-api.us-east-1.amazonaws.com", **headers},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef1234",
            "domainName": "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "abcdef1234",
            "http": {
                "method": method,
                "path": _decoded(url.path),
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "tests",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "15/Nov/2025:12:34:56 +0000",
            "timeEpoch": 1763210096000,
        },
        "isBase64Encoded": bool(body) and not text,
    }
    if url.query:
        query = httpx.QueryParams(url.query)
        raw["queryStringParameters"] = {name: ",".join(query.get_list(name)) for name in query}
    if body:
        raw["body"] = body.decode("utf-8", "surrogateescape") if text else base64.b64encode(body).decode()
    return raw


def _decoded(path: str) -> str:
    """Decode a path as an HTTP API does: percent-decoded once, except %25."""
    return unquote(path.replace("%25", "%2525"))


def _is_text(content_type: str) -> bool:
    return content_type.startswith(("text/", "application/json"))


@dataclass(frozen=True)
class Caller:
    """A caller with or without a token."""

    owner: str | None

    def request(
        self, method: str, target: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        sent = {"x-viewer-host": HOST, "x-origin-secret": ORIGIN_SECRET, **self.authorization(), **(headers or {})}
        last = urlsplit(target).path.rpartition("/")[2]
        by_method = {"DELETE": delete.handler, "PATCH": change.handler}
        function = ROUTES.get((method, last)) or by_method.get(method, list_.handler)
        if target.startswith("/api/v2/uploads"):
            function = parts.handler
        response = function(event(method, target, sent, body), Context())
        # Our responses have no multi-valued headers.
        return Response(
            response["statusCode"], {k.lower(): v for k, v in response["headers"].items()}, response["body"]
        )

    def authorization(self) -> dict[str, str]:
        if self.owner is None:
            return {}
        return {"authorization": "Bearer " + principals.sign(self.owner, SECRET, expires_at=int(time.time()) + 60)}

    def upload(
        self, name: str, data: bytes, content_type: str | None = None, *, key: str | None = None, **fields: Any
    ) -> Response:
        """Upload a small file in one request, with `fields` beside it."""
        request = httpx.Request("POST", "http://x", files={"file": (name, data, content_type)}, data=fields)
        headers = {"content-type": request.headers["content-type"]} | ({"idempotency-key": key} if key else {})
        return self.request("POST", "/api/v2/upload-asset", body=request.read(), headers=headers)

    def ask_for_form(self, *, key: str | None = None, **fields: object) -> Response:
        """Do the first step of a large upload."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        return self.request("POST", "/api/v2/upload-asset", body=json.dumps(fields).encode(), headers=headers)

    def begin(self, *, key: str | None = None, **fields: object) -> Response:
        """Do the first step of an upload in parts."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        return self.request("POST", "/api/v2/uploads", body=json.dumps(fields).encode(), headers=headers)

    def sign_parts(self, asset_id: str, upload_id: object, part_numbers: object, **fields: object) -> Response:
        body = {"upload_id": upload_id, "part_numbers": part_numbers, **fields}
        return self._post_json(f"/api/v2/uploads/{asset_id}/parts", body)

    def show_upload(self, asset_id: str, upload_id: str) -> Response:
        return self.request("GET", f"/api/v2/uploads/{asset_id}?{urlencode({'upload_id': upload_id})}")

    def complete_parts(self, asset_id: str, upload_id: object) -> Response:
        return self._post_json(f"/api/v2/uploads/{asset_id}/complete", {"upload_id": upload_id})

    def abort_upload(self, asset_id: str, upload_id: str) -> Response:
        return self.request("DELETE", f"/api/v2/uploads/{asset_id}?{urlencode({'upload_id': upload_id})}")

    def _post_json(self, target: str, body: object) -> Response:
        return self.request(
            "POST", target, body=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )

    def complete(self, asset_id: str) -> Response:
        return self.request("POST", f"/api/v2/assets/{asset_id}/complete")

    def list(self, **query: object) -> Response:
        return self.request("GET", f"/api/v2/assets?{urlencode(query)}" if query else "/api/v2/assets")

    def usage(self) -> Response:
        return self.request("GET", "/api/v2/usage")

    def metadata(self, asset_id: str) -> Response:
        return self.request("GET", f"/api/v2/assets/{asset_id}/metadata")

    def change(self, asset_id: str, **fields: object) -> Response:
        """Send a merge patch."""
        headers = {"content-type": "application/merge-patch+json"}
        return self.request("PATCH", f"/api/v2/assets/{asset_id}", body=json.dumps(fields).encode(), headers=headers)

    def delete_many(self, *asset_ids: object) -> Response:
        body = json.dumps({"asset_ids": asset_ids}).encode()
        return self.request("POST", "/api/v2/assets/delete", body=body, headers={"content-type": "application/json"})

    def delete(self, asset_id: str) -> Response:
        return self.request("DELETE", f"/api/v2/assets/{asset_id}")

    def generate(self, *, key: str | None = None, **fields: object) -> Response:
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        return self.request("POST", "/api/v2/generate", body=json.dumps(fields).encode(), headers=headers)

    def erase(self) -> Response:
        return self.request("DELETE", "/api/v2/owner")

    def import_url(self, url: str, *, key: str | None = None, **fields: object) -> Response:
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        body = json.dumps({"url": url, **fields}).encode()
        return self.request("POST", "/api/v2/assets/import", body=body, headers=headers)

    def job(self, job_id: str) -> Response:
        return self.request("GET", f"/api/v2/jobs/{job_id}")

    def jobs(self, **query: object) -> Response:
        return self.request("GET", f"/api/v2/jobs?{urlencode(query)}" if query else "/api/v2/jobs")

    def cancel(self, job_id: str) -> Response:
        return self.request("POST", f"/api/v2/jobs/{job_id}/cancel")
