"""Uploads in parts: in parallel, whole, and checked against changes of the file."""

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from asset_upload_client import AsyncAssetClient, errors, local_files, parts, stored_parts
from tests import media
from tests.unit.clients.parts_service import PART, SIZE, PartsService
from tests.unit.clients.scripted_service import BASE, Operation, problem


def test_a_large_file_is_uploaded_in_parts(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    service.publishing = 2
    progress: list[tuple[int, int]] = []
    response = call(service, "upload", clip, on_progress=lambda *sent: progress.append(sent), tags=["t"])
    assert service.data == clip.read_bytes()
    assert service.received == {number: service.size_of_part(number) for number in range(1, 14)}
    assert response["size_bytes"] == SIZE
    assert progress[-1] == (SIZE, SIZE)
    assert [sent for sent, _ in progress] == sorted(sent for sent, _ in progress)
    sent = json.loads(service.requests[0].content)
    assert sent == {"filename": "clip.mp4", "content_type": "video/mp4", "size_bytes": SIZE, "tags": ["t"]}
    assert service.requests[0].headers["Idempotency-Key"]
    assert service.signed == [list(range(1, 14))]
    assert list(states.iterdir()) == []


@pytest.mark.parametrize("source", ["bytes", "file", "iterator"])
def test_every_kind_of_source_is_uploaded_in_parts(
    call: Operation, service: PartsService, clip: Path, source: str
) -> None:
    data = clip.read_bytes()
    given = {"bytes": data, "file": io.BytesIO(data), "iterator": iter([data[:7], data[7:]])}[source]
    call(service, "upload", given, filename="clip.mp4")
    assert service.data == data


def test_a_part_is_retried_after_a_network_error(call: Operation, service: PartsService, clip: Path) -> None:
    cut: set[int] = set()

    def interfere(number: int, _: bytes) -> httpx.Response | None:
        if number % 3 == 0 and number not in cut:
            cut.add(number)
            raise httpx.WriteError("reset")
        return None

    service.interfere = interfere
    progress: list[int] = []
    call(service, "upload", clip, on_progress=lambda sent, _: progress.append(sent))
    assert service.data == clip.read_bytes()
    assert cut == {3, 6, 9, 12}
    assert progress[-1] == SIZE
    assert max(progress) == SIZE


def test_a_corrupted_part_is_sent_again(call: Operation, service: PartsService, clip: Path) -> None:
    changed = httpx.Response(200, headers={"ETag": f'"{"0" * 32}"'})
    responses = [changed]
    service.interfere = lambda number, data: responses.pop() if number == 5 and responses else None  # noqa: ARG005
    call(service, "upload", clip)
    assert service.received[5] == 2 * PART
    service.interfere = lambda number, data: (  # noqa: ARG005
        httpx.Response(200, headers={"ETag": f'"{"0" * 32}"'}) if number == 5 else None
    )
    with pytest.raises(errors.ChecksumMismatch):
        call(service, "upload", clip)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "Request has expired"),
        # The session token of the signing role has expired.
        (400, "ExpiredToken", "The provided token has expired."),
    ],
)
def test_an_expired_signature_is_replaced(
    status: int, code: str, words: str, call: Operation, service: PartsService, clip: Path
) -> None:
    text = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    expired = [httpx.Response(status, text=text)]
    service.interfere = lambda number, data: expired.pop() if number == 2 and expired else None  # noqa: ARG005
    call(service, "upload", clip)
    assert service.signed[1:] == [[2]]
    service.interfere = lambda number, data: httpx.Response(status, text=text)  # noqa: ARG005
    with pytest.raises(errors.AssetError, match=words):
        call(service, "upload", clip)


def test_a_part_that_s3_lost_is_sent_again(call: Operation, service: PartsService, clip: Path) -> None:
    original = service._complete
    lost: list[bytes] = []

    def lose() -> httpx.Response:
        if not lost:
            lost.append(service.stored.pop(7))
        return original()

    service._complete = lose  # type: ignore[method-assign]
    call(service, "upload", clip)
    assert service.data == clip.read_bytes()
    assert service.received[7] == 2 * PART


