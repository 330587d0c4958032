"""`python -m bench.whole_uploads`: whole uploads, ours and peers', compared with a bare presigned POST.

Runs on the local stack, whose own time is part of every figure, so only the ratios within a round are meaningful. The
first table is measured with files in memory, where the emulator copies an object without touching its bytes, which
isolates our overhead. The second, for the largest size, is measured with files on disk, as in `make run`, where one
process reads and writes all 50 MB to copy them. Writes docs/performance.md; `--check` compares ours with
bench/budget.toml and starts no peers.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench import local_service, peers, report, sample_videos
from bench.local_service import LocalService
from bench.peers import Peer
from local import stack

SMALL, MIDDLE, LARGE = 1_000_000, 10_000_000, 50_000_000
OURS, BARE = "form, post, complete", "bare presigned POST"
# The emulator accepts forms only for buckets named like the stack's.
BUCKET, TABLE = f"{stack.NAME}-incomingbucket-peers", "peers"
_DELETED_AT_ONCE = 1000  # DeleteObjects' limit
# Uploads the bytes and returns their id.
Upload = Callable[[bytes], str]
Seconds = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Store:
    """The store of a running stack, with an additional bucket for the bare POST and the peers."""

    service: LocalService
    http: httpx.Client
    s3: Any
    buckets: Sequence[str]

    def through_ours(self, data: bytes) -> str:
        headers = self.service.new_owner_headers()
        requested = self.http.post("/api/v2/upload-asset", json={"filename": "clip.mp4"}, headers=headers)
        form = requested.raise_for_status().json()
        # Straight to the store, like the bare POST and as on AWS, not through the local front door.
        bucket = httpx.URL(form["upload"]["url"]).path
        self._post(f"{self.service.aws_url}{bucket}", form["upload"]["fields"], data)
        self.http.post(f"/api/v2/assets/{form['asset_id']}/complete", headers=headers).raise_for_status()
        return str(form["asset_id"])

    def bare_post(self, data: bytes) -> str:
        # Use a new key each time: the emulator takes longer to replace an object than to store a new one.
        key = f"bare/{uuid.uuid4()}"
        form = self.s3.generate_presigned_post(BUCKET, key, ExpiresIn=900)
        self._post(form["url"], form["fields"], data)
        return key

    def _post(self, url: str, fields: Mapping[str, str], data: bytes) -> None:
        self.http.post(url, data=fields, files={"file": data}).raise_for_status()

    def own_ways(self) -> dict[str, Upload]:
        return {BARE: self.bare_post, OURS: self.through_ours}

    def measure(self, ways: Mapping[str, Upload], size: int, rounds: int) -> Seconds:
        """Measure each way in turn, each after the background work of the previous one."""
        data = sample_videos.mp4(size)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for name, upload in ways.items():
            self._finish(name, upload(data))  # cold starts are measured elsewhere
        for _ in range(rounds):
            for name, upload in ways.items():
                began = time.perf_counter()
                stored = upload(data)
                seconds[name].append(time.perf_counter() - began)
                self._finish(name, stored)
        return seconds

    def empty(self) -> None:
        """Delete all objects. The assets stay listed, which is harmless here."""
        for bucket in self.buckets:
            pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
            listed = [version for page in pages for version in page.get("Versions", ())]
            versions = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in listed]
            for start in range(0, len(versions), _DELETED_AT_ONCE):
                batch = versions[start : start + _DELETED_AT_ONCE]
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": batch})

    def _finish(self, name: str, stored: str) -> None:
        """Wait until our upload's S3 event is handled, which would otherwise disturb the next measurement.

        In memory, also delete the stored objects, because times grow with them. On disk they stay, as in `make run`,
        and are flushed: a file deleted at once may never be written, and an unwritten one slows the next measurement.
        """
        if name == OURS:
            self.service.wait_for_event(stored)
        if self.service.files_in_memory:
            self.empty()
        else:
            os.sync()


def prove(s3: Any, http: httpx.Client, peer: Peer) -> None:
    """Raise RuntimeError unless S3 has the bytes that were sent to the peer."""
    data = sample_videos.mp4(LARGE - 1) + b"!"
    if s3.get_object(Bucket=BUCKET, Key=peer.upload(http, data))["Body"].read() != data:
        raise RuntimeError(f"{peer.name} did not store the bytes that it received")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    budget = report.budget("uploads")
    ratios = _check(options.rounds) if options.check else _write(options.rounds, budget)
    return report.exit_status(report.over_budget(ratios, budget), check=options.check)


def _check(rounds: int) -> dict[str, float]:
    with _store(files_in_memory=True) as store:
        in_memory = store.measure(store.own_ways(), LARGE, rounds)
    return _ratios(in_memory, _on_disk(rounds))


def _write(rounds: int, budget: report.Budget) -> dict[str, float]:
    """Measure everything, write the document, and return the ratios that have budgets."""
    load_before, *_ = os.getloadavg()
    in_memory, memory = _with_peers(rounds)
    on_disk = _on_disk(rounds)
    load_after, *_ = os.getloadavg()
    machine = f"{os.cpu_count()} processors, with a load of {load_before:.1f} before and {load_after:.1f} after"
    ratios = _ratios(in_memory[LARGE], on_disk)
    sections = (
        f"{rounds} rounds; {machine}.",
        _table("files in memory", in_memory),
        memory,
        _table("files on disk", {LARGE: on_disk}),
        report.ratio_table(ratios, budget),
    )
    report.replace("uploads", "\n\n".join(sections))
    return ratios


def _with_peers(rounds: int) -> tuple[dict[int, Seconds], str]:
    """Measure each size with files in memory, and the peers' peak memory."""
    with _store(files_in_memory=True) as store:
        _make_table(store.service)
        with peers.running(store.service.aws_url, store.service.root_key, BUCKET, TABLE) as others:
            idle = [peer.peak_bytes() for peer in others]
            for peer in others:
                prove(store.s3, store.http, peer)
                store.empty()
            ways = store.own_ways() | {peer.name: partial(peer.upload, store.http) for peer in others}
            measured = {size: store.measure(ways, size, rounds) for size in (SMALL, MIDDLE, LARGE)}
            grown = (
                f"{peer.name} {was >> 20} → {peer.peak_bytes() >> 20} MiB"
                for peer, was in zip(others, idle, strict=True)
            )
            return measured, f"Peak memory, idle → after these uploads: {', '.join(grown)}."


