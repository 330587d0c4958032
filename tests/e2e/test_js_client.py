"""The JavaScript client, in Node, against the whole stack."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import media
from tests.checkouts import check_out
from tests.e2e.client import Caller, succeeded
from tests.e2e.expired_forms import expired_form
from tests.e2e.javascript import CLIENT, evaluated, run, tool
from tests.e2e.local_stack import LocalStack
from tests.samples import CLEAN, MIME

MIB = 1024 * 1024
# Sends real requests, and loses the connection at request number `at`: before sending it, or after its response.
FAULTY_FETCH = """
  let requests = 0;
  const faulty = async (...request) => {
    requests += 1;
    const lost = requests === given.at;
    if (lost && !given.responded) throw new TypeError("fetch failed");
    const response = await fetch(...request);
    if (lost) throw new TypeError("fetch failed");
    return response;
  };
  const unlucky = new AssetClient(url, token, { fetch: faulty });
"""
CAUGHT = "(({ name, status, detail, retryAfter }) => ({ name, status, detail, retryAfter }))"


def upload(stack: LocalStack, owner: Caller, path: Path) -> Any:
    code = 'return client.upload(await openAsBlob(given.path), { filename: given.path.split("/").at(-1) });'
    return evaluated(code, stack.url, owner.token, path=str(path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return an MP4 that is too large for one request."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(media.padded_mp4(5 * MIB))
    return path


@pytest.mark.parametrize("extension", CLEAN)
def test_javascript_uploads_every_type(extension: str, stack: LocalStack, alice: Caller, tmp_path: Path) -> None:
    path = tmp_path / f"a file.{extension}"
    path.write_bytes(CLEAN[extension])
    response = upload(stack, alice, path)
    assert response.keys() == {"success", "url", "asset_id", "filename", "size_bytes"}
    assert (response["filename"], response["size_bytes"]) == (path.name, len(CLEAN[extension]))
    public = alice.get(response["asset_id"])
    assert public.headers["content-type"] == MIME[extension]
    assert public.content == CLEAN[extension]


def test_javascript_uploads_50_mb(stack: LocalStack, alice: Caller, tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    path.write_bytes(media.padded_mp4(50 * MIB))
    response = upload(stack, alice, path)
    [listed] = succeeded(alice.list_assets(), 200)["assets"]
    assert (listed["asset_id"], listed["size_bytes"]) == (response["asset_id"], 50 * MIB)
    sent = hashlib.sha256(path.read_bytes()).hexdigest()
    assert hashlib.sha256(alice.get(response["asset_id"]).content).hexdigest() == sent


def test_javascript_lists_pages_reads_and_deletes(stack: LocalStack, alice: Caller) -> None:
    ids = [alice.uploaded(f"{number}.png", media.png())["asset_id"] for number in range(3)][::-1]
    code = f"""
      const names = async (assets) => {{
        const found = [];
        for await (const {{ asset_id }} of assets) found.push(asset_id);
        return found;
      }};
      const all = await names(client.assets({{ pageSize: 2 }}));
      const offset = await names((await client.listAssets(2, 1)).assets);
      const videos = await names(client.assets({{ fileType: "video" }}));
      const one = await client.get(all[0]);
      const deleted = await client.delete(all[0]);
      const again = await client.delete(all[0]).catch({CAUGHT});
      return {{ all, offset, videos, one, deleted, again }};
    """
    seen = evaluated(code, stack.url, alice.token)
    assert (seen["all"], seen["offset"], seen["videos"]) == (ids, ids[1:], [])
    assert seen["one"]["filename"] == "2.png"
    assert seen["deleted"] == {"success": True, "message": f"Asset {ids[0]} deleted successfully"}
    assert (seen["again"]["status"], seen["again"]["detail"]) == (404, "Asset not found")
    assert alice.listed_ids() == ids[1:]


def test_javascript_resumes_with_the_missing_part_and_downloads_the_file(
    stack: LocalStack, alice: Caller, tmp_path: Path
) -> None:
    path = tmp_path / "large.mp4"
    path.write_bytes(media.padded_mp4(17 * MIB))
    code = f"""
      const controller = new AbortController();
      const stored = [];
      const onlyTheSecond = async (address, request) => {{
        const part = new URL(address).searchParams.get("partNumber");
        const {{ signal }} = controller;
        if (part === "1" && !signal.aborted) await new Promise((aborted) => signal.addEventListener("abort", aborted));
        const response = await fetch(address, request);
        if (part) stored.push(part);
        if (part === "2") controller.abort();
        return response;
      }};
      const interrupted = new AssetClient(url, token, {{ fetch: onlyTheSecond }});
      const options = {{ resumable: true, stateFile: given.state }};
      const aborted = await interrupted.upload(given.path, {{ ...options, signal: controller.signal }}).catch({CAUGHT});
      const {{ asset_id }} = await interrupted.upload(given.path, options);
      return {{ aborted: aborted.name, stored, copy: await client.download(asset_id, {{ to: given.folder }}) }};
    """
    folder = tmp_path / "copies"
    folder.mkdir()
    state = str(tmp_path / "state.json")
    seen = evaluated(code, stack.url, alice.token, path=str(path), state=state, folder=str(folder))
    assert (seen["aborted"], seen["stored"]) == ("AbortError", ["2", "1"])
    assert len(alice.listed_ids()) == 1
    assert seen["copy"] == str(folder / "large.mp4")
    assert Path(seen["copy"]).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("responded", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3], ids=["form", "post", "complete"])
def test_javascript_makes_one_asset_despite_a_lost_connection(
    at: int, responded: bool, stack: LocalStack, alice: Caller, file: Path
) -> None:
    code = FAULTY_FETCH + 'return unlucky.upload(await openAsBlob(given.path), { filename: "clip.mp4" });'
    response = evaluated(code, stack.url, alice.token, path=str(file), at=at, responded=responded)
    assert alice.listed_ids() == [response["asset_id"]]
    assert alice.get(response["asset_id"]).content == file.read_bytes()
    # All retries together count as one upload.
    assert ";r=8;" in alice.ask_for_form("clip.mp4").headers["ratelimit"]


@pytest.mark.parametrize("responded", [False, True], ids=["before", "after"])
def test_javascript_makes_one_asset_of_a_small_file_despite_a_lost_connection(
    responded: bool, stack: LocalStack, alice: Caller, tmp_path: Path
) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(media.png())
    code = FAULTY_FETCH + 'return unlucky.upload(await openAsBlob(given.path), { filename: "image.png" });'
    response = evaluated(code, stack.url, alice.token, path=str(path), at=1, responded=responded)
    assert alice.listed_ids() == [response["asset_id"]]


def test_javascript_replaces_an_expired_form(stack: LocalStack, alice: Caller, file: Path) -> None:
    form = succeeded(alice.ask_for_form("clip.mp4"), 201)
    expired = expired_form(form, stack.root_key)
    assert alice.post(expired, b"x").status_code == 403
    code = """
      let forms = 0;
      const withOld = async (address, request) => {
        const response = await fetch(address, request);
        if (!address.endsWith("/upload-asset") || ++forms > 1) return response;
        return Response.json({ ...(await response.json()), upload: given.expired }, response);
      };
      const old = new AssetClient(url, token, { fetch: withOld });
      const outcome = await old.upload(await openAsBlob(given.path), { filename: "clip.mp4" });
      return { forms, ...outcome };
    """
    response = evaluated(code, stack.url, alice.token, path=str(file), expired=expired)
    assert response["forms"] == 2
    assert alice.get(response["asset_id"]).content == file.read_bytes()


def test_javascript_aborts_an_upload(stack: LocalStack, alice: Caller, file: Path) -> None:
    code = """
      const controller = new AbortController();
      const aborting = async (address, request) => {
        if (!address.startsWith(`${url}/api/`)) setTimeout(() => controller.abort(), 1);
        return fetch(address, request);
      };
      const blob = await openAsBlob(given.path);
      const aborted = new AssetClient(url, token, { fetch: aborting })
        .upload(blob, { filename: "clip.mp4", signal: controller.signal });
      return aborted.then(() => "uploaded", ({ name }) => name);
    """
    assert evaluated(code, stack.url, alice.token, path=str(file)) == "AbortError"


def test_javascript_waits_after_a_429_and_stops_when_aborted(stack: LocalStack, alice: Caller, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(media.png())
    for _ in range(10):
        succeeded(alice.ask_for_form("clip.mp4"), 201)
    code = f"""
      const controller = new AbortController();
      let requests = 0;
      const counting = async (...request) => {{
        requests += 1;
        const response = await fetch(...request);
        if (requests === 2) setTimeout(() => controller.abort(), 100);
        return response;
      }};
      const send = async (retries) => {{
        const limited = new AssetClient(url, token, {{ fetch: counting, retries }});
        const options = {{ filename: "image.png", signal: controller.signal }};
        return limited.upload(await openAsBlob(given.path), options).catch({CAUGHT});
      }};
      return {{ refused: await send(0), aborted: await send(5), requests }};
    """
    seen = evaluated(code, stack.url, alice.token, path=str(path))
    assert (seen["refused"]["status"], seen["refused"]["detail"]) == (429, "Too many requests")
    assert 1 <= seen["refused"]["retryAfter"] <= 60
    assert (seen["aborted"]["name"], seen["requests"]) == ("AbortError", 2)
    assert alice.listed_ids() == []


def test_javascript_generates_a_video_and_waits_for_it(stack: LocalStack, alice: Caller, image_url: str) -> None:
    code = """
      const input = { first_frame_image: given.image };
      const { job_id } = await client.generate({ prompt: "wave", modelId: "minimax/video-01", input });
      const seen = [];
      const job = await client.waitForJob(job_id, { intervalMs: 200, onUpdate: ({ status }) => seen.push(status) });
      const { jobs } = await client.listJobs();
      return { job, seen, jobs, same: await client.getJob(job_id) };
    """
    response = evaluated(code, stack.url, alice.token, image=image_url)
    job = response["job"]
    assert response["seen"][-1] == "completed"
    assert response["same"] == job
    assert [one["job_id"] for one in response["jobs"]] == [job["job_id"]]
    assert alice.http.get(job["video_url"]).content[4:8] == b"ftyp"


def test_javascript_cancels_a_job(stack: LocalStack, alice: Caller) -> None:
    code = """
      const { job_id } = await client.generate({ prompt: "wave", modelId: "stand-in/never-ends" });
      const canceled = await client.cancelJob(job_id);
      const error = await client.waitForJob(job_id).catch((error) => error);
      return { status: canceled.status, failed: error instanceof JobFailedError, message: error.message };
    """
    response = evaluated(code, stack.url, alice.token)
    assert response["status"] == "canceled"
    assert response["failed"]
    assert "was canceled" in response["message"]


def test_javascript_reports_an_invalid_token(stack: LocalStack) -> None:
    seen = evaluated(f"return client.listAssets().catch({CAUGHT});", stack.url, "none")
    assert (seen["name"], seen["status"], seen["detail"]) == ("AssetApiError", 401, "Invalid or expired token")


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another project, with the package as npm would publish it."""
    folder = tmp_path_factory.mktemp("consumer")
    packed = json.loads(run(tool("npm"), "pack", "--json", "--silent", f"--pack-destination={folder}", cwd=CLIENT))
    [package] = packed if isinstance(packed, list) else packed.values()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    run(tool("npm"), "install", "--offline", "--no-audit", "--no-fund", f"./{package['filename']}", cwd=folder)
    return folder