def test_a_refused_upload_is_not_resumed(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    service._complete = lambda: problem(400, "invalid-file-type", "Invalid file type")  # type: ignore[method-assign]
    with pytest.raises(errors.InvalidFileType):
        call(service, "upload", clip)
    assert list(states.iterdir()) == []


def test_a_deployment_without_parts_reports_its_size_limit(call: Operation, clip: Path) -> None:
    def absent(_: httpx.Request) -> httpx.Response:
        return problem(404, "not-found", "Not found: the API has no such path and method")

    with pytest.raises(errors.FileTooLarge, match="limit of this deployment is 20,000"):
        call(absent, "upload", clip)


def test_a_file_that_shrinks_during_its_upload_is_an_error(call: Operation, service: PartsService, clip: Path) -> None:
    def shrink(done: int, _total: int) -> None:
        if done:
            os.truncate(clip, PART)

    with pytest.raises(errors.FileNotReadable, match="changed"):
        call(service, "upload", clip, on_progress=shrink)


def _change(path: Path) -> None:
    """Change a file but not its size. Set its time as well: clocks of some file systems are coarse."""
    at = path.stat().st_mtime_ns
    with path.open("r+b") as file:
        file.seek(SIZE - 5)
        file.write(b"other")
    os.utime(path, ns=(at + 1, at + 1))


@pytest.mark.parametrize("last", [1, 6 * PART, SIZE])
def test_a_large_file_changed_during_its_upload_is_not_completed(
    last: int, call: Operation, service: PartsService, clip: Path
) -> None:
    changed: list[int] = []

    def change(done: int, _total: int) -> None:
        if done >= last and not changed:
            changed.append(done)
            _change(clip)

    with pytest.raises(errors.FileNotReadable, match=r"clip\.mp4 changed while it was uploaded"):
        call(service, "upload", clip, on_progress=change)
    assert not service.completed
    call(service, "upload", clip)
    assert service.begun == 2
    assert service.data == clip.read_bytes()


def _at_the_end(act: Callable[[], object]) -> Callable[[int, int], None]:
    """Return a progress callback that acts once the last byte has been sent."""
    left = [act]

    def on_progress(done: int, total: int) -> None:
        if done == total and left:
            left.pop()()

    return on_progress


def _change_secretly(path: Path) -> None:
    """Change a file's first part, but neither its size nor its modification time."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(PART - 5)
        file.write(b"other")
    # The clock of the file system may be coarse.
    while path.stat().st_ctime_ns == before.st_ctime_ns or path.stat().st_mtime_ns != before.st_mtime_ns:
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))


def _replace_secretly(path: Path) -> None:
    """Replace a file with another one of the same size and modification time."""
    other = path.with_name("other.mp4")
    shutil.copy2(path, other)
    _change_secretly(other)
    other.replace(path)


@pytest.mark.parametrize("change", [_change_secretly, _replace_secretly])
def test_a_large_file_whose_time_was_restored_after_a_change_is_not_completed(
    change: Callable[[Path], None], call: Operation, service: PartsService, clip: Path
) -> None:
    with pytest.raises(errors.FileNotReadable, match=r"clip\.mp4 changed while it was uploaded"):
        call(service, "upload", clip, on_progress=_at_the_end(lambda: change(clip)))
    assert not service.completed
    call(service, "upload", clip)
    assert service.data == clip.read_bytes()


def test_a_large_file_whose_permissions_change_is_uploaded_once(
    call: Operation, service: PartsService, clip: Path
) -> None:
    call(service, "upload", clip, on_progress=_at_the_end(lambda: clip.chmod(0o600)))
    assert service.data == clip.read_bytes()
    assert service.received == {number: service.size_of_part(number) for number in range(1, 14)}


def test_an_undisturbed_upload_neither_lists_parts_nor_reads_the_file_twice(
    call: Operation, service: PartsService, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(stored_parts, "_md5")
    call(service, "upload", clip)
    assert "GET" not in {request.method for request in service.requests}


def test_a_small_file_changed_after_inspection_is_not_sent(
    call: Operation, service: PartsService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small.mp4"
    small.write_bytes(media.mp4())
    inspected = local_files.inspect

    def inspect_and_change(*arguments: Any) -> local_files.LocalFile:
        found = inspected(*arguments)
        os.utime(small, ns=(1, 1))
        return found

    monkeypatch.setattr(local_files, "inspect", inspect_and_change)
    with pytest.raises(errors.FileNotReadable, match="changed"):
        call(service, "upload", small)
    assert service.requests == []


@pytest.mark.parametrize("number", [1, 7, 13])
def test_the_slower_of_two_processes_returns_the_same_asset(
    number: int, call: Operation, service: PartsService, clip: Path
) -> None:
    """One completes the upload while the other still sends parts."""
    data = clip.read_bytes()

    def complete(sent: int, _: bytes) -> httpx.Response | None:
        if sent == number:
            parts_of = range(1, service.part_count + 1)
            service.stored = {each: data[(each - 1) * PART : each * PART] for each in parts_of}
            service.completed = True
        return None

    service.interfere = complete
    assert call(service, "upload", clip)["size_bytes"] == SIZE
    assert (service.begun, service.data) == (1, data)


def test_an_upload_aborted_by_another_process_is_an_error(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    def abort(number: int, _: bytes) -> httpx.Response | None:
        service.aborted = service.aborted or number == 7
        return None

    service.interfere = abort
    with pytest.raises(errors.UploadNotFound, match="Upload the file again"):
        call(service, "upload", clip)
    assert list(states.iterdir()) == []


def test_a_constant_number_of_parts_is_sent_in_parallel() -> None:
    running = most = 0
    service = PartsService(SIZE, PART)

    async def serve(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.001)
        await request.aread()
        running -= 1
        return service(request)

    async def upload() -> None:
        async with AsyncAssetClient(BASE, "t", transport=httpx.MockTransport(serve)) as client:
            await client.upload(media.padded_mp4(SIZE), filename="a.mp4")

    anyio.run(upload)
    assert most == parts.WORKERS
