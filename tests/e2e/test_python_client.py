"""The Python client against the whole stack."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from asset_upload_client import AssetClient, AsyncAssetClient, RetryPolicy, errors, local_files
from local.stack import NAME
from tests import media
from tests.e2e import emulated_aws
from tests.e2e.client import PATIENCE_SECONDS, Caller
from tests.e2e.cutting_proxy import CuttingProxy, Fault, cutting_proxy
from tests.e2e.expired_forms import expired_form
from tests.e2e.local_stack import LocalStack
from tests.limited_process import PEAK_MEGABYTES
from tests.samples import CLEAN, MIME

MIB = 1024 * 1024
QUICK = RetryPolicy(first_backoff=0.05)


@pytest.fixture
def client(stack: LocalStack, alice: Caller) -> Iterator[AssetClient]:
    with AssetClient(stack.url, alice.token) as connected:
        yield connected


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Write one file for every extension."""
    paths = [tmp_path / f"a.{extension}" for extension in CLEAN]
    for path in paths:
        path.write_bytes(CLEAN[path.suffix[1:]])
    return paths


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Write a file that is too large for one request."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(media.padded_mp4(5 * MIB))
    return path


def test_python_uploads_lists_downloads_and_deletes_every_type(
    client: AssetClient, files: list[Path], tmp_path: Path
) -> None:
    for outcome in client.upload_many(files):
        assert outcome.answer is not None, outcome.error
        asset = client.get(outcome.answer["asset_id"])
        assert asset["file_type"] == MIME[outcome.path.suffix[1:]]
        assert asset["sha256"] == hashlib.sha256(outcome.path.read_bytes()).hexdigest()
        there = client.download(outcome.answer["url"], tmp_path / "there", overwrite=True)
        assert there.read_bytes() == outcome.path.read_bytes()
    assert {asset["filename"] for asset in client.assets()} == {path.name for path in files}
    assert client.list_assets(limit=2, offset=1)["offset"] == 1
    for asset in list(client.assets()):
        assert client.delete(asset["asset_id"])["success"]
    assert client.list_assets()["assets"] == []


def test_the_async_python_client_uploads_every_type(stack: LocalStack, alice: Caller, files: list[Path]) -> None:
    async def upload() -> list[str]:
        async with AsyncAssetClient(stack.url, alice.token) as client:
            outcomes = await client.upload_many(files)
            assert [outcome.error for outcome in outcomes] == [None] * len(files)
            return [asset["filename"] async for asset in client.assets()]

    assert set(anyio.run(upload)) == {path.name for path in files}


