"""`python -m bench.whole_uploads`: whole uploads, by ours and by peers, beside a bare presigned POST to the same store.

On the local stack, so that times are the emulator's as much as anyone's: what counts is the ratio within a round.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from bench import peers, report
from tests import media
from tests.e2e.client import Caller, someone, succeeded
from tests.e2e.emulated_aws import client
from tests.e2e.local_stack import LocalStack, local_stack

SIZES = (1_000_000, 10_000_000, 50_000_000)
ROUNDS = 9
OURS, BARE = "form, post, complete", "bare presigned POST"
BUCKET, TABLE = "peers", "peers"
Upload = Callable[[bytes], None]


def through_ours(owner: Callable[[], Caller]) -> Upload:
    def upload(data: bytes) -> None:
        # Each owner may upload ten times a minute.
        caller = owner()
        answer = caller.arrived("clip.mp4", data)
        succeeded(caller.complete(answer["asset_id"]), 201)

    return upload


def bare_post(s3: Any, http: httpx.Client) -> Upload:
    def upload(data: bytes) -> None:
        form = s3.generate_presigned_post(BUCKET, "bare", ExpiresIn=900)
        http.post(form["url"], data=form["fields"], files={"file": data}).raise_for_status()

    return upload


def measure(ways: Mapping[str, Upload], data: bytes, rounds: int) -> dict[str, list[float]]:
    """Seconds, by way; the ways take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for upload in ways.values():
        upload(data)  # cold starts are measured elsewhere
    for _ in range(rounds):
        for name, upload in ways.items():
            began = time.perf_counter()
            upload(data)
            seconds[name].append(time.perf_counter() - began)
    return seconds


def main() -> None:
    with ExitStack() as running:
        stack = running.enter_context(local_stack(Path(running.enter_context(tempfile.TemporaryDirectory()))))
        stack.start()
        s3 = client(stack, "s3")
        _make_room_for_peers(stack, s3)
        http = running.enter_context(httpx.Client(base_url=stack.url, timeout=120))
        ways: dict[str, Upload] = {
            BARE: bare_post(s3, http),
            OURS: through_ours(lambda: someone(stack, http)),
        }
        others = [
            running.enter_context(peers.running(name, sys.executable, stack.emulator_url, BUCKET, TABLE))
            for name in peers.NAMES
        ]
        for peer in others:
            ways[peer.name] = lambda data, peer=peer: peer.upload(http, data)  # type: ignore[misc]
        lines = [f"| size | {' | '.join(ways)} |", "|" + " --- |" * (len(ways) + 1)]
        memory = {peer.name: peer.peak_bytes() for peer in others}
        for size in SIZES:
            seconds = measure(ways, media.padded_mp4(size), ROUNDS)
            cells = [_cell(seconds[name], seconds[BARE]) for name in ways]
            lines.append(f"| {size // 1_000_000} MB | {' | '.join(cells)} |")
        grown = [f"{peer.name} {memory[peer.name] >> 20} → {peer.peak_bytes() >> 20} MiB" for peer in others]
    report.replace("uploads", "\n".join(lines) + f"\n\nPeak memory, idle → after these uploads: {', '.join(grown)}.")


def _cell(seconds: list[float], bare: list[float]) -> str:
    ratio = statistics.median(own / other for own, other in zip(seconds, bare, strict=True))
    return f"{statistics.median(seconds) * 1000:.0f} ms ({ratio:.2f})"


def _make_room_for_peers(stack: LocalStack, s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET)
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
    main()
