"""Uploads in parts of the Python client: in parallel, whole, and resumed after any interruption."""

import io
import json
import os
import random
import shutil
import stat
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from typer.testing import CliRunner

from asset_upload_client import AssetClient, AsyncAssetClient, errors, local_files, parts, upload_states
from asset_upload_client.cli.app import app
from asset_upload_client.cli.context import Context
from tests import media
from tests.unit.clients.parts_service import PartsService
from tests.unit.clients.scripted_service import BASE, ID, PATIENT, Operation, problem

PART = 20_000
SIZE = 12 * PART + 345


@pytest.fixture(autouse=True)
def states(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the states; files of more than a part are large."""
    monkeypatch.setattr(local_files, "FORM_MAX_BYTES", PART)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "assets" / "uploads"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(media.padded_mp4(SIZE))
    return path


@pytest.fixture
def service() -> PartsService:
    return PartsService(SIZE, PART)


def test_a_large_file_is_uploaded_in_parts(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    service.publishing = 2
    progress: list[tuple[int, int]] = []
    answer = call(service, "upload", clip, on_progress=lambda *sent: progress.append(sent), tags=["t"])
    assert service.data == clip.read_bytes()
    assert service.received == {number: service._size(number) for number in range(1, 14)}
    assert answer["size_bytes"] == SIZE
    assert progress[-1] == (SIZE, SIZE)
    assert [sent for sent, _ in progress] == sorted(sent for sent, _ in progress)
    asked = json.loads(service.requests[0].content)
    assert asked == {"filename": "clip.mp4", "content_type": "video/mp4", "size_bytes": SIZE, "tags": ["t"]}
    assert service.requests[0].headers["Idempotency-Key"]
    assert service.signed == [list(range(1, 14))]
    assert list(states.iterdir()) == []


@pytest.mark.parametrize("source", ["bytes", "file", "iterator"])
def test_every_source_goes_in_parts(call: Operation, service: PartsService, clip: Path, source: str) -> None:
    data = clip.read_bytes()
    given = {"bytes": data, "file": io.BytesIO(data), "iterator": iter([data[:7], data[7:]])}[source]
    call(service, "upload", given, filename="clip.mp4")
    assert service.data == data


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("seed", range(10))
def test_after_a_kill_anywhere_at_most_one_part_of_each_worker_is_sent_again(
    call: Operation, service: PartsService, clip: Path, seed: int
) -> None:
    last = random.Random(seed).randrange(SIZE)
    sent: dict[int, int] = {}

    def kill(done: int, _total: int) -> None:
        if done >= last:
            raise KilledError

    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill)
    sent = dict(service.received)
    kept = dict(service.stored)
    assert call(service, "upload", clip)["size_bytes"] == SIZE
    assert service.begun == 1
    assert service.data == clip.read_bytes()
    # What S3 had is not sent again, and everything else once.
    assert {number: service.received[number] for number in kept} == {number: sent[number] for number in kept}
    assert sum(service.received.values()) <= SIZE + parts.WORKERS * PART


def test_what_the_network_cuts_is_tried_again(call: Operation, service: PartsService, clip: Path) -> None:
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


def test_a_part_that_arrives_changed_is_sent_again(call: Operation, service: PartsService, clip: Path) -> None:
    changed = httpx.Response(200, headers={"ETag": f'"{"0" * 32}"'})
    answers = [changed]
    service.interfere = lambda number, data: answers.pop() if number == 5 and answers else None  # noqa: ARG005
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
        # The session token of the role that signed.
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


def test_an_upload_that_is_over_is_begun_anew(call: Operation, service: PartsService, clip: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=_kill_at(5 * PART))
    service.aborted = True
    call(service, "upload", clip)
    assert service.begun == 2
    assert service.data == clip.read_bytes()


def test_an_upload_whose_completion_was_not_answered_is_only_completed(
    call: Operation, service: PartsService, clip: Path
) -> None:
    original = service._complete

    def die() -> httpx.Response:
        original()
        raise KilledError

    service._complete = die  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        call(service, "upload", clip)
    service._complete = original  # type: ignore[method-assign]
    call(service, "upload", clip)
    assert service.received == {number: service._size(number) for number in range(1, 14)}


@pytest.mark.parametrize("change", ["content", "option", "owner", "resume"])
def test_another_upload_does_not_go_on_with_this_one(
    call: Operation, service: PartsService, clip: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=_kill_at(5 * PART))
    changed: dict[str, dict[str, Any]] = {"option": {"tags": ["t"]}, "resume": {"resume": False}}
    options = changed.get(change, {})
    if change == "content":
        os.utime(clip, ns=(0, 0))
    if change == "owner":
        monkeypatch.setattr(upload_states, "_owner", lambda _: "sub another")
    call(service, "upload", clip, **options)
    assert service.begun == 2


def test_another_token_of_the_same_owner_goes_on() -> None:
    first, second, other = (
        f"e30.{payload}.s" for payload in ("eyJzdWIiOiJhIn0", "eyJzdWIiOiJhIiwiZXhwIjoxfQ", "eyJzdWIiOiJiIn0")
    )
    assert upload_states._owner(first) == upload_states._owner(second) == "sub a"
    assert upload_states._owner(other) == "sub b"
    assert len({upload_states._owner(token) for token in ("opaque", "other", "a.b.c", "a.e30.c", None)}) == 5


def test_a_refusal_ends_the_upload_for_good(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    service._complete = lambda: problem(400, "invalid-file-type", "Invalid file type")  # type: ignore[method-assign]
    with pytest.raises(errors.InvalidFileType):
        call(service, "upload", clip)
    assert list(states.iterdir()) == []


def test_the_state_is_for_its_owner_alone_and_an_old_one_is_removed(
    service: PartsService, clip: Path, states: Path
) -> None:
    states.mkdir(parents=True)
    old = states / "old.json"
    old.touch()
    os.utime(old, (0, 0))
    with AssetClient(BASE, "t", retries=PATIENT, transport=httpx.MockTransport(service)) as client:
        with pytest.raises(KilledError):
            client.upload(clip, on_progress=_kill_at(PART))
        (state,) = states.iterdir()
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        state.write_text("{}")
        client.upload(clip)
    assert service.begun == 2


def test_a_state_that_cannot_be_written_stops_nothing(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    states.parent.mkdir(parents=True)
    states.touch()
    call(service, "upload", clip)
    assert service.data == clip.read_bytes()


def test_a_deployment_without_parts_says_its_limit(call: Operation, clip: Path) -> None:
    def absent(_: httpx.Request) -> httpx.Response:
        return problem(404, "not-found", "Not found: the API has no such path and method")

    with pytest.raises(errors.FileTooLarge, match="limit of this deployment is 20,000"):
        call(absent, "upload", clip)


def test_a_file_that_shrinks_meanwhile_is_an_error(call: Operation, service: PartsService, clip: Path) -> None:
    def shrink(done: int, _total: int) -> None:
        if done:
            os.truncate(clip, PART)

    with pytest.raises(errors.FileNotReadable, match="changed"):
        call(service, "upload", clip, on_progress=shrink)


def _change(path: Path) -> None:
    """Change a file in place, which leaves its size. File systems may be slower than this."""
    at = path.stat().st_mtime_ns
    with path.open("r+b") as file:
        file.seek(SIZE - 5)
        file.write(b"other")
    os.utime(path, ns=(at + 1, at + 1))


@pytest.mark.parametrize("last", [1, 6 * PART, SIZE])
def test_a_file_that_is_changed_in_place_is_not_completed(
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


def test_a_small_file_that_is_changed_in_place_is_not_sent(
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
def test_the_loser_of_two_processes_gets_the_asset_of_the_other(
    number: int, call: Operation, service: PartsService, clip: Path
) -> None:
    """One completes the upload while the other sends parts that it believes missing."""
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


def test_an_upload_that_another_process_aborts_ends_in_words(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    def abort(number: int, _: bytes) -> httpx.Response | None:
        service.aborted = service.aborted or number == 7
        return None

    service.interfere = abort
    with pytest.raises(errors.UploadNotFound, match="Upload the file again"):
        call(service, "upload", clip)
    assert list(states.iterdir()) == []


def test_an_interrupted_upload_is_aborted_once(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=_kill_at(5 * PART), tags=["t"])
    assert not call(service, "abort_upload", clip)  # with other options it is another upload
    assert call(service, "abort_upload", clip, tags=["t"])
    assert service.aborted
    assert list(states.iterdir()) == []
    assert not call(service, "abort_upload", clip, tags=["t"])
    call(service, "upload", clip, tags=["t"])
    assert service.begun == 2


@pytest.mark.parametrize("over", ["aborted", "completed"])
def test_what_is_over_is_not_aborted(
    over: str, call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=_kill_at(5 * PART))
    setattr(service, over, True)
    if over == "aborted":
        assert not call(service, "abort_upload", clip)
    else:
        with pytest.raises(errors.Conflict, match="complete"):
            call(service, "abort_upload", clip)
    assert list(states.iterdir()) == []


def test_an_abort_that_fails_can_be_repeated(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=_kill_at(5 * PART))
    original = service._abort
    service._abort = lambda request: problem(403, "forbidden", "Forbidden")  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(errors.AssetError, match="Forbidden"):
        call(service, "abort_upload", clip)
    assert len(list(states.iterdir())) == 1
    service._abort = original  # type: ignore[method-assign]
    assert call(service, "abort_upload", clip)
    assert service.aborted


def test_a_key_whose_upload_was_aborted_is_good_for_another(call: Operation, service: PartsService, clip: Path) -> None:
    service.keys["key"] = True
    call(service, "upload", clip, idempotency_key="key")
    call(service, "upload", clip, idempotency_key="key")
    assert list(service.keys) == ["key", f"key {ID}"]  # the same one each time


def test_a_key_goes_on_with_its_upload_from_anywhere(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    """On another machine, without the state that is kept on disk."""
    with pytest.raises(KilledError):
        call(service, "upload", clip, idempotency_key="key", on_progress=_kill_at(6 * PART))
    kept = dict(service.stored)
    shutil.rmtree(states)
    call(service, "upload", clip, idempotency_key="key")
    assert service.begun == 1
    assert {number: service.received[number] for number in kept} == dict.fromkeys(kept, PART)
    assert service.data == clip.read_bytes()


def test_a_key_without_resuming_sends_every_part_again(call: Operation, service: PartsService, clip: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, idempotency_key="key", resume=False, on_progress=_kill_at(6 * PART))
    service.received.clear()
    call(service, "upload", clip, idempotency_key="key", resume=False)
    assert service.begun == 1
    assert service.received == {number: service._size(number) for number in range(1, 14)}
    assert service.data == clip.read_bytes()


@pytest.mark.parametrize("interruptions", [1, 2])
@pytest.mark.parametrize("resume", [True, False])
def test_a_key_never_mixes_two_versions_of_a_file(
    interruptions: int, resume: bool, call: Operation, service: PartsService, clip: Path
) -> None:
    """The second version is interrupted, too: its stored state must not vouch for parts of the first one."""
    first, second = clip.read_bytes(), media.padded_mp4(SIZE)[:PART] + b"2" * (SIZE - PART)
    for data in [first, second][:interruptions]:
        clip.write_bytes(data)
        with pytest.raises(KilledError):
            call(service, "upload", clip, idempotency_key="key", resume=resume, on_progress=_kill_at(8 * PART))
    clip.write_bytes(second)
    call(service, "upload", clip, idempotency_key="key", resume=resume)
    assert service.begun == 1
    assert service.data == second


def test_a_file_whose_older_version_is_back_is_uploaded_whole(
    call: Operation, service: PartsService, clip: Path
) -> None:
    """The state of the older version is that of an upload whose parts the newer one has replaced."""
    older = clip.read_bytes()
    for data, changed_ns in [(older, 1), (older[:PART] + b"2" * (SIZE - PART), 2)]:
        clip.write_bytes(data)
        os.utime(clip, ns=(changed_ns, changed_ns))
        with pytest.raises(KilledError):
            call(service, "upload", clip, idempotency_key="key", on_progress=_kill_at(8 * PART))
    clip.write_bytes(older)
    os.utime(clip, ns=(1, 1))
    call(service, "upload", clip, idempotency_key="key")
    assert service.data == older


def test_parts_go_in_parallel_and_in_constant_numbers() -> None:
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


def test_the_command_goes_on_when_it_is_typed_again(
    service: PartsService, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(number: int, _: bytes) -> httpx.Response | None:
        if number == 6:
            raise KeyboardInterrupt
        return None

    def client(context: Context, on_wait: Any) -> AsyncAssetClient:  # noqa: ARG001
        return AsyncAssetClient(BASE, "t", retries=PATIENT, transport=httpx.MockTransport(service))

    monkeypatch.setattr(Context, "async_client", client)
    service.interfere = interrupt
    first = CliRunner().invoke(app, ["upload", str(clip)])
    assert first.exit_code == 130, first.output
    assert f"{clip}: " in first.stderr
    assert "type the same command again: it goes on from there" in first.stderr
    service.interfere = lambda number, data: None  # noqa: ARG005
    second = CliRunner().invoke(app, ["upload", str(clip)])
    assert second.exit_code == 0, second.output
    assert service.begun == 1
    assert sum(service.received.values()) <= SIZE + parts.WORKERS * PART


def _kill_at(last: int) -> Any:
    def kill(done: int, _total: int) -> None:
        if done >= last:
            raise KilledError

    return kill
