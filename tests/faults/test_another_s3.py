"""Forms and copies at SeaweedFS, an independent implementation of S3.

Unlike the emulator, it checks a form's checksum, and refuses a copy onto an existing object (`IfNoneMatch`).
"""

import datetime as dt
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.credentials import Credentials

from asset_api.assets import asset_ids
from asset_api.media.file_types import PNG
from asset_api.publishing.arrivals import Arrival, ArrivalGoneError, Upload
from asset_api.publishing.assets_bucket import AssetsBucket, Facts, NotStoredError
from asset_api.publishing.incoming_bucket import IncomingBucket
from asset_api.uploads.form_signing import FormSigner
from local import ports
from tests import media
from tests.corpus import md5_twins

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

START_TIMEOUT_SECONDS = 180
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "AKIDEXAMPLE", "a-secret-for-tests"
REGION = "us-east-1"
IMAGE = media.png()
OTHER_IMAGE = IMAGE[:-1] + b"\0"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run SeaweedFS with one identity, which may do anything."""
    directory = tmp_path_factory.mktemp("seaweedfs")
    identity = {
        "name": "upload",
        "credentials": [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}],
        "actions": ["Admin"],
    }
    (directory / "identities.json").write_text(json.dumps({"identities": [identity]}))
    with ExitStack() as claims:
        services = ("master", "volume", "filer", "s3")
        chosen = {
            f"{service}.{port}": claims.enter_context(ports.claimed([]))
            for service in services
            for port in ("port", "port.grpc")
        }
        address = f"http://127.0.0.1:{chosen['s3.port']}"
        process = _started(directory, chosen)
        try:
            _wait_until_ready(address, process)
            yield address
        finally:
            process.terminate()
            process.wait()


def _started(directory: Path, chosen: dict[str, int]) -> subprocess.Popen[bytes]:
    weed = shutil.which("weed", path=Path(sys.executable).parent)
    assert weed, "SeaweedFS is missing: make test-faults installs it"
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(
            [
                weed,
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-dir={directory}",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=20",
                "-filer",
                "-s3",
                f"-s3.config={directory / 'identities.json'}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                *(f"-{name}={port}" for name, port in chosen.items()),
            ],
            stdout=log,
            stderr=log,
        )


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            # 503 until its services have connected.
            if httpx.put(f"{address}/probe", timeout=120).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("SeaweedFS does not respond")


@pytest.fixture(scope="module")
def s3(url: str) -> "S3Client":
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=REGION,
    )
    client.create_bucket(Bucket="incoming")
    client.put_bucket_versioning(Bucket="incoming", VersioningConfiguration={"Status": "Enabled"})
    client.create_bucket(Bucket="assets")
    return client


@pytest.fixture
def upload() -> Upload:
    asset_id = asset_ids.mint("alice", salt="salt", now=dt.datetime.now(dt.UTC))
    return Upload(asset_id, "alice", "Übersicht 日本.png", PNG)


def form_of(upload: Upload, url: str, *, size_bytes: int | None = len(IMAGE), age_seconds: int = 0) -> dict[str, Any]:
    credentials = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    signer = FormSigner("incoming", "", REGION, url, lambda: credentials)
    issued_at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age_seconds)
    return signer.sign(upload, size_bytes=size_bytes, issued_at=issued_at, base_url=url)


def post(form: dict[str, Any], data: bytes, **changed_fields: str) -> httpx.Response:
    files = {"file": ("x.png", data, "image/png")}
    return httpx.post(form["url"], data={**form["fields"], **changed_fields}, files=files, timeout=120)


def arrived(upload: Upload, url: str, s3: "S3Client") -> Arrival:
    assert post(form_of(upload, url), IMAGE).status_code == 201
    arrival = IncomingBucket(s3, "incoming").find(upload.asset_id)
    assert arrival is not None
    return arrival


@pytest.mark.parametrize("size_bytes", [None, len(IMAGE)])
def test_accepts_a_form_as_issued(size_bytes: int | None, upload: Upload, url: str, s3: "S3Client") -> None:
    response = post(form_of(upload, url, size_bytes=size_bytes), IMAGE)
    assert (response.status_code, bool(response.headers["ETag"])) == (201, True)
    arrival = IncomingBucket(s3, "incoming").find(upload.asset_id)
    assert arrival is not None
    assert (arrival.upload, arrival.size_bytes, arrival.head) == (upload, len(IMAGE), IMAGE)


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "uploads/another"},
        {"key": "generated/x"},
        {"Content-Type": "text/html"},
        {"x-amz-meta-owner": "Ym9i"},
        {"x-amz-meta-filename": "Yi5wbmc"},
        {"success_action_status": "200"},
        {"x-amz-signature": "0" * 64},
        {"x-amz-credential": "AKIDOTHER/20251115/us-east-1/s3/aws4_request"},
        {"policy": "e30="},
    ],
    ids=lambda changed: next(iter(changed.items()))[0],
)
def test_refuses_a_changed_form(changed: dict[str, str], upload: Upload, url: str, s3: "S3Client") -> None:
    assert post(form_of(upload, url), IMAGE, **changed).status_code == 403
    assert IncomingBucket(s3, "incoming").find(upload.asset_id) is None


@pytest.mark.parametrize(("data", "code"), [(IMAGE + b"0", "EntityTooLarge"), (IMAGE[:-1], "EntityTooSmall")])
def test_refuses_another_size_than_declared(data: bytes, code: str, upload: Upload, url: str) -> None:
    response = post(form_of(upload, url), data)
    assert response.status_code == 400
    assert f"<Code>{code}</Code>" in response.text


def test_refuses_an_expired_form(upload: Upload, url: str) -> None:
    assert post(form_of(upload, url, age_seconds=3600), IMAGE).status_code == 403


def test_refuses_bytes_with_another_checksum(upload: Upload, url: str) -> None:
    form = form_of(upload._replace(sha256="00" * 32), url)
    assert post(form, IMAGE).status_code == 400


def test_copies_the_inspected_version(upload: Upload, url: str, s3: "S3Client") -> None:
    incoming, assets = IncomingBucket(s3, "incoming"), AssetsBucket(s3, "assets", 300)
    arrival = arrived(upload, url, s3)
    assets.copy(upload, incoming.copy_source(arrival), facts=Facts(64, 48))
    public = s3.get_object(Bucket="assets", Key=f"api/v2/assets/{upload.asset_id}")
    assert public["Body"].read() == IMAGE
    assert public["ContentType"] == "image/png"
    assert public["CacheControl"] == "public, max-age=31536000, immutable, s-maxage=300"
    assert public["ContentDisposition"].startswith("inline;")
    assert public["Metadata"] == {"width": "64", "height": "48"}  # does not identify the owner
    assert assets.has(upload.asset_id)


@pytest.mark.parametrize(("sent", "other"), [(IMAGE, OTHER_IMAGE), (md5_twins.PICTURE, md5_twins.PAGE)])
def test_does_not_copy_a_version_posted_after_the_inspection(
    sent: bytes, other: bytes, upload: Upload, url: str, s3: "S3Client"
) -> None:
    """Post another file, one of them with the MD5 of the first."""
    incoming, assets = IncomingBucket(s3, "incoming"), AssetsBucket(s3, "assets", 300)
    form = form_of(upload, url, size_bytes=len(sent))
    assert post(form, sent).status_code == 201
    inspected = incoming.find(upload.asset_id)
    assert inspected is not None
    assert post(form, other).status_code == 201
    assert incoming.read(inspected, 0, len(sent)) == sent
    assets.copy(upload, incoming.copy_source(inspected), facts=Facts())
    assert s3.get_object(Bucket="assets", Key=f"api/v2/assets/{upload.asset_id}")["Body"].read() == sent


def test_removes_single_and_remaining_versions(upload: Upload, url: str, s3: "S3Client") -> None:
    incoming = IncomingBucket(s3, "incoming")
    first = arrived(upload, url, s3)
    second = arrived(upload, url, s3)
    arrived(upload, url, s3)
    incoming.remove_version(upload.asset_id, first.version_id)
    with pytest.raises(ArrivalGoneError):
        incoming.read(first, 0, 10)
    assert incoming.read(second, 0, len(IMAGE)) == IMAGE
    incoming.remove(upload.asset_id)
    left = s3.list_object_versions(Bucket="incoming", Prefix=incoming.key(upload.asset_id))
    assert left.keys().isdisjoint({"Versions", "DeleteMarkers"})


def test_the_first_copy_wins(upload: Upload, url: str, s3: "S3Client") -> None:
    incoming, assets = IncomingBucket(s3, "incoming"), AssetsBucket(s3, "assets", 300)
    arrival = arrived(upload, url, s3)
    assets.copy(upload, incoming.copy_source(arrival), facts=Facts(64, 48))
    with pytest.raises(NotStoredError):
        assets.copy(upload, incoming.copy_source(arrival), facts=Facts(1, 1))
    public = assets.find(upload.asset_id)
    assert public is not None
    assert public.facts == Facts(64, 48)


def test_does_not_copy_a_missing_version(upload: Upload, url: str, s3: "S3Client") -> None:
    incoming, assets = IncomingBucket(s3, "incoming"), AssetsBucket(s3, "assets", 300)
    arrival = arrived(upload, url, s3)
    incoming.remove(upload.asset_id)
    with pytest.raises(NotStoredError):
        assets.copy(upload, incoming.copy_source(arrival), facts=Facts())
    assert incoming.find(upload.asset_id) is None
