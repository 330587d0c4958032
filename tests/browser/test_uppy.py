"""The code of docs/uppy.md with the real packages, in Chromium, against the whole stack."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests import media
from tests.browser.patience import new_page
from tests.e2e.client import Caller, succeeded
from tests.e2e.local_stack import LocalStack

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "uppy.md"
PACKAGES = HERE / "uppy"
CLIENT = HERE.parents[1] / "clients" / "js" / "src" / "uppy.js"
VERSIONS = ["5", "6"]
MIB = 1024 * 1024
# Three parts of up to 16 MiB.
LONG = media.padded_mp4(33 * MIB)
FILES = {
    "photo.jpg": ("image/jpeg", media.jpeg()),
    "clip.mp4": ("video/mp4", media.padded_mp4(6 * MIB)),
    "not-a.png": ("image/png", media.gif()),
    # Without the trailing zeros, which the page adds: routes are slow for many bytes.
    "long.mp4": ("video/mp4", LONG.rstrip(b"\0")),
}
UPLOAD = """
async ([api, token, names, options]) => {
  const uppy = documented.uploader(api, token, options);
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
# Start an upload in parts, and resolve when a part has been stored after a pause. Each part is held until its turn, so
# that the last is still missing when the page is reloaded.
PAUSE = """
async ([api, token, bytes]) => {
  const sent = new Set(["1"]);
  const { open, send, abort } = XMLHttpRequest.prototype;
  Object.assign(XMLHttpRequest.prototype, {
    open(method, url, ...others) {
      this.part = new URL(url, location).searchParams.get("partNumber");
      open.call(this, method, url, ...others);
    },
    send(body) {
      this.isHeld = this.part && !sent.has(this.part);
      if (!this.isHeld) send.call(this, body);
    },
    abort() {
      if (this.isHeld) this.dispatchEvent(new ProgressEvent("abort"));
      else abort.call(this);
    },
  });
  globalThis.uppy = documented.uploader(api, token, { resumable: true });
  const stored = () => new Promise((resolve) => uppy.once("s3-multipart:part-uploaded", resolve));
  const begin = await (await fetch("/samples/long.mp4")).arrayBuffer();
  const data = new Blob([begin, new Uint8Array(bytes - begin.byteLength)]);
  const id = uppy.addFile({ name: "long.mp4", type: "video/mp4", data });
  let one = stored();
  uppy.upload();
  await one;
  uppy.pauseAll();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { isPaused, progress } = uppy.getFile(id);
  sent.add("2");
  one = stored();
  uppy.resumeAll();
  await one;
  return { isPaused, isComplete: progress.uploadComplete };
}
"""
# Runs after the page is reloaded.
GO_ON = """
async ([api, token]) => {
  const uppy = documented.uploader(api, token, { resumable: true });
  await new Promise((resolve) => uppy.once("restored", resolve));
  const complete = new Promise((resolve) => uppy.once("complete", resolve));
  uppy.emit("restore-confirmed");
  const { successful, failed } = await complete;
  return { urls: successful.map(({ uploadURL }) => uploadURL), errors: failed.map(({ error }) => error) };
}
"""
TYPED = """
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { awsS3Options, restrictions } from "asset-upload-client/uppy";

const uppy = new Uppy({ restrictions });
uppy.use(AwsS3, awsS3Options(uppy, "https://example.org", async () => "token", { resumable: true, tags: ["t"] }));
"""


@pytest.fixture(params=VERSIONS)
def script(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return bundle(request.param, tmp_path)


@pytest.fixture
def page(script: str, browser: Browser, stack: LocalStack) -> Iterator[Page]:
    """A page of the API's host with one version of Uppy."""
    opened = new_page(browser, bypass_csp=True)
    opened.route(f"{stack.url}/samples/*", sample)
    # Served by the host itself, or Chromium treats the page as public, and blocks requests to this machine's S3.
    opened.goto(f"{stack.url}/api/v2/health")
    opened.add_script_tag(content=script)
    yield opened
    opened.close()


def sample(route: Route) -> None:
    content_type, data = FILES[route.request.url.rpartition("/")[2]]
    route.fulfill(content_type=content_type, body=data)


def bundle(version: str, folder: Path) -> str:
    """Bundle the documented code for a version of Uppy as a script that sets `documented`."""
    for name, code in re.findall(r"```js\n// (\S+\.js)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL):
        (folder / name).write_text(code)
    paths = [PACKAGES / f"v{version}" / "node_modules", PACKAGES / "node_modules"]
    done = subprocess.run(
        [
            str(PACKAGES / "node_modules" / ".bin" / "esbuild"), str(folder / "uploader.js"),
            f"--alias:asset-upload-client/uppy={CLIENT}", "--bundle",
            "--format=iife", "--global-name=documented", "--log-level=warning",
        ],
        env={**os.environ, "NODE_PATH": os.pathsep.join(map(str, paths))},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def uploaded(page: Page, owner: Caller, *names: str, **options: object) -> dict[str, Any]:
    response: dict[str, Any] = page.evaluate(UPLOAD, [f"{owner.http.base_url}", owner.token, list(names), options])
    return response


def test_uppy_uploads_images_and_videos(page: Page, alice: Caller) -> None:
    response = uploaded(page, alice, "photo.jpg", "clip.mp4")
    assert response["failed"] == {}
    listed = succeeded(alice.list_assets(), 200)["assets"]
    assert response["successful"] == {asset["filename"]: asset["url"] for asset in listed}
    assert response["successful"].keys() == {"photo.jpg", "clip.mp4"}
    assert {asset["filename"]: alice.get(asset["asset_id"]).content for asset in listed} == {
        name: FILES[name][1] for name in ("photo.jpg", "clip.mp4")
    }
    assert response["progress"] >= len(FILES["clip.mp4"][1])


def test_uppy_shows_why_bytes_were_refused(page: Page, alice: Caller) -> None:
    response = uploaded(page, alice, "not-a.png", "photo.jpg")
    assert response["successful"].keys() == {"photo.jpg"}
    assert "Invalid file type" in response["failed"]["not-a.png"]
    assert len(alice.listed_ids()) == 1


def test_uppy_shows_the_rate_limit(page: Page, alice: Caller) -> None:
    for _ in range(10):
        succeeded(alice.ask_for_form("clip.mp4"), 201)
    response = uploaded(page, alice, "photo.jpg", retries=0)
    assert response["successful"] == {}
    assert "Too many requests" in response["failed"]["photo.jpg"]


def test_uppy_resumes_after_a_pause_and_a_reload(page: Page, script: str, alice: Caller) -> None:
    stored: list[str] = []
    page.on("requestfinished", lambda request: stored.extend(re.findall(r"partNumber=(\d+)", request.url)))
    api = f"{alice.http.base_url}"
    paused = page.evaluate(PAUSE, [api, alice.token, len(LONG)])
    assert paused == {"isPaused": True, "isComplete": False}
    page.reload()
    page.add_script_tag(content=script)
    response = page.evaluate(GO_ON, [api, alice.token])
    (asset,) = succeeded(alice.list_assets(), 200)["assets"]
    assert response == {"urls": [asset["url"]], "errors": []}
    assert sorted(stored) == ["1", "2", "3"]
    assert alice.get(asset["asset_id"]).content == LONG


@pytest.mark.parametrize("version", VERSIONS)
def test_the_options_have_uppys_types(version: str, tmp_path: Path) -> None:
    project = tmp_path / f"v{version}"
    project.mkdir()
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    if (own := PACKAGES / f"v{version}" / "node_modules").exists():
        (project / "node_modules").symlink_to(own)
    (project / "uploader.ts").write_text(TYPED)
    paths = {"asset-upload-client/uppy": [str(CLIENT.parents[1] / "types" / "uppy.d.ts")]}
    options = {"noEmit": True, "strict": True, "skipLibCheck": True, "module": "nodenext", "types": [], "paths": paths}
    (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["uploader.ts"]}))
    compiler = CLIENT.parents[1] / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [str(compiler), "--project", "."], cwd=project, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout


def test_both_versions_are_the_documented_ones() -> None:
    for version, package in (("5", PACKAGES), ("6", PACKAGES / "v6")):
        text = (package / "node_modules" / "@uppy" / "aws-s3" / "package.json").read_text()
        assert re.search(rf'"version": "{version}\.', text)
