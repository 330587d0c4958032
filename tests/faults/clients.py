"""Clients that retry, the promises they received, and checks of the result."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.media import encoded, picture

# Bounds a hang. Up to half of all calls fail deliberately, so a request of ten calls may need many attempts.
PATIENCE_SECONDS = 600
# Statuses of the contract after which clients should retry.
RETRYABLE = (502, 503)
UNCONFIRMED = "The model's provider never confirmed that it accepted the job; try again"


def image(number: int) -> bytes:
    """Make a PNG that is unique for `number`, without metadata that publishing would remove."""
    return encoded(picture(64 + number % 50, 48 + number // 50), "PNG")


@dataclass
class Client:
    """One owner. In the end, `files` (SHA-256 by asset id) must exist, and `deleted` must not.

    `unconfirmed` are jobs that failed because the provider never confirmed their prediction.
    """

    caller: Caller
    number: int
    files: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    unconfirmed: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    _sent: int = 0

    def insist(self, what: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Retry until a final response, and return it. All earlier ones must follow the contract."""

        def once() -> httpx.Response | None:
            response = send()
            self.statuses.append(response.status_code)
            if response.status_code not in RETRYABLE:
                return response
            assert refused(response, response.status_code)
            assert int(response.headers["retry-after"]) > 0
            return None

        return eventually(f"{what} by {self.number}", once, patience_seconds=PATIENCE_SECONDS)

    def upload(self) -> None:
        data, key = self._next()
        response = succeeded(self.insist("upload", lambda: self.caller.upload("a.png", data, key=key)), 201)
        self._is_there(response, data)

    def upload_by_form(self, *, completes: bool) -> None:
        """Upload by form. Without `completes`, the event publishes."""
        data, key = self._next()
        response = succeeded(self.insist("form", lambda: self.caller.ask_for_form("a.png", key=key)), 201)
        posted = self.insist("post", lambda: self.caller.post(response["upload"], data))
        assert posted.status_code == 201, posted.text
        if completes:
            succeeded(self.insist("complete", lambda: self.caller.complete(response["asset_id"])), 201)
        self._is_there(response, data)

    def delete_one(self) -> None:
        asset_id = next(iter(self.files))
        response = self.insist("delete", lambda: self.caller.delete(asset_id))
        # An earlier attempt may have succeeded.
        assert response.status_code in (200, 404), response.text
        del self.files[asset_id]
        self.deleted.add(asset_id)

    def look(self) -> None:
        """Check that the list has every acknowledged upload, except those that only the event publishes."""
        listed = succeeded(self.insist("list", lambda: self.caller.list_assets(limit=100)), 200)
        ids = [asset["asset_id"] for asset in listed["assets"]]
        assert len(ids) == len(set(ids))
        assert self.deleted.isdisjoint(ids)

    def generate(self) -> None:
        _, key = self._next()
        response = succeeded(self.insist("generate", lambda: self.caller.generate(key=key)), 202)
        self.jobs.add(response["job_id"])

    def work(self, rounds: int, seed: int) -> None:
        """Do everything `rounds` times, in a random order."""
        order = random.Random(f"{seed} {self.number}")
        self.upload()
        steps: list[Callable[[], None]] = [
            *[self.upload, lambda: self.upload_by_form(completes=True), lambda: self.upload_by_form(completes=False)],
            *[self.generate, self.look],
        ] * rounds
        order.shuffle(steps)
        for step in [*steps, self.delete_one, self.look]:
            step()

    def assert_nothing_lost_or_doubled(self) -> None:
        """Check, once nothing is in progress, that the promised files exist with their bytes, and nothing else."""
        listed = {asset["asset_id"]: asset for asset in succeeded(self.caller.list_assets(limit=100), 200)["assets"]}
        uploaded = {asset_id for asset_id, asset in listed.items() if asset["source"] == "upload"}
        assert uploaded == set(self.files)
        for asset_id, sha256 in self.files.items():
            public = self.caller.get(asset_id)
            assert public.status_code == 200
            assert hashlib.sha256(public.content).hexdigest() == sha256
        for asset_id in self.deleted:
            assert self.caller.get(asset_id).status_code == 404
        jobs = {job["job_id"]: job for job in succeeded(self.caller.list_jobs(limit=100), 200)["jobs"]}
        assert set(jobs) == self.jobs
        self.unconfirmed = {job_id for job_id, job in jobs.items() if job["error_message"] == UNCONFIRMED}
        assert {job["status"] for job in jobs.values() if job["job_id"] not in self.unconfirmed} <= {"completed"}, jobs
        made = {asset["job_id"]: asset["asset_id"] for asset in listed.values() if asset["source"] == "generation"}
        assert made == {job_id: jobs[job_id]["asset_id"] for job_id in self.jobs - self.unconfirmed}

    def pending(self) -> list[str]:
        """List the promises that are not fulfilled yet."""
        missing = self.files.keys() - set(self.caller.listed_ids())
        jobs = succeeded(self.caller.list_jobs(limit=100), 200)["jobs"]
        return [
            *(f"asset {asset_id}" for asset_id in missing),
            *(f"{job['status']} job {job['job_id']}" for job in jobs if job["status"] in ("pending", "processing")),
        ]

    def _next(self) -> tuple[bytes, str]:
        self._sent += 1
        return image(self.number * 20 + self._sent), f"key-{self._sent}"

    def _is_there(self, response: dict[str, Any], data: bytes) -> None:
        assert response["asset_id"] not in self.files
        self.files[response["asset_id"]] = hashlib.sha256(data).hexdigest()
