"""The code of docs/uppy.md with the real packages, in Chromium, against the whole stack."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests import media
from tests.e2e.client import Caller, succeeded
from tests.e2e.local_stack import LocalStack

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "uppy.md"
PACKAGES = HERE / "uppy"
VERSIONS = ["5", "6"]
FILES = {
    "photo.jpg": ("image/jpeg", media.jpeg()),
    "clip.mp4": ("video/mp4", media.padded_mp4(6 * 1024 * 1024)),
    "not-a.png": ("image/png", media.gif()),
}
UPLOAD = """
async ([api, token, names]) => {
  const uppy = documented.uploader(api, token);
  const progress = [];
  uppy.on("upload-progress", (file, { bytesUploaded }) => progress.push(bytesUploaded));
  for (const name of names) {
    const data = await (await fetch(`/samples/${name}`)).blob();
    uppy.addFile({ name, type: data.type, data });
  }
  const { successful, failed } = await uppy.upload();
  return {
    successful: Object.fromEntries(successful.map(({ name, uploadURL }) => [name, uploadURL])),
    failed: Object.fromEntries(failed.map(({ name, error }) => [name, error])),
    progress: Math.max(0, ...progress),
  };
}
"""


@pytest.fixture(params=VERSIONS)
def page(request: pytest.FixtureRequest, browser: Browser, stack: LocalStack, tmp_path: Path) -> Iterator[Page]:
    """A page of the API's own host with the uploader of one version of Uppy in it."""
    opened = browser.new_page(bypass_csp=True)
    opened.route(f"{stack.url}/samples/*", sample)
    # Truly from the host, or Chromium takes the page for one of the Internet's, which may not reach this machine's S3.
    opened.goto(f"{stack.url}/api/v2/health")
    opened.add_script_tag(content=bundle(request.param, tmp_path))
    yield opened
    opened.close()


def sample(route: Route) -> None:
    content_type, data = FILES[route.request.url.rpartition("/")[2]]
    route.fulfill(content_type=content_type, body=data)


def bundle(version: str, folder: Path) -> str:
    """The documented code for a version of Uppy with its packages, as a script that sets `documented`."""
    for name, code in re.findall(r"```js\n// (\S+\.js)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL):
        (folder / name).write_text(code)
    paths = [PACKAGES / f"v{version}" / "node_modules", PACKAGES / "node_modules"]
    done = subprocess.run(
        [
            str(PACKAGES / "node_modules" / ".bin" / "esbuild"), str(folder / f"uppy-{version}.js"),
            "--bundle", "--format=iife", "--global-name=documented", "--log-level=warning",
        ],
        env={**os.environ, "NODE_PATH": os.pathsep.join(map(str, paths))},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def uploaded(page: Page, owner: Caller, *names: str) -> dict[str, Any]:
    api = f"{owner.http.base_url}".rstrip("/") + "/api/v2"
    answer: dict[str, Any] = page.evaluate(UPLOAD, [api, owner.token, list(names)])
    return answer


def test_uppy_uploads_images_and_videos(page: Page, alice: Caller) -> None:
    answer = uploaded(page, alice, "photo.jpg", "clip.mp4")
    assert answer["failed"] == {}
    listed = succeeded(alice.list_assets(), 200)["assets"]
    assert answer["successful"] == {asset["filename"]: asset["url"] for asset in listed}
    assert answer["successful"].keys() == {"photo.jpg", "clip.mp4"}
    assert {asset["filename"]: alice.get(asset["asset_id"]).content for asset in listed} == {
        name: FILES[name][1] for name in ("photo.jpg", "clip.mp4")
    }
    assert answer["progress"] >= len(FILES["clip.mp4"][1])


def test_uppy_shows_why_bytes_were_refused(page: Page, alice: Caller) -> None:
    answer = uploaded(page, alice, "not-a.png", "photo.jpg")
    assert answer["successful"].keys() == {"photo.jpg"}
    assert "Invalid file type" in answer["failed"]["not-a.png"]
    assert len(alice.listed_ids()) == 1


def test_uppy_shows_what_is_too_many(page: Page, alice: Caller) -> None:
    for _ in range(10):
        succeeded(alice.ask_for_form("clip.mp4"), 201)
    answer = uploaded(page, alice, "photo.jpg")
    assert answer["successful"] == {}
    assert "Too many requests" in answer["failed"]["photo.jpg"]


def test_both_versions_are_the_ones_that_are_documented() -> None:
    for version, package in (("5", PACKAGES), ("6", PACKAGES / "v6")):
        text = (package / "node_modules" / "@uppy" / "aws-s3" / "package.json").read_text()
        assert re.search(rf'"version": "{version}\.', text)
