"""Checks of uploads, public files and lists, in order: later checks use the files that earlier ones uploaded."""

import time
from typing import Any
from urllib.parse import urlsplit

from tools.smoke import samples
from tools.smoke.deployment import Deployment, eventually, expect, header, refused, succeeded
from tools.smoke.promises import check
from tools.smoke.requests import (
    allows_origin,
    begin_parts,
    is_public,
    keep,
    post_form,
    preflight,
    put_part,
    send,
    status,
    upload,
)

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
FOREIGN_HOST = "elsewhere.example"
GENERATION_SECONDS = 15 * 60
BY_FORM, BY_EVENT, BY_PARTS = "smoke.mp4", "smoke.mov", "parts.mp4"


@check("the API is up")
def _health(deployment: Deployment) -> None:
    expect(succeeded(deployment.anyone("GET", "/api/v2/health"), 200)["status"] == "ok", "the status is not ok")


@check("the page is served, and runs only its own scripts")
def _page(deployment: Deployment) -> None:
    page = deployment.anyone("GET", "/")
    succeeded(page, 200)
    header(page, "content-type", "text/html")
    header(page, "content-security-policy", "script-src 'self'")


@check("pages of any origin may read the OpenAPI document")
def _specification(deployment: Deployment) -> None:
    specification = deployment.anyone("GET", "/api/v2/openapi.json", headers={"Origin": deployment.origin})
    expect(succeeded(specification, 200)["openapi"].startswith("3."), "this is not an OpenAPI 3 document")
    header(specification, "access-control-allow-origin", "*")


@check("HTTP redirects to HTTPS", on_aws_only=True)
def _https(deployment: Deployment) -> None:
    plain = deployment.anyone("GET", f"http://{deployment.host}/", follow_redirects=False)
    succeeded(plain, 301)
    header(plain, "location", deployment.url)


@check("requests without a valid token are refused")
def _tokens(deployment: Deployment) -> None:
    expect(refused(deployment.anyone("GET", "/api/v2/assets"), 401) == "Not authenticated", "the detail is wrong")
    forged = {"Authorization": "Bearer e30.e30.forged"}
    refused(deployment.anyone("GET", "/api/v2/assets", headers=forged), 401)


@check("JPEG, PNG, GIF and WebP upload in one request, and are public at once")
def _direct_uploads(deployment: Deployment) -> None:
    for name, (content_type, data) in samples.all_types().items():
        if name not in (BY_FORM, BY_EVENT):
            keep(deployment, upload(deployment, name, content_type, data), name, content_type, data)
            is_public(deployment, name)


@check("a page of another origin may post a form to S3")
def _form_preflight(deployment: Deployment) -> None:
    body = {"filename": "preflight.mp4", "size_bytes": 1}
    url = succeeded(deployment.owner("POST", "/api/v2/upload-asset", json=body), 201)["upload"]["url"]
    preflight(deployment, "POST", url)


@check("an MP4 uploads by form, and is public once `complete` has responded")
def _upload_by_form(deployment: Deployment) -> None:
    issued = post_form(deployment, BY_FORM)
    expect(status(deployment, issued["url"]) == 404, "the file was public before it was inspected")
    succeeded(deployment.owner("POST", f"/api/v2/assets/{issued['asset_id']}/complete"), 201)
    is_public(deployment, BY_FORM)


@check("a MOV uploaded by form is published without `complete`")
def _upload_by_event(deployment: Deployment) -> None:
    issued = post_form(deployment, BY_EVENT)
    eventually("public", lambda: status(deployment, issued["url"]) == 200)
    is_public(deployment, BY_EVENT)


@check("a file uploads in parts of exactly the declared sizes, and an aborted upload accepts no more parts")
def _upload_in_parts(deployment: Deployment) -> None:
    content_type, data = samples.all_types()[BY_FORM]
    begun, part = begin_parts(deployment, BY_PARTS, len(data))
    path, upload_id = f"/api/v2/uploads/{begun['asset_id']}", begun["upload"]["id"]
    preflight(deployment, "PUT", part["url"])
    expect(
        put_part(deployment, part, data + b"more").status_code in (400, 403), "S3 accepted more bytes than were signed"
    )
    stored = put_part(deployment, part, data)
    succeeded(stored, 200)
    header(stored, "access-control-expose-headers", "ETag")
    shown = succeeded(deployment.owner("GET", path, params={"upload_id": upload_id}), 200)
    expect([each["part_number"] for each in shown["parts"]] == [1], "the part is not listed")
    succeeded(deployment.owner("POST", f"{path}/complete", json={"upload_id": upload_id}), 201)
    keep(deployment, begun, BY_PARTS, content_type, data)
    is_public(deployment, BY_PARTS)
    begun, part = begin_parts(deployment, BY_PARTS, len(data))
    path, upload_id = f"/api/v2/uploads/{begun['asset_id']}", begun["upload"]["id"]
    succeeded(deployment.owner("DELETE", path, params={"upload_id": upload_id}), 200)
    expect(put_part(deployment, part, data).status_code == 404, "S3 accepted a part of an aborted upload")
    refused(deployment.owner("POST", f"{path}/complete", json={"upload_id": upload_id}), 404)


@check("public files are immutable, run no scripts, and may be embedded anywhere")
def _public_headers(deployment: Deployment) -> None:
    read = deployment.anyone("GET", deployment.asset("smoke.png").url, headers={"Origin": deployment.origin})
    succeeded(read, 200)
    header(read, "cache-control", "immutable")
    header(read, "x-content-type-options", "nosniff")
    header(read, "content-security-policy", "default-src 'none'")
    header(read, "access-control-allow-origin", "*")
    header(read, "content-disposition", "smoke.png")


