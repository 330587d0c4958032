"""Requests shared by several checks."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from tools.smoke import samples
from tools.smoke.deployment import Asset, Deployment, expect, header, succeeded


def send(deployment: Deployment, name: str, content_type: str, data: bytes) -> Any:
    return deployment.owner("POST", "/api/v2/upload-asset", files={"file": (name, data, content_type)})


def upload(deployment: Deployment, name: str, content_type: str, data: bytes) -> dict[str, Any]:
    uploaded: dict[str, Any] = succeeded(send(deployment, name, content_type, data), 201)
    return uploaded


def keep(deployment: Deployment, uploaded: dict[str, Any], name: str, content_type: str, data: bytes) -> None:
    """Remember an upload for later checks."""
    deployment.assets[name] = Asset(uploaded["asset_id"], uploaded["url"], name, content_type, data)


def post_form(deployment: Deployment, name: str) -> dict[str, Any]:
    """Request a form and post a file with it. Returns the response with the form."""
    content_type, data = samples.all_types()[name]
    body = {"filename": name, "size_bytes": len(data)}
    issued: dict[str, Any] = succeeded(deployment.owner("POST", "/api/v2/upload-asset", json=body), 201)
    form = issued["upload"]
    posted = deployment.anyone(
        "POST", form["url"], data=form["fields"], files={"file": (name, data)}, headers={"Origin": deployment.origin}
    )
    succeeded(posted, 201)
    header(posted, "access-control-expose-headers", "ETag")
    keep(deployment, issued, name, content_type, data)
    return issued


def begin_parts(deployment: Deployment, name: str, size_bytes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Begin an upload of one part. Returns the response, and the request for the part."""
    body = {"filename": name, "size_bytes": size_bytes}
    begun: dict[str, Any] = succeeded(deployment.owner("POST", "/api/v2/uploads", json=body), 201)
    wanted = {"upload_id": begun["upload"]["id"], "part_numbers": [1]}
    signed = succeeded(deployment.owner("POST", f"/api/v2/uploads/{begun['asset_id']}/parts", json=wanted), 200)
    return begun, signed["parts"][0]


def put_part(deployment: Deployment, part: dict[str, Any], data: bytes) -> httpx.Response:
    headers = {**part["headers"], "Origin": deployment.origin}
    return deployment.anyone(part["method"], part["url"], content=data, headers=headers)


def is_public(deployment: Deployment, name: str) -> None:
    asset = deployment.asset(name)
    expect(urlsplit(asset.url).netloc == deployment.host, f"the URL has another host: {asset.url}")
    read = deployment.anyone("GET", asset.url)
    succeeded(read, 200)
    header(read, "content-type", asset.content_type)
    expect(read.content == asset.data, f"the bytes of {name} differ from those uploaded")


def status(deployment: Deployment, url: str) -> int:
    return deployment.anyone("GET", url).status_code


def preflight(deployment: Deployment, method: str, path: str, *headers: str) -> None:
    """Send a preflight request. In `Access-Control-Allow-Headers`, `*` does not cover Authorization (Fetch)."""
    requested = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ", ".join(headers)}
    requested = {name: value for name, value in requested.items() if value}
    response = deployment.anyone("OPTIONS", path, headers={"Origin": deployment.origin, **requested})
    expect(response.status_code in (200, 204), f"the preflight returned {response.status_code}")
    allows_origin(deployment, response)
    header(response, "access-control-allow-methods", method)
    for name in headers:
        header(response, "access-control-allow-headers", name)


def allows_origin(deployment: Deployment, response: httpx.Response) -> None:
    """Expect that a page of another origin may read the response."""
    allowed = response.headers.get("access-control-allow-origin", "")
    expect(allowed in ("*", deployment.origin), f"access-control-allow-origin is {allowed or 'missing'}")