def _on_disk(rounds: int) -> Seconds:
    with _store(files_in_memory=False) as store:
        return store.measure(store.own_ways(), LARGE, rounds)


@contextlib.contextmanager
def _store(*, files_in_memory: bool) -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory() as state,
        local_service.running(Path(state), files_in_memory=files_in_memory) as service,
        httpx.Client(base_url=service.url, timeout=120) as http,
    ):
        s3 = service.aws("s3")
        s3.create_bucket(Bucket=BUCKET)
        own = [service.bucket(logical_id) for logical_id in ("IncomingBucket", "AssetsBucket")]
        yield Store(service, http, s3, [BUCKET, *own])


def _table(title: str, measured: Mapping[int, Seconds]) -> str:
    ways = list(next(iter(measured.values())))
    lines = [f"| {title} | {' | '.join(ways)} |", "|" + " --- |" * (len(ways) + 1)]
    for size, seconds in measured.items():
        cells = [f"{statistics.median(seconds[name]) * 1000:.0f} ms ({_to_bare(seconds, name):.2f})" for name in ways]
        lines.append(f"| {size // 1_000_000} MB | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratios(in_memory: Seconds, on_disk: Seconds) -> dict[str, float]:
    """Return our ratios to the bare POST at the largest size."""
    return {"upload-50-bare": _to_bare(in_memory, OURS), "upload-50-bare-on-disk": _to_bare(on_disk, OURS)}


def _to_bare(seconds: Seconds, name: str) -> float:
    return statistics.median(own / bare for own, bare in zip(seconds[name], seconds[BARE], strict=True))


def _make_table(service: LocalService) -> None:
    service.aws("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "sk")],
        KeySchema=[
            {"AttributeName": "owner", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
