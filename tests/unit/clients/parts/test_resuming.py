"""Uploads in parts that are resumed, started again or aborted after an interruption."""

import os
import random
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from asset_upload_client import AssetClient, AsyncAssetClient, errors, parts, upload_states
from asset_upload_client.cli.app import app
from asset_upload_client.cli.context import Context
from tests.unit.clients.parts_service import PART, SIZE, KilledError, PartsService, kill_at
from tests.unit.clients.scripted_service import BASE, PATIENT, Operation, problem


@pytest.mark.parametrize("seed", range(10))
def test_a_killed_upload_sends_at_most_one_part_per_worker_again(
    call: Operation, service: PartsService, clip: Path, seed: int
) -> None:
    last = random.Random(seed).randrange(SIZE)
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(last))
    sent = dict(service.received)
    kept = dict(service.stored)
    assert call(service, "upload", clip)["size_bytes"] == SIZE
    assert service.begun == 1
    assert service.data == clip.read_bytes()
    # Parts that S3 had are not sent again, and all others once.
    assert {number: service.received[number] for number in kept} == {number: sent[number] for number in kept}
    assert sum(service.received.values()) <= SIZE + parts.WORKERS * PART


def test_an_aborted_upload_starts_again(call: Operation, service: PartsService, clip: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(5 * PART))
    service.aborted = True
    call(service, "upload", clip)
    assert service.begun == 2
    assert service.data == clip.read_bytes()


def test_an_upload_whose_completion_got_no_response_is_only_completed(
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
    assert service.received == {number: service.size_of_part(number) for number in range(1, 14)}


@pytest.mark.parametrize("change", ["content", "option", "owner", "resume"])
def test_a_different_upload_is_not_resumed(
    call: Operation, service: PartsService, clip: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(5 * PART))
    changed: dict[str, dict[str, Any]] = {"option": {"tags": ["t"]}, "resume": {"resume": False}}
    options = changed.get(change, {})
    if change == "content":
        os.utime(clip, ns=(0, 0))
    if change == "owner":
        monkeypatch.setattr(upload_states, "_owner", lambda _: "sub another")
    call(service, "upload", clip, **options)
    assert service.begun == 2


def test_another_token_of_the_same_owner_resumes_the_upload() -> None:
    first, second, other = (
        f"e30.{payload}.s" for payload in ("eyJzdWIiOiJhIn0", "eyJzdWIiOiJhIiwiZXhwIjoxfQ", "eyJzdWIiOiJiIn0")
    )
    assert upload_states._owner(first) == upload_states._owner(second) == "sub a"
    assert upload_states._owner(other) == "sub b"
    assert len({upload_states._owner(token) for token in ("opaque", "other", "a.b.c", "a.e30.c", None)}) == 5


def test_the_state_is_private_and_old_states_are_removed(service: PartsService, clip: Path, states: Path) -> None:
    states.mkdir(parents=True)
    old = states / "old.json"
    old.touch()
    os.utime(old, (0, 0))
    with AssetClient(BASE, "t", retries=PATIENT, transport=httpx.MockTransport(service)) as client:
        with pytest.raises(KilledError):
            client.upload(clip, on_progress=kill_at(PART))
        (state,) = states.iterdir()
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        state.write_text("{}")
        client.upload(clip)
    assert service.begun == 2


def test_an_upload_continues_without_a_writable_state(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    states.parent.mkdir(parents=True)
    states.touch()
    call(service, "upload", clip)
    assert service.data == clip.read_bytes()


def test_the_command_resumes_when_repeated(service: PartsService, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert "run the same command again to resume" in first.stderr
    service.interfere = lambda number, data: None  # noqa: ARG005
    second = CliRunner().invoke(app, ["upload", str(clip)])
    assert second.exit_code == 0, second.output
    assert service.begun == 1
    assert sum(service.received.values()) <= SIZE + parts.WORKERS * PART


def test_an_interrupted_upload_can_be_aborted(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(5 * PART), tags=["t"])
    assert not call(service, "abort_upload", clip)  # other options make it another upload
    assert call(service, "abort_upload", clip, tags=["t"])
    assert service.aborted
    assert list(states.iterdir()) == []
    assert not call(service, "abort_upload", clip, tags=["t"])
    call(service, "upload", clip, tags=["t"])
    assert service.begun == 2


@pytest.mark.parametrize("over", ["aborted", "completed"])
def test_an_upload_that_has_ended_cannot_be_aborted(
    over: str, call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(5 * PART))
    setattr(service, over, True)
    if over == "aborted":
        assert not call(service, "abort_upload", clip)
    else:
        with pytest.raises(errors.Conflict, match="complete"):
            call(service, "abort_upload", clip)
    assert list(states.iterdir()) == []


def test_a_failed_abort_can_be_repeated(call: Operation, service: PartsService, clip: Path, states: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, on_progress=kill_at(5 * PART))
    original = service._abort
    service._abort = lambda request: problem(403, "forbidden", "Forbidden")  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(errors.AssetError, match="Forbidden"):
        call(service, "abort_upload", clip)
    assert len(list(states.iterdir())) == 1
    service._abort = original  # type: ignore[method-assign]
    assert call(service, "abort_upload", clip)
    assert service.aborted


def test_a_user_without_a_home_folder_uploads_without_a_state(
    call: Operation,
    service: PartsService,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", home)
    call(service, "upload", clip)
    assert service.completed
    assert "cannot be resumed later" in caplog.text
