"""A client for an asset's whole life under faults: options, import, change, bulk delete, expiry, erasure."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.e2e.client import succeeded
from tests.faults.clients import Client


@dataclass
class LifeClient(Client):
    """One owner. `names` are the expected names of changed assets, and `imports` the asset ids by job.

    `expired` are the assets that expire as time passes, and `erasure` is the job that deletes everything.
    """

    erases: bool = False
    names: dict[str, str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    erasure: str | None = None

    def work(self, rounds: int, seed: int) -> None:  # noqa: ARG002  one round is enough
        for step in (
            *(self.upload, self.upload, self.upload_for_a_while, self.import_own, self.change, self.delete_many),
            *(self.look, *((self.erase,) if self.erases else ())),
        ):
            step()

    def upload_for_a_while(self) -> None:
        data, key = self._next()
        ask = partial(self.caller.ask_for_form, "a.png", key=key, tags=["short"], expires_in=3600)
        response = succeeded(self.insist("form", ask), 201)
        posted = self.insist("post", lambda: self.caller.post(response["upload"], data))
        assert posted.status_code == 201, posted.text
        succeeded(self.insist("complete", lambda: self.caller.complete(response["asset_id"])), 201)
        self.expired.add(response["asset_id"])

    def import_own(self) -> None:
        """Import a copy of one of its assets, which must not be deleted meanwhile."""
        original = list(self.files)[-1]
        _, key = self._next()
        url = f"{self.caller.http.base_url}/api/v2/assets/{original}".replace("//api", "/api")
        send = partial(self.caller.send, "POST", "/api/v2/assets/import", json={"url": url})
        response = succeeded(self.insist("import", partial(send, headers={"Idempotency-Key": key})), 202)
        self.imports[response["job_id"]] = response["asset_id"]
        self.files[response["asset_id"]] = self.files[original]

    def change(self) -> None:
        asset_id, name = list(self.files)[1], f"changed by {self.number}.png"
        send = partial(self.caller.send, "PATCH", f"/api/v2/assets/{asset_id}")
        succeeded(self.insist("change", partial(send, json={"filename": name, "tags": ["changed"]})), 200)
        self.names[asset_id] = name

    def delete_many(self) -> None:
        asset_id = next(iter(self.files))
        send = partial(self.caller.send, "POST", "/api/v2/assets/delete", json={"asset_ids": [asset_id]})
        outcome = succeeded(self.insist("delete", send), 200)
        # An earlier attempt may have succeeded.
        assert outcome["deleted"] + outcome["not_found"] == [asset_id]
        del self.files[asset_id]
        self.deleted.add(asset_id)

    def erase(self) -> None:
        self.erasure = str(succeeded(self.insist("erase", self.caller.erase), 202)["job_id"])
        self.deleted |= self.files.keys() | self.expired
        for kept in (self.files, self.names, self.imports):
            kept.clear()

    def assert_nothing_lost_or_doubled(self) -> None:
        listed = {asset["asset_id"]: asset for asset in succeeded(self.caller.list_assets(limit=100), 200)["assets"]}
        assert listed.keys() == self.files.keys()
        for asset_id, sha256 in self.files.items():
            public = self.caller.get(asset_id)
            assert (public.status_code, hashlib.sha256(public.content).hexdigest()) == (200, sha256)
        for asset_id in self.deleted | self.expired:
            assert self.caller.get(asset_id).status_code == 404
        assert {asset_id: listed[asset_id]["filename"] for asset_id in self.names} == self.names
        assert set(self._tagged("changed")) == self.names.keys()
        assert self._tagged("short") == []
        jobs = succeeded(self.caller.list_jobs(limit=100), 200)["jobs"]
        assert {job["status"] for job in jobs} <= {"completed"}, jobs
        assert {job["job_id"]: job["asset_id"] for job in jobs if job["kind"] == "import"} == self.imports
        # A client that got no response to its erasure has requested another one.
        assert bool(self.erasure) == any(job["kind"] == "erasure" for job in jobs)
        usage = succeeded(self.caller.send("GET", "/api/v2/usage"), 200)
        sizes = [asset["size_bytes"] for asset in listed.values()]
        assert (usage["assets"], usage["bytes"]) == (len(sizes), sum(sizes))

    def pending(self) -> list[str]:
        left = [f"expired {asset_id}" for asset_id in self.expired if self.caller.get(asset_id).status_code != 404]
        return [*super().pending(), *left]

    def _tagged(self, tag: str) -> list[str]:
        found: list[dict[str, Any]] = succeeded(self.caller.list_assets(tag=tag), 200)["assets"]
        return [asset["asset_id"] for asset in found]
