"""`python -m bench.part_uploads`: an upload in parts, compared with bare presigned parts of the same file and with tus.

Runs on the local stack, whose own time is part of every figure, so only the ratios within a round are meaningful. The
upload in parts and the bare parts send parts of 16 MiB, four at a time, straight to the store as on AWS. tus sends the
file to its server, which forwards it to the store; it is slow, so it runs only in the first rounds. Each measurement
ends when the store has one file; publication follows in the background.
Writes docs/performance.md; `--check` compares the ratios with bench/budget.toml, without tus.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench import local_service, peers, report, sample_videos
from bench.local_service import LocalService
from bench.peers import Peer
from bench.whole_uploads import BUCKET, TABLE

MIB = 1024 * 1024
SIZES = {"256 MiB": 256 * MIB, "1 GiB": 1024 * MIB}
PART_BYTES, WORKERS = 16 * MIB, 4
TUS_ROUNDS = 3
_PUBLISHED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Store:
    """The store of a running stack that accepts large files, and the file to upload."""

    service: LocalService
    http: httpx.Client
    s3: Any
    data: bytes
    tus: Peer | None

    @property
    def part_count(self) -> int:
        return len(self.data) // PART_BYTES

    def ours(self) -> Callable[[], None]:
        """Upload in parts, and return a function that waits for the publication and removes the asset."""
        headers = self.service.new_owner_headers()
        started = self._post("/api/v2/uploads", {"filename": "film.mp4", "size_bytes": len(self.data)}, headers)
        path = f"/api/v2/uploads/{started['asset_id']}"
        upload = {"upload_id": started["upload"]["id"]}
        signed = self._post(f"{path}/parts", {**upload, "part_numbers": list(range(1, self.part_count + 1))}, headers)
        # Straight to the store, not through the local front door.
        self._send([part["url"].replace(self.service.url, self.service.aws_url) for part in signed["parts"]])
        self._post(f"{path}/complete", upload, headers)

        def clean_up() -> None:
            deadline = time.monotonic() + _PUBLISHED_SECONDS
            while self.http.post(f"{path}/complete", json=upload, headers=headers).status_code != 201:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{started['asset_id']} was not published")
                time.sleep(1)
            self.http.delete(f"/api/v2/assets/{started['asset_id']}", headers=headers).raise_for_status()

        return clean_up

    def bare(self) -> Callable[[], None]:
        """Upload like a program with AWS keys, and return a function that removes the object."""
        key = f"bare/{uuid.uuid4()}"
        upload = {
            "Bucket": BUCKET,
            "Key": key,
            "UploadId": self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"],
        }
        numbers = range(1, self.part_count + 1)
        etags = self._send(
            [self.s3.generate_presigned_url("upload_part", {**upload, "PartNumber": number}) for number in numbers]
        )
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in zip(numbers, etags, strict=True)]
        self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        return lambda: self.s3.delete_object(Bucket=BUCKET, Key=key)

    def by_tus(self, server: Peer) -> Callable[[], None]:
        """Upload to a tus server, and return a function that removes the object."""
        key = server.upload(self.http, self.data)
        return lambda: self.s3.delete_object(Bucket=BUCKET, Key=key)

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        return self.http.post(path, json=body, headers=headers).raise_for_status().json()

    def _send(self, urls: Sequence[str]) -> list[str]:
        """Upload every part and return the ETags."""

        def put(place: int) -> str:
            part = memoryview(self.data)[place * PART_BYTES : (place + 1) * PART_BYTES]
            return self.http.put(urls[place], content=bytes(part)).raise_for_status().headers["etag"]

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(put, range(self.part_count)))


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of each upload of a size; the same index in each list is the same round."""

    bare: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    tus: list[float] = field(default_factory=list)

    def ratio(self, seconds: Sequence[float]) -> float:
        """Return the median of the ratios to the bare parts of the same round."""
        return statistics.median(one / bare for one, bare in zip(seconds, self.bare, strict=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    budget = report.budget("parts")
    with _store(with_tus=not options.check) as store:
        timings = {
            size: measure(replace(store, data=sample_videos.mp4(size_bytes)), options.rounds)
            for size, size_bytes in SIZES.items()
        }
    ratios = {f"parts-{size.replace(' ', '')}-bare": each.ratio(each.ours) for size, each in timings.items()}
    if not options.check:
        rounds = f"{options.rounds} rounds, {TUS_ROUNDS} of them with tus. {report.provenance()}."
        report.replace("parts", "\n\n".join((rounds, _table(timings), report.ratio_table(ratios, budget))))
    return report.exit_status(report.over_budget(ratios, budget), check=options.check)


def measure(store: Store, rounds: int) -> Timings:
    """Time each way in each round, after one round to warm up."""
    timings = Timings()
    for count in range(rounds + 1):
        ways: list[tuple[Callable[[], Callable[[], None]], list[float]]]
        ways = [(store.bare, timings.bare), (store.ours, timings.ours)]
        if store.tus is not None and 0 < count <= TUS_ROUNDS:
            ways.append((partial(store.by_tus, store.tus), timings.tus))
        for upload, seconds in ways:
            began = time.perf_counter()
            clean_up = upload()
            took = time.perf_counter() - began
            if count:
                seconds.append(took)
            clean_up()
    return timings


def _table(timings: Mapping[str, Timings]) -> str:
    rows = [
        "| | bare presigned parts | upload in parts, to the response of `complete` | tus |",
        "| --- | --- | --- | --- |",
    ]
    for size, each in timings.items():
        cells = [f"{statistics.median(each.bare):.2f} s"]
        cells += [f"{statistics.median(way):.2f} s ({each.ratio(way):.2f})" for way in (each.ours, each.tus)]
        rows.append(f"| {size} | {' | '.join(cells)} |")
    return "\n".join(rows)


@contextlib.contextmanager
def _store(*, with_tus: bool) -> Iterator[Store]:
    parameters = f"MaxUploadBytes={max(SIZES.values())} UploadsPerMinute=100"
    with (
        tempfile.TemporaryDirectory() as state,
        local_service.running(Path(state), files_in_memory=True, parameters=parameters) as service,
        httpx.Client(base_url=service.url, timeout=120) as http,
    ):
        s3 = service.aws("s3")
        s3.create_bucket(Bucket=BUCKET)
        names = ["tus"] if with_tus else []
        with peers.running(service.aws_url, service.root_key, BUCKET, TABLE, names) as servers:
            yield Store(service, http, s3, b"", next(iter(servers), None))


if __name__ == "__main__":
    sys.exit(main())
