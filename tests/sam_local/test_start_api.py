"""`sam local start-api`: the API's own routes, from the template, in Docker."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from asset_api.platform import principals
from local import ports
from tests import media
from tests.functions.gateway import ORIGIN_SECRET
from tests.sam_local.conftest import SamLocal, sam_environment
from tests.sam_local.emulated_aws import SECRET, EmulatedAws

START_SECONDS = 300


@pytest.fixture(scope="module")
def api(sam_local: SamLocal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    directory = tmp_path_factory.mktemp("start-api")
    port = ports.free()
    output = directory / "output"
    command = sam_local.command("start-api", f"--port={port}", "--warm-containers=LAZY")
    with output.open("w") as log:
        process = subprocess.Popen(command, cwd=directory, env=sam_environment(), stdout=log, stderr=log)
    token = principals.sign("bob", SECRET, expires_at=int(time.time()) + 3600)
    # There is no CloudFront, which would send the origin secret in the second header.
    headers = {"Authorization": f"Bearer {token}", "x-origin-secret": ORIGIN_SECRET}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
            _wait_for(client, process, output)
            yield client
    finally:
        process.terminate()
        process.wait(120)


def _wait_for(client: httpx.Client, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        try:
            client.get("/api/v2/health")
        except httpx.TransportError:
            time.sleep(0.3)
        else:
            return


def test_the_service_is_up(api: httpx.Client) -> None:
    assert api.get("/api/v2/health").json()["status"] == "ok"


def test_an_upload_is_stored_listed_shown_and_deleted(api: httpx.Client, aws: EmulatedAws) -> None:
    """Upload by form, because `sam local start-api` cannot forward binary bodies."""
    data = media.png()
    response = api.post("/api/v2/upload-asset", json={"filename": "image.png", "size_bytes": len(data)})
    assert response.status_code == 201, response.text
    asset_id, form = response.json()["asset_id"], response.json()["upload"]
    # Forms point to the caller's host, where `make run` has its front door; there is none here.
    form_url = aws.url_on_this_machine + urlsplit(form["url"]).path
    posted = httpx.post(form_url, data=form["fields"], files={"file": ("image.png", data)}, timeout=120)
    assert posted.status_code == 201
    assert api.post(f"/api/v2/assets/{asset_id}/complete").status_code == 201
    stored = aws.client("s3").get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert stored["Body"].read() == data
    assert [asset["asset_id"] for asset in api.get("/api/v2/assets").json()["assets"]] == [asset_id]
    assert api.get(f"/api/v2/assets/{asset_id}/metadata").json()["size_bytes"] == len(data)
    assert api.delete(f"/api/v2/assets/{asset_id}").status_code == 200
    assert api.delete(f"/api/v2/assets/{asset_id}").json()["detail"] == "Asset not found"


def test_a_request_without_a_token_is_refused(api: httpx.Client) -> None:
    response = api.get("/api/v2/assets", headers={"Authorization": ""})
    assert (response.status_code, response.json()["detail"]) == (401, "Not authenticated")
