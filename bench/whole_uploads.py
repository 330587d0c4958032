"""`python -m bench.whole_uploads`: whole uploads, by ours and by peers, beside a bare presigned POST to the same store.

On the local stack, so that times are the emulator's as much as anyone's: what counts is the ratio within a round.
It writes docs/performance.md; with `--check`, it compares ours with bench/budget.toml, and starts no peer.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench import peers, report
from bench.peers import Peer
from tests import media
from tests.e2e.client import Caller, someone, succeeded
from tests.e2e.emulated_aws import client
from tests.e2e.local_stack import LocalStack, local_stack

SMALL, MIDDLE, LARGE = 1_000_000, 10_000_000, 50_000_000
OURS, BARE = "form, post, complete", "bare presigned POST"
BUCKET, TABLE = "peers", "peers"
Upload = Callable[[bytes], object]
Seconds = Mapping[str, Sequence[float]]


def through_ours(owner: Callable[[], Caller]) -> Upload:
    def upload(data: bytes) -> None:
        # Each owner may upload ten times a minute.
        caller = owner()
        answer = caller.arrived("clip.mp4", data)
        succeeded(caller.complete(answer["asset_id"]), 201)

    return upload


def bare_post(s3: Any, http: httpx.Client) -> Upload:
    def upload(data: bytes) -> None:
        # A key of its own: the emulator takes longer to replace an object than to store one.
        form = s3.generate_presigned_post(BUCKET, f"bare/{uuid.uuid4()}", ExpiresIn=900)
        http.post(form["url"], data=form["fields"], files={"file": data}).raise_for_status()

    return upload


def measure(ways: Mapping[str, Upload], size: int, rounds: int) -> Seconds:
    """By way; the ways take turns."""
    data = media.padded_mp4(size)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for upload in ways.values():
        upload(data)  # cold starts are measured elsewhere
    for _ in range(rounds):
        for name, upload in ways.items():
            began = time.perf_counter()
            upload(data)
            seconds[name].append(time.perf_counter() - began)
    return seconds


def prove(s3: Any, http: httpx.Client, peer: Peer) -> None:
    """Raises RuntimeError where S3 does not have what the peer was sent."""
    data = media.padded_mp4(LARGE - 1) + b"!"
    if s3.get_object(Bucket=BUCKET, Key=peer.upload(http, data))["Body"].read() != data:
        raise RuntimeError(f"{peer.name} stored something else than it was sent")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where the budget is exceeded")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    budget = report.budget("uploads")
    with _stack() as stack, httpx.Client(base_url=stack.url, timeout=120) as http:
        s3 = client(stack, "s3")
        s3.create_bucket(Bucket=BUCKET)
        ways: dict[str, Upload] = {BARE: bare_post(s3, http), OURS: through_ours(lambda: someone(stack, http))}
        if options.check:
            ratios = _ratios(measure(ways, LARGE, options.rounds))
        else:
            _make_table(stack)
            with peers.running(stack.emulator_url, BUCKET, TABLE) as others:
                ratios = _write(ways, others, s3, http, options.rounds, budget)
    exceeded = report.over_budget(ratios, budget)
    print("\n".join(exceeded) or "Within every budget.", file=sys.stderr)
    return 1 if options.check and exceeded else 0


@contextmanager
def _stack() -> Iterator[LocalStack]:
    with tempfile.TemporaryDirectory() as state, local_stack(Path(state)) as stack:
        stack.start()
        yield stack


def _write(
    ours: Mapping[str, Upload], others: Sequence[Peer], s3: Any, http: httpx.Client, rounds: int, budget: report.Budget
) -> dict[str, float]:
    """Measures all of them and writes the document; the ratios that there may be a budget for."""
    load_before, *_ = os.getloadavg()
    idle = [peer.peak_bytes() for peer in others]
    for peer in others:
        prove(s3, http, peer)
    ways: dict[str, Upload] = {**ours, **{peer.name: partial(peer.upload, http) for peer in others}}
    lines = [f"| size | {' | '.join(ways)} |", "|" + " --- |" * (len(ways) + 1)]
    for size in (SMALL, MIDDLE, LARGE):
        seconds = measure(ways, size, rounds)
        cells = [f"{statistics.median(seconds[name]) * 1000:.0f} ms ({_to_bare(seconds, name):.2f})" for name in ways]
        lines.append(f"| {size // 1_000_000} MB | {' | '.join(cells)} |")
    grown = [f"{peer.name} {was >> 20} → {peer.peak_bytes() >> 20} MiB" for peer, was in zip(others, idle, strict=True)]
    load_after, *_ = os.getloadavg()
    machine = f"{os.cpu_count()} processors with a load of {load_before:.1f} before and {load_after:.1f} after"
    ratios = _ratios(seconds)
    memory = f"Peak memory, idle → after these uploads: {', '.join(grown)}."
    sections = (f"{rounds} rounds; {machine}.", "\n".join(lines), memory, report.ratio_table(ratios, budget))
    report.replace("uploads", "\n\n".join(sections))
    return ratios


def _ratios(seconds_of_large: Seconds) -> dict[str, float]:
    return {"upload-50-bare": _to_bare(seconds_of_large, OURS)}


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
