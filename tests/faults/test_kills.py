"""Processes of the local stack, killed under load: what it had acknowledged is there after the next start.

Six clients upload, post forms and delete as fast as they can until the victim is gone. Then the stack is started again
at once, as an impatient developer would, and every acknowledged file is requested.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from tests.e2e.client import Caller, eventually, someone
from tests.e2e.local_stack import LocalStack, local_stack
from tests.e2e.processes import command_of, descendants
from tests.faults.clients import image

CLIENTS = 6
# Operations of each kind before the kill, so that clients are busy on any machine.
ACKNOWLEDGED = 3
# An interrupted publication is retried after PublishQueue's VisibilityTimeout of 45 s, perhaps more than once.
PATIENCE_SECONDS = 300


@dataclass
class Owner:
    """An owner's records: bytes by asset id, and the acknowledged operations."""

    caller: Caller
    sent: dict[str, bytes] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)  # S3 took the form's post; nobody called `complete`
    deleting: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    def work(self, number: int) -> None:
        """Make a few uploads, within the rate limit, and a delete."""
        for turn in range(2):
            self._upload(image(number * 10 + turn * 3))
            self._upload_by_form(image(number * 10 + turn * 3 + 1), completes=True)
            self._upload_by_form(image(number * 10 + turn * 3 + 2), completes=False)
            if live := self.published - self.deleting:
                self._delete(min(live))

    def _upload(self, data: bytes) -> None:
        response = self.caller.upload("a.png", data)
        if response.status_code == 201:
            self.sent[response.json()["asset_id"]] = data
            self.published.add(response.json()["asset_id"])

    def _upload_by_form(self, data: bytes, *, completes: bool) -> None:
        form = self.caller.ask_for_form("a.png").raise_for_status().json()
        asset_id = form["asset_id"]
        self.sent[asset_id] = data
        self.caller.post(form["upload"], data).raise_for_status()
        self.arrived.add(asset_id)
        if completes and self.caller.complete(asset_id).status_code == 201:
            self.published.add(asset_id)

    def _delete(self, asset_id: str) -> None:
        self.deleting.add(asset_id)
        if self.caller.delete(asset_id).status_code == 200:
            self.deleted.add(asset_id)


class Load:
    """Clients that run until they are stopped. A failed request stops only its own client."""

    def __init__(self, stack: LocalStack, http: httpx.Client) -> None:
        self.owners: list[Owner] = []
        self._stack = stack
        self._http = http
        self._ended = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(self._work) for _ in range(CLIENTS)]:
                done.result()

    def end(self) -> None:
        self._ended.set()

    def counts(self) -> dict[str, int]:
        """Count the acknowledged operations of all owners, by kind."""
        owners = list(self.owners)
        return {
            "uploads": sum(len(owner.published) for owner in owners),
            "forms": sum(len(owner.arrived - owner.published) for owner in owners),
            "deletes": sum(len(owner.deleted) for owner in owners),
        }

    def is_under_way(self) -> bool:
        return min(self.counts().values()) >= ACKNOWLEDGED

    def _work(self) -> None:
        while not self._ended.is_set():
            owner = Owner(someone(self._stack, self._http))
            self.owners.append(owner)
            try:
                owner.work(len(self.owners))
            except httpx.HTTPError:
                time.sleep(0.05)


def is_named(*words: str) -> Callable[[int], bool]:
    return lambda pid: all(word in command_of(pid) for word in words)


def of_the_run(stack: LocalStack) -> set[int]:
    assert stack.process is not None
    return {stack.process.pid}


def of_the_emulator(stack: LocalStack) -> set[int]:
    assert stack.process is not None
    return set(filter(is_named("local.emulator_process"), descendants(stack.process.pid)))


def of_everything(stack: LocalStack) -> set[int]:
    assert stack.process is not None
    return {stack.process.pid, *descendants(stack.process.pid)}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack")) as started:
        started.start()
        yield started


@pytest.mark.parametrize(
    ("victim", "pids"), [("run", of_the_run), ("emulator", of_the_emulator), ("everything", of_everything)]
)
def test_acknowledged_operations_survive_a_kill(
    victim: str,
    pids: Callable[[LocalStack], set[int]],
    stack: LocalStack,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        load = Load(stack, http)
        working = threading.Thread(target=load.run)
        working.start()
        eventually("clients at work", load.is_under_way)
        stack.kill(pids(stack))
        load.end()
        stack.start()
        working.join()
        lost = [loss for owner in load.owners for loss in losses(owner)]
    record_testsuite_property(f"killed {victim}: acknowledged, lost", (load.counts(), len(lost)))
    assert lost == []


def losses(owner: Owner) -> list[str]:
    """Return the promises still broken after `PATIENCE_SECONDS`: missing assets, and unlisted public ones."""
    broken: list[str] = []

    def all_is_well() -> bool:
        broken[:] = broken_promises(owner)
        return not broken

    with contextlib.suppress(AssertionError):  # the caller reports the broken promises
        eventually("every promise kept", all_is_well, patience_seconds=PATIENCE_SECONDS)
    return broken


def broken_promises(owner: Owner) -> Iterator[str]:
    listed = set(owner.caller.listed_ids())
    for asset_id, data in owner.sent.items():
        response = owner.caller.get(asset_id)
        is_expected = asset_id in owner.published or asset_id in owner.arrived
        if is_expected and asset_id not in owner.deleting and asset_id not in listed:
            yield f"{asset_id} is not listed"
        if asset_id in owner.deleted and asset_id in listed:
            yield f"{asset_id} is listed again"
        if (response.status_code == 200) != (asset_id in listed):
            yield f"{asset_id} returns {response.status_code}, listed: {asset_id in listed}"
        if response.status_code == 200 and response.content != data:
            yield f"{asset_id} has other bytes"
