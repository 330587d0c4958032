"""Uploads in parts that share an idempotency key."""

import os
import shutil
from pathlib import Path

import pytest

from tests import media
from tests.unit.clients.parts_service import PART, SIZE, KilledError, PartsService, kill_at
from tests.unit.clients.scripted_service import ID, Operation


def test_the_key_of_an_aborted_upload_can_be_used_again(call: Operation, service: PartsService, clip: Path) -> None:
    service.keys["key"] = True
    call(service, "upload", clip, idempotency_key="key")
    call(service, "upload", clip, idempotency_key="key")
    assert list(service.keys) == ["key", f"key {ID}"]  # the same substitute each time


def test_a_key_resumes_its_upload_on_another_machine(
    call: Operation, service: PartsService, clip: Path, states: Path
) -> None:
    """Another machine does not have the state on disk."""
    with pytest.raises(KilledError):
        call(service, "upload", clip, idempotency_key="key", on_progress=kill_at(6 * PART))
    kept = dict(service.stored)
    shutil.rmtree(states)
    call(service, "upload", clip, idempotency_key="key")
    assert service.begun == 1
    assert {number: service.received[number] for number in kept} == dict.fromkeys(kept, PART)
    assert service.data == clip.read_bytes()


def test_without_resuming_a_key_sends_every_part_again(call: Operation, service: PartsService, clip: Path) -> None:
    with pytest.raises(KilledError):
        call(service, "upload", clip, idempotency_key="key", resume=False, on_progress=kill_at(6 * PART))
    service.received.clear()
    call(service, "upload", clip, idempotency_key="key", resume=False)
    assert service.begun == 1
    assert service.received == {number: service.size_of_part(number) for number in range(1, 14)}
    assert service.data == clip.read_bytes()


@pytest.mark.parametrize("interruptions", [1, 2])
@pytest.mark.parametrize("resume", [True, False])
def test_a_key_never_mixes_two_versions_of_a_file(
    interruptions: int, resume: bool, call: Operation, service: PartsService, clip: Path
) -> None:
    """The second version is interrupted too: its stored state says nothing about the parts of the first."""
    first, second = clip.read_bytes(), media.padded_mp4(SIZE)[:PART] + b"2" * (SIZE - PART)
    for data in [first, second][:interruptions]:
        clip.write_bytes(data)
        with pytest.raises(KilledError):
            call(service, "upload", clip, idempotency_key="key", resume=resume, on_progress=kill_at(8 * PART))
    clip.write_bytes(second)
    call(service, "upload", clip, idempotency_key="key", resume=resume)
    assert service.begun == 1
    assert service.data == second


def test_a_restored_older_version_is_uploaded_completely(call: Operation, service: PartsService, clip: Path) -> None:
    """The newer version has replaced the parts that the older version's state records."""
    older = clip.read_bytes()
    for data, changed_ns in [(older, 1), (older[:PART] + b"2" * (SIZE - PART), 2)]:
        clip.write_bytes(data)
        os.utime(clip, ns=(changed_ns, changed_ns))
        with pytest.raises(KilledError):
            call(service, "upload", clip, idempotency_key="key", on_progress=kill_at(8 * PART))
    clip.write_bytes(older)
    os.utime(clip, ns=(1, 1))
    call(service, "upload", clip, idempotency_key="key")
    assert service.data == older


def test_a_part_that_another_version_overwrites_under_the_key_is_sent_again(
    call: Operation, service: PartsService, clip: Path
) -> None:
    versions = [b"2" * PART]

    def overwrite(done: int, total: int) -> None:
        if done == total and versions:
            service.stored[1] = versions.pop()

    call(service, "upload", clip, idempotency_key="key", on_progress=overwrite)
    assert not versions
    assert service.data == clip.read_bytes()