def test_python_accepts_that_publishing_removes_metadata(client: AssetClient, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(media.jpeg(exif=True))
    assert client.upload(path)["size_bytes"] < path.stat().st_size


def test_python_uploads_50_mb_in_constant_memory(stack: LocalStack, alice: Caller, tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    path.write_bytes(media.padded_mp4(50 * MIB))
    program = """
import sys
from asset_upload_client import AssetClient
client = AssetClient(sys.argv[1], sys.argv[2])
client.list_assets()
before = peak_megabytes()
client.download(client.upload(sys.argv[3])["asset_id"], sys.argv[3] + ".copy")
print(peak_megabytes() - before)
"""
    command = [sys.executable, "-c", PEAK_MEGABYTES + program, stack.url, str(alice.token), str(path)]
    grown_megabytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown_megabytes < 15
    assert path.with_name("large.mp4.copy").stat().st_size == 50 * MIB


class Rerouted(httpx.HTTPTransport):
    """A transport that connects to this port, whatever the URL says."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=self.port)
        return super().handle_request(request)


@pytest.fixture
def proxy(stack: LocalStack) -> Iterator[CuttingProxy]:
    with cutting_proxy(stack.port) as proxy:
        yield proxy


@pytest.fixture
def unsteady(stack: LocalStack, alice: Caller, proxy: CuttingProxy) -> Iterator[AssetClient]:
    """A client whose connections may be lost."""
    with AssetClient(stack.url, alice.token, retries=QUICK, transport=Rerouted(proxy.port)) as client:
        yield client


UPLOAD = b"POST /api/v2/upload-asset"
# The bucket's name begins with the stack's.
FORM = f"POST /{NAME}-".encode()
METADATA = b"/metadata"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(UPLOAD, after_sent=0),
        Fault(UPLOAD, after_sent=200_000),
        Fault(UPLOAD, after_received=0),
        Fault(METADATA, after_sent=0),
        Fault(METADATA, after_received=0),
    ],
    ids=["before the request", "within the body", "before the response", "before checking", "while checking"],
)
def test_pythons_direct_upload_survives_a_lost_connection(
    unsteady: AssetClient, proxy: CuttingProxy, alice: Caller, tmp_path: Path, fault: Fault
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(media.padded_mp4(2 * MIB))
    proxy.fault = fault
    result = unsteady.upload(path)
    assert fault.struck.is_set()
    assert alice.listed_ids() == [result["asset_id"]]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(UPLOAD, after_sent=0),
        Fault(UPLOAD, after_received=0),
        Fault(FORM, after_sent=0),
        Fault(FORM, after_sent=2 * MIB),
        Fault(FORM, after_received=0),
        Fault(b"/complete", after_sent=0),
        Fault(b"/complete", after_received=0),
    ],
    ids=[
        "before the request",
        "before the response with the form",
        "before the post",
        "within the post",
        "before the response to the post",
        "before complete",
        "before the response to complete",
    ],
)
def test_pythons_upload_by_form_survives_a_lost_connection(
    unsteady: AssetClient, proxy: CuttingProxy, alice: Caller, clip: Path, fault: Fault
) -> None:
    proxy.fault = fault
    result = unsteady.upload(clip)
    assert fault.struck.is_set()
    assert alice.listed_ids() == [result["asset_id"]]
    assert alice.get(result["asset_id"]).content == clip.read_bytes()


def test_pythons_download_survives_a_lost_connection(
    unsteady: AssetClient, proxy: CuttingProxy, clip: Path, tmp_path: Path
) -> None:
    result = unsteady.upload(clip)
    fault = Fault(f"GET /api/v2/assets/{result['asset_id']} HTTP".encode(), after_received=MIB)
    proxy.fault = fault
    there = unsteady.download(result["asset_id"], tmp_path / "there.mp4")
    assert fault.struck.is_set()
    assert there.read_bytes() == clip.read_bytes()
    assert not list(tmp_path.glob(".assets-*"))


class KilledError(BaseException):
    """The end of the process, as by SIGKILL."""


class KilledBeforeTheFirstPart(httpx.HTTPTransport):
    """A transport that kills the process when S3 has stored all three parts except the first."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = threading.Semaphore(0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        part = request.url.params.get("partNumber")
        if part == "1":
            for _ in range(2):
                assert self.stored.acquire(timeout=PATIENCE_SECONDS)
            raise KilledError
        response = super().handle_request(request)
        if part:
            self.stored.release()
        return response


def test_python_resumes_with_the_missing_parts(
    stack: LocalStack, client: AssetClient, alice: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "FORM_MAX_BYTES", 4 * MIB)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = tmp_path / "film.mp4"
    path.write_bytes(media.padded_mp4(40 * MIB))

    with (
        AssetClient(stack.url, alice.token, transport=KilledBeforeTheFirstPart()) as killed,
        pytest.raises(KilledError),
    ):
        killed.upload(path)
    sent: list[int] = []
    result = client.upload(path, on_progress=lambda so_far, _total: sent.append(so_far))
    # The second and the third part are stored.
    assert 24 * MIB in sent[:2]
    assert alice.listed_ids() == [result["asset_id"]]
    assert alice.get(result["asset_id"]).content == path.read_bytes()


class FirstFormExpired(httpx.HTTPTransport):
    """A transport whose first form expired an hour ago."""

    def __init__(self, stack: LocalStack) -> None:
        super().__init__()
        self.stack = stack
        self.forms = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if not request.url.path.endswith("/upload-asset"):
            return response
        self.forms += 1
        if self.forms > 1:
            return response
        response.read()
        form = response.json()
        return httpx.Response(response.status_code, json=form | {"upload": expired_form(form, self.stack.root_key)})


def test_python_replaces_an_expired_form(stack: LocalStack, alice: Caller, clip: Path) -> None:
    transport = FirstFormExpired(stack)
    with AssetClient(stack.url, alice.token, transport=transport) as client:
        result = client.upload(clip)
    assert transport.forms == 2
    assert alice.listed_ids() == [result["asset_id"]]
    assert alice.get(result["asset_id"]).content == clip.read_bytes()


def test_python_reports_a_file_that_changes_during_its_upload(client: AssetClient, clip: Path) -> None:
    changed = False

    def change(_sent: int, _total: int) -> None:
        nonlocal changed
        if not changed:
            changed = True
            with clip.open("r+b") as file:
                file.seek(-1, os.SEEK_END)
                file.write(b"\xff")

    with pytest.raises(errors.ChecksumMismatch):
        client.upload(clip, on_progress=change)
    assert client.list_assets()["assets"] == []


def test_python_waits_after_a_429_and_uploads(stack: LocalStack, alice: Caller, tmp_path: Path) -> None:
    for _ in range(10):
        alice.uploaded("a.png", media.png())
    path = tmp_path / "b.png"
    path.write_bytes(media.png())
    _age_the_oldest_upload(stack, alice, seconds=57)
    with AssetClient(stack.url, alice.token) as client:
        assert client.upload(path)["filename"] == "b.png"


def _age_the_oldest_upload(stack: LocalStack, owner: Caller, *, seconds: int) -> None:
    """Move the first of ten uploads back, so that the wait for an eleventh is short."""
    table = emulated_aws.physical_id(stack, "RequestsTable")
    key = {"owner": {"S": owner.owner}, "sk": {"S": "uploads-a-minute"}}
    dynamodb = emulated_aws.client(stack, "dynamodb")
    item = dynamodb.get_item(TableName=table, Key=key)["Item"]
    for minute in (minute for minute in item if minute.startswith("minute") and len(item[minute]["L"]) == 10):
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=f"SET {minute}[9] = {minute}[9] - :age",
            ExpressionAttributeValues={":age": {"N": str(seconds * 1000)}},
        )


def test_python_generates_a_video(client: AssetClient, image_url: str) -> None:
    job = client.generate("wave", "stand-in/behaves", {"image": image_url})
    seen: list[str] = []
    done = client.wait_for_job(job["job_id"], on_change=lambda job: seen.append(job["status"]))
    assert done["video_url"]
    assert seen[-1] == "completed"
    assert client.list_jobs()["jobs"][0]["job_id"] == job["job_id"]
    assert client.cancel_job(job["job_id"])["status"] == "completed"


def test_python_raises_an_error_for_a_failed_video(client: AssetClient, image_url: str) -> None:
    job = client.generate("wave", "stand-in/fails", {"image": image_url})
    with pytest.raises(errors.JobFailed, match=job["job_id"]):
        client.wait_for_job(job["job_id"])