def test_the_readmes_javascript_example_runs_in_a_new_project(consumer: Path, stack: LocalStack, alice: Caller) -> None:
    readme = (CLIENT / "README.md").read_text()
    match = re.search(r"```js\n(.*?)```", readme, re.DOTALL)
    assert match
    (consumer / "photo.jpg").write_bytes(media.jpeg())
    example = match[1].replace("http://localhost:8000", stack.url)
    (consumer / "example.js").write_text(example)
    printed = run(tool("node"), "example.js", cwd=consumer, env={"ASSETS_TOKEN": str(alice.token)})
    assert f"{stack.url}/api/v2/assets/" in printed
    assert [asset["source"] for asset in succeeded(alice.list_assets(), 200)["assets"]] == ["generation"]


@pytest.fixture(scope="module")
def folder_consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another project, with the package installed from a fresh clone's folder, as documented."""
    folder = tmp_path_factory.mktemp("clone")
    check_out(folder, "clients/js")
    consumer = folder / "consumer"
    consumer.mkdir()
    (consumer / "package.json").write_text('{"private": true, "type": "module"}')
    run(tool("npm"), "install", "--offline", "--no-audit", "--no-fund", "../clients/js", cwd=consumer)
    return consumer


@pytest.mark.parametrize("project", ["consumer", "folder_consumer"])
def test_the_javascript_package_has_types(project: str, request: pytest.FixtureRequest) -> None:
    consumer: Path = request.getfixturevalue(project)
    (consumer / "good.ts").write_text("""
        import { AssetApiError, AssetClient, JobFailedError } from "asset-upload-client";
        import { AssetUploader, type AssetUploaderStrings } from "asset-upload-client/uploader";
        import type {
          Asset, AssetListResponse, AssetUploadResponse, DeleteResponse, Job, UploadOutcome,
        } from "asset-upload-client";
        const client = new AssetClient("https://example.org", async () => "token", { retries: 1 });
        const uploaded: AssetUploadResponse = await client.upload(new Blob(["x"]), {
          filename: "a.png", onProgress: ({ loaded, total }) => console.log(loaded / total),
          signal: AbortSignal.abort(), visibility: "private", resumable: true,
        });
        for (const source of ["a.png", new URL("file:///a.png"), new Uint8Array(1), new Blob().stream()]) {
          await client.upload(source, { filename: "a.png", size: 1, stateFile: "state.json" });
        }
        const outcomes: UploadOutcome[] = await client.uploadMany(["a.png"], { concurrency: 2, tags: ["t"] });
        const blob: Blob = await client.download("a", { rendition: "w160.webp" });
        const path: string = await client.download("a", { to: "folder", overwrite: true });
        const bytes: ReadableStream<Uint8Array> = await client.stream("a");
        const url: string = await client.signedUrl("a", { expiresIn: 60, rendition: "w160.webp" });
        const page: AssetListResponse = await client.listAssets();
        for await (const asset of client.assets({ fileType: "image" })) { const id: string = asset.asset_id; }
        const width: number | undefined = (page.assets[0] as Asset).width;
        const gone: DeleteResponse = await client.delete(uploaded.asset_id);
        const job: Job = await client.waitForJob("j", { onUpdate: (job: Job) => {} });
        try { await client.get("a"); } catch (error) {
          if (error instanceof AssetApiError) { const wait: number | null = error.retryAfter; }
          if (error instanceof JobFailedError) { const status: string = error.job.status; }
        }
        const field: AssetUploader | null = document.querySelector("asset-uploader");
        const words: Partial<AssetUploaderStrings> = { choose: (many) => (many ? "Fotos" : "Foto") };
        if (field) Object.assign(field, { strings: words, getToken: async () => "token", client });
        field?.addEventListener("asset-uploaded", ({ detail: { asset, file } }) => console.log(asset.url, file.name));
    """)
    (consumer / "bad.ts").write_text("""
        import { AssetClient } from "asset-upload-client";
        const client = new AssetClient("https://example.org");
        await client.upload(["photo.jpg"]);
        for await (const asset of client.assets({ fileType: "audio" })) asset.nothing;
    """)
    options = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom",
        "--types",
        "",
    ]
    compiler = [tool("node"), str(CLIENT / "node_modules" / "typescript" / "bin" / "tsc"), *options]
    run(*compiler, "--ignoreConfig", "good.ts", cwd=consumer)
    with pytest.raises(AssertionError) as refusal:
        run(*compiler, "--ignoreConfig", "bad.ts", cwd=consumer)
    errors = re.findall(r"bad\.ts\((\d+),\d+\): error", str(refusal.value))
    assert set(errors) == {"3", "4", "5"}


def test_the_javascript_clients_own_tests_pass() -> None:
    files = sorted(str(path) for path in (CLIENT / "test").glob("*.test.mjs"))
    run(tool("node"), "--test", "--test-concurrency=8", *files)
