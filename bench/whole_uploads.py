"""`python -m bench.whole_uploads`: whole uploads, ours and peers', beside a bare presigned POST to the same store.

Runs on the local stack, whose own time is part of every figure: only the ratios within a round count. First with files
in memory, where the emulator copies an object without touching its bytes, which isolates our overhead; then, for the
largest size, with files on disk, as in `make run`, where one process reads and writes all 50 MB to copy them.
Writes docs/performance.md; `--check` compares ours with bench/budget.toml and starts no peer.
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

from bench import peers, report
from bench.peers import Peer
from tests import media
from tests.e2e.client import someone, succeeded
from tests.e2e.emulated_aws import client, physical_id, publications_by_event
from tests.e2e.local_stack import LocalStack, local_stack

SMALL, MIDDLE, LARGE = 1_000_000, 10_000_000, 50_000_000
OURS, BARE = "form, post, complete", "bare presigned POST"
BUCKET, TABLE = "peers", "peers"
# Sends the bytes; what tells them from others there.
Upload = Callable[[bytes], str]
Seconds = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Store:
    """The store of a running stack, with one more bucket for the bare POST and the peers."""

    stack: LocalStack
    http: httpx.Client
    s3: Any
    buckets: Sequence[str]

    def through_ours(self, data: bytes) -> str:
        # Each owner may upload ten times a minute.
        caller = someone(self.stack, self.http)
        form = succeeded(caller.ask_for_form("clip.mp4"), 201)
        # To the store itself, as the bare POST and as on AWS: the local front door would pass it on.
        bucket = httpx.URL(form["upload"]["url"]).path
        response = caller.post({**form["upload"], "url": f"{self.stack.emulator_url}{bucket}"}, data)
        response.raise_for_status()
        succeeded(caller.complete(form["asset_id"]), 201)
        return str(form["asset_id"])

    def bare_post(self, data: bytes) -> str:
        # A key of its own: the emulator takes longer to replace an object than to store one.
        key = f"bare/{uuid.uuid4()}"
        form = self.s3.generate_presigned_post(BUCKET, key, ExpiresIn=900)
        self.http.post(form["url"], data=form["fields"], files={"file": data}).raise_for_status()
        return key

    def own_ways(self) -> dict[str, Upload]:
        return {BARE: self.bare_post, OURS: self.through_ours}

    def measure(self, ways: Mapping[str, Upload], size: int, rounds: int) -> Seconds:
        """Measure each way in turn; each waits for the background work of the one before."""
        data = media.padded_mp4(size)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for name, upload in ways.items():
            self._settle(name, upload(data))  # cold starts are measured elsewhere
        for _ in range(rounds):
            for name, upload in ways.items():
                began = time.perf_counter()
                stored = upload(data)
                seconds[name].append(time.perf_counter() - began)
                self._settle(name, stored)
        return seconds

    def empty(self) -> None:
        """Remove all bytes behind the service's back; its assets stay listed, which matters to nothing here."""
        for bucket in self.buckets:
            found = self.s3.list_object_versions(Bucket=bucket).get("Versions", ())
            if found:
                versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": versions})

    def _settle(self, name: str, stored: str) -> None:
        """Wait for our upload's event, which would otherwise fall into the next measurement two seconds later.

        In memory, also remove what was stored, as times grow with the emulator. On disk it stays, as in `make run`:
        a file removed at once may never have been written.
        """
        if name == OURS:
            publications_by_event(self.stack, stored)
        if self.stack.files_in_memory:
            self.empty()


def prove(s3: Any, http: httpx.Client, peer: Peer) -> None:
    """Raise RuntimeError unless S3 has the bytes that the peer was sent."""
    data = media.padded_mp4(LARGE - 1) + b"!"
    if s3.get_object(Bucket=BUCKET, Key=peer.upload(http, data))["Body"].read() != data:
        raise RuntimeError(f"{peer.name} stored something else than it was sent")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where the budget is exceeded")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    budget = report.budget("uploads")
    ratios = _check(options.rounds) if options.check else _write(options.rounds, budget)
    exceeded = report.over_budget(ratios, budget)
    print("\n".join(exceeded) or "Within every budget.", file=sys.stderr)
    return 1 if options.check and exceeded else 0


def _check(rounds: int) -> dict[str, float]:
    with _store(files_in_memory=True) as store:
        in_memory = store.measure(store.own_ways(), LARGE, rounds)
    return _ratios(in_memory, _on_disk(rounds))


def _write(rounds: int, budget: report.Budget) -> dict[str, float]:
    """Measure everything, write the document, and return the ratios that may have a budget."""
    load_before, *_ = os.getloadavg()
    in_memory, memory = _with_peers(rounds)
    on_disk = _on_disk(rounds)
    load_after, *_ = os.getloadavg()
    machine = f"{os.cpu_count()} processors with a load of {load_before:.1f} before and {load_after:.1f} after"
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
        _make_table(store.stack)
        with peers.running(store.stack.emulator_url, store.stack.root_key, BUCKET, TABLE) as others:
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
        local_stack(Path(state), files_in_memory=files_in_memory) as stack,
        httpx.Client(base_url=stack.url, timeout=120) as http,
    ):
        stack.start()
        s3 = client(stack, "s3")
        s3.create_bucket(Bucket=BUCKET)
        own = [physical_id(stack, logical_id) for logical_id in ("IncomingBucket", "AssetsBucket")]
        yield Store(stack, http, s3, [BUCKET, *own])


def _table(title: str, measured: Mapping[int, Seconds]) -> str:
    ways = list(next(iter(measured.values())))
    lines = [f"| {title} | {' | '.join(ways)} |", "|" + " --- |" * (len(ways) + 1)]
    for size, seconds in measured.items():
        cells = [f"{statistics.median(seconds[name]) * 1000:.0f} ms ({_to_bare(seconds, name):.2f})" for name in ways]
        lines.append(f"| {size // 1_000_000} MB | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratios(in_memory: Seconds, on_disk: Seconds) -> dict[str, float]:
    """Ratios at the largest size."""
    return {"upload-50-bare": _to_bare(in_memory, OURS), "upload-50-bare-on-disk": _to_bare(on_disk, OURS)}


def _to_bare(seconds: Seconds, name: str) -> float:
    return statistics.median(own / bare for own, bare in zip(seconds[name], seconds[BARE], strict=True))


def _make_table(stack: LocalStack) -> None:
    client(stack, "dynamodb").create_table(
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
