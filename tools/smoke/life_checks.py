"""Checks of everything after an upload: renditions, usage, changes, visibility, imports, erasure."""

import time
from typing import Any

from tools.smoke import samples
from tools.smoke.checks import BY_FORM
from tools.smoke.deployment import Deployment, eventually, expect, header, refused, succeeded
from tools.smoke.promises import check
from tools.smoke.requests import is_public, keep, status

IMPORTED, PRIVATE = "imported.jpg", "private.png"
TAG = "smoke"
JOB_SECONDS = 180


@check("an image has the renditions of the ladder, and no others")
def _renditions(deployment: Deployment) -> None:
    url = deployment.asset("smoke.png").url
    for name, content_type in (("w160.webp", "image/webp"), ("w640.jpg", "image/jpeg")):
        rendition = deployment.anyone("GET", f"{url}/{name}")
        succeeded(rendition, 200)
        header(rendition, "content-type", content_type)
        header(rendition, "cache-control", "immutable")
    expect(status(deployment, f"{url}/w161.webp") == 404, "there is a rendition with another width")


@check("a video's last frame is available as a picture")
def _frames(deployment: Deployment) -> None:
    frame = deployment.anyone("GET", f"{deployment.asset(BY_FORM).url}/frame-last.png")
    succeeded(frame, 200)
    header(frame, "content-type", "image/png")
    expect(frame.content.startswith(b"\x89PNG"), "the frame is not a PNG")


@check("usage counts the uploads, and includes the limits")
def _usage(deployment: Deployment) -> None:
    usage = succeeded(deployment.owner("GET", "/api/v2/usage"), 200)
    sizes = [len(asset.data) for asset in deployment.assets.values()]
    expect(usage["assets"] >= len(sizes) and usage["bytes"] >= sum(sizes), f"the usage is {usage}")
    expect(usage["limits"]["uploads_per_minute"] > 0, "there is no limit on uploads")


@check("an asset can be renamed and tagged, listed by its tag, and downloaded with its new name")
def _change(deployment: Deployment) -> None:
    asset = deployment.asset("smoke.webp")
    changes = {"filename": "renamed.webp", "tags": [TAG]}
    shown = succeeded(deployment.owner("PATCH", f"/api/v2/assets/{asset.asset_id}", json=changes), 200)
    expect((shown["filename"], shown["tags"]) == ("renamed.webp", [TAG]), "the response shows no change")
    listed = succeeded(deployment.owner("GET", "/api/v2/assets", params={"tag": TAG, "limit": 100}), 200)["assets"]
    expect(asset.asset_id in {each["asset_id"] for each in listed}, "it is not listed by its tag")

    def is_named() -> bool:
        return "renamed.webp" in deployment.anyone("GET", asset.url).headers.get("content-disposition", "")

    eventually("renamed for downloads", is_named)


@check("a private file is readable only with signed URLs, and by everyone once it is public")
def _private(deployment: Deployment) -> None:
    content_type, data = samples.all_types()["smoke.png"]
    sent = {"data": {"visibility": "private"}, "files": {"file": (PRIVATE, data, content_type)}}
    uploaded = succeeded(deployment.owner("POST", "/api/v2/upload-asset", **sent), 201)
    keep(deployment, uploaded, PRIVATE, content_type, data)
    path = f"/api/v2/assets/{uploaded['asset_id']}"
    expect(
        refused(deployment.anyone("GET", uploaded["url"]), 404) == "Asset not found",
        "the 404 differs from that of a missing asset",
    )
    for body in ({"expires_in": 60}, {"expires_in": 60, "rendition": "w160.webp"}):
        signed = succeeded(deployment.owner("POST", f"{path}/signed-url", json=body), 200)["url"]
        read = deployment.anyone("GET", signed)
        succeeded(read, 200)
        header(read, "cache-control", "private")
        expect("rendition" in body or read.content == data, "the bytes differ from those uploaded")
        expect(status(deployment, signed.replace("expires=", "expires=9")) == 404, "its expiry can be changed")
    succeeded(deployment.owner("PATCH", path, json={"visibility": "public"}), 200)
    eventually("public", lambda: status(deployment, uploaded["url"]) == 200)


@check("a file can be imported from a URL")
def _import(deployment: Deployment) -> None:
    original = deployment.asset("smoke.jpg")
    body = {"url": original.url, "filename": IMPORTED}
    accepted = succeeded(deployment.owner("POST", "/api/v2/assets/import", json=body), 202)
    job = _ended(deployment, accepted["job_id"])
    expect(job["status"] == "completed", f"the job is {job['status']}: {job['error_message']}")
    imported = {"asset_id": job["asset_id"], "url": job["asset_url"]}
    keep(deployment, imported, IMPORTED, original.content_type, original.data)
    is_public(deployment, IMPORTED)


@check("an erased owner has nothing left", needs_throwaway_owner=True)
def _erasure(deployment: Deployment) -> None:
    throwaway = deployment.throwaway()
    usage = succeeded(throwaway.owner("GET", "/api/v2/usage"), 200)
    expect(usage["assets"] == 0, "this owner has assets, so the check does not erase it")
    content_type, data = samples.all_types()["smoke.png"]
    files = {"file": ("smoke.png", data, content_type)}
    uploaded = succeeded(throwaway.owner("POST", "/api/v2/upload-asset", files=files), 201)
    job = _ended(throwaway, succeeded(throwaway.owner("DELETE", "/api/v2/owner"), 202)["job_id"])
    expect((job["status"], job["deleted_assets"]) == ("completed", 1), f"the job is {job}")
    expect(succeeded(throwaway.owner("GET", "/api/v2/assets"), 200)["assets"] == [], "an asset is listed")
    eventually("gone from the edge", lambda: status(deployment, uploaded["url"]) == 404)
    refused(throwaway.owner("GET", f"/api/v2/assets/{uploaded['asset_id']}/metadata"), 404)


def _ended(deployment: Deployment, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + JOB_SECONDS
    while True:
        job: dict[str, Any] = succeeded(deployment.owner("GET", f"/api/v2/jobs/{job_id}"), 200)
        if job["status"] not in ("pending", "processing"):
            return job
        expect(time.monotonic() < deadline, f"the job is still {job['status']} after {JOB_SECONDS} s")
        time.sleep(1)