@check("ranges, HEAD and revalidation work")
def _ranges(deployment: Deployment) -> None:
    video = deployment.asset(BY_FORM)
    part = deployment.anyone("GET", video.url, headers={"Range": "bytes=4-11"})
    succeeded(part, 206)
    header(part, "content-range", f"bytes 4-11/{len(video.data)}")
    expect(part.content == video.data[4:12], "the range has the wrong bytes")
    head = deployment.anyone("HEAD", video.url)
    header(head, "content-length", str(len(video.data)))
    succeeded(deployment.anyone("GET", video.url, headers={"If-None-Match": head.headers["etag"]}), 304)


@check("a repeated read is a CloudFront cache hit", on_aws_only=True)
def _cached(deployment: Deployment) -> None:
    url = deployment.asset("smoke.png").url
    eventually("a cache hit", lambda: "Hit" in deployment.anyone("GET", url).headers.get("x-cache", ""))


@check("query strings do not change public files")
def _queries(deployment: Deployment) -> None:
    url = deployment.asset("smoke.png").url
    header(deployment.anyone("GET", f"{url}?response-content-type=text/html"), "content-type", "image/png")


@check("the list has every upload, newest first, with URLs of this host")
def _list(deployment: Deployment) -> None:
    forged = {"X-Forwarded-Host": FOREIGN_HOST, "X-Viewer-Host": FOREIGN_HOST}
    listed = succeeded(deployment.owner("GET", "/api/v2/assets", params={"limit": 100}, headers=forged), 200)["assets"]
    own = [asset for asset in listed if asset["asset_id"] in {each.asset_id for each in deployment.assets.values()}]
    expect(len(own) == len(deployment.assets), f"only {len(own)} of {len(deployment.assets)} are listed")
    times = [asset["uploaded_at"] for asset in own]
    expect(times == sorted(times, reverse=True), "they are not newest first")
    expect(all(urlsplit(asset["url"]).netloc == deployment.host for asset in own), "a URL has another host")


@check("only the owner can read an asset's metadata")
def _metadata(deployment: Deployment) -> None:
    image = deployment.asset("smoke.png")
    path = f"/api/v2/assets/{image.asset_id}/metadata"
    shown = succeeded(deployment.owner("GET", path), 200)
    expect(
        (shown["file_type"], shown["size_bytes"]) == (image.content_type, len(image.data)),
        "the metadata is that of another file",
    )
    refused(deployment.anyone("GET", path), 401)


@check("a page of another origin may list assets")
def _list_elsewhere(deployment: Deployment) -> None:
    preflight(deployment, "GET", "/api/v2/assets", "authorization")
    listed = deployment.owner("GET", "/api/v2/assets", headers={"Origin": deployment.origin})
    succeeded(listed, 200)
    allows_origin(deployment, listed)


@check("a page of another origin may delete assets, and deleted files are gone")
def _delete(deployment: Deployment) -> None:
    image = deployment.asset("smoke.gif")
    path = f"/api/v2/assets/{image.asset_id}"
    preflight(deployment, "DELETE", path, "authorization")
    deleted = deployment.owner("DELETE", path, headers={"Origin": deployment.origin})
    succeeded(deleted, 200)
    allows_origin(deployment, deleted)
    del deployment.assets["smoke.gif"]
    refused(deployment.owner("DELETE", path), 404)
    eventually("gone from the edge", lambda: status(deployment, image.url) == 404)


@check("a missing asset is a 404 in JSON, with and without a token")
def _missing(deployment: Deployment) -> None:
    path = f"/api/v2/assets/{UNKNOWN_ID}"
    expect(refused(deployment.anyone("GET", path), 404) == "Asset not found", "the detail is wrong")
    refused(deployment.owner("GET", f"{path}/metadata"), 404)
    refused(deployment.owner("GET", f"/api/v2/jobs/{UNKNOWN_ID}"), 404)


@check("empty files and files other than images and videos are refused")
def _refusals(deployment: Deployment) -> None:
    detail = refused(send(deployment, "smoke.png", "image/png", b"MZ, an executable"), 400)
    expect(detail.startswith("Invalid file type"), f"the detail is {detail!r}")
    expect(
        refused(send(deployment, "empty.png", "image/png", b""), 400).startswith("Empty file"), "the detail is wrong"
    )


@check("a file too large for one request gets a 413 that names the upload form")
def _too_large(deployment: Deployment) -> None:
    detail = refused(send(deployment, "large.png", "image/png", bytes(4_400_000)), 413)
    expect("upload form" in detail, f"the detail is {detail!r}")


@check("an unsigned webhook is refused")
def _webhook(deployment: Deployment) -> None:
    refused(deployment.anyone("POST", "/api/v2/webhooks/replicate", json={"id": "p", "status": "succeeded"}), 401)


@check("a model makes a video from an image", needs_model=True)
def _generation(deployment: Deployment) -> None:
    image = deployment.asset("smoke.png").url
    body = {"model_id": deployment.model, "prompt": "Smoke", "input": {"image": image, "first_frame_image": image}}
    job_id = succeeded(deployment.owner("POST", "/api/v2/generate", json=body), 202)["job_id"]
    deadline = time.monotonic() + GENERATION_SECONDS
    job: dict[str, Any] = {"status": "pending"}
    while job["status"] in ("pending", "processing") and time.monotonic() < deadline:
        time.sleep(2)
        job = succeeded(deployment.owner("GET", f"/api/v2/jobs/{job_id}"), 200)
    expect(job["status"] == "completed", f"the job is {job['status']}: {job.get('error_message')}")
    video = deployment.anyone("GET", job["video_url"])
    succeeded(video, 200)
    header(video, "content-type", "video/")
    keep(deployment, {"asset_id": job["asset_id"], "url": job["video_url"]}, "generated", "video/mp4", video.content)
