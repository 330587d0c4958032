"""`python -m bench.part_uploads`: an upload in parts, compared with bare presigned parts of the same file and with tus.

Runs on the local stack, whose own time is part of each: only the ratio within a round counts. The upload in parts and
the bare parts send 16 parts of 16 MiB, four at a time, straight to the store as on AWS. tus sends the file to its
server, which stores it there. Each ends when the store has one file. Publication follows in the background.
Writes docs/performance.md; `--check` compares the ratio with bench/budget.toml.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench import local_service, peers, report, sample_videos
from bench.local_service import LocalService
from bench.peers import Peer
from bench.whole_uploads import BUCKET, TABLE

MIB = 1024 * 1024
SIZE, PART_BYTES, WORKERS = 256 * MIB, 16 * MIB, 4
COUNT = SIZE // PART_BYTES
_PUBLISHED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Store:
    """The store of a running stack that takes large files, and a file."""

    service: LocalService
    http: httpx.Client
    s3: Any
    data: bytes
    tus: Peer

    def ours(self) -> Callable[[], None]:
        """Upload, and return a function that waits for the publication and removes the asset."""
        headers = self.service.new_owner_headers()
        begun = self._post("/api/v2/uploads", {"filename": "film.mp4", "size_bytes": SIZE}, headers)
        path = f"/api/v2/uploads/{begun['asset_id']}"
        upload = {"upload_id": begun["upload"]["id"]}
        signed = self._post(f"{path}/parts", {**upload, "part_numbers": list(range(1, COUNT + 1))}, headers)
        # Straight to the store, not through the local front door.
        self._send([part["url"].replace(self.service.url, self.service.aws_url) for part in signed["parts"]])
        self._post(f"{path}/complete", upload, headers)

        def settle() -> None:
            deadline = time.monotonic() + _PUBLISHED_SECONDS
            while self.http.post(f"{path}/complete", json=upload, headers=headers).status_code != 201:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{begun['asset_id']} was not published")
                time.sleep(1)
            self.http.delete(f"/api/v2/assets/{begun['asset_id']}", headers=headers).raise_for_status()

        return settle

    def bare(self) -> Callable[[], None]:
        """Upload as a program with AWS keys would, and return a function that removes the object."""
        key = f"bare/{uuid.uuid4()}"
        of = {
            "Bucket": BUCKET,
            "Key": key,
            "UploadId": self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"],
        }
        numbers = range(1, COUNT + 1)
        etags = self._send(
            [self.s3.generate_presigned_url("upload_part", {**of, "PartNumber": number}) for number in numbers]
        )
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in zip(numbers, etags, strict=True)]
        self.s3.complete_multipart_upload(**of, MultipartUpload={"Parts": parts})
        return lambda: self.s3.delete_object(Bucket=BUCKET, Key=key)

    def by_tus(self) -> Callable[[], None]:
        """Upload to a tus server, and return a function that removes the object."""
        key = self.tus.upload(self.http, self.data)
        return lambda: self.s3.delete_object(Bucket=BUCKET, Key=key)

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        return self.http.post(path, json=body, headers=headers).raise_for_status().json()

    def _send(self, urls: Sequence[str]) -> list[str]:
        """Put every part, and return the ETags."""

        def put(place: int) -> str:
            part = memoryview(self.data)[place * PART_BYTES : (place + 1) * PART_BYTES]
            return self.http.put(urls[place], content=bytes(part)).raise_for_status().headers["etag"]

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(put, range(COUNT)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    budget = report.budget("parts")
    with _store() as store:
        bare, ours, tus = measure(store, options.rounds)
    ratios = {"parts-256-bare": _ratio(ours, bare)}
    if not options.check:
        cells = [f"{statistics.median(bare):.2f} s"]
        cells += [f"{statistics.median(each):.2f} s ({_ratio(each, bare):.2f})" for each in (ours, tus)]
        table = (
            "| | bare presigned parts | upload in parts, to the response of `complete` | tus |",
            "| --- | --- | --- | --- |",
            f"| 256 MiB | {' | '.join(cells)} |",
        )
        sections = f"{options.rounds} rounds.", "\n".join(table), report.ratio_table(ratios, budget)
        report.replace("parts", "\n\n".join(sections))
    return report.exit_status(report.over_budget(ratios, budget), check=options.check)


def _ratio(some: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


def measure(store: Store, rounds: int) -> tuple[list[float], ...]:
    """Seconds of each way in each round, after one round that does not count."""
    seconds: tuple[list[float], ...] = [], [], []
    for _ in range(rounds + 1):
        for upload, measured in zip((store.bare, store.ours, store.by_tus), seconds, strict=True):
            began = time.perf_counter()
            settle = upload()
            measured.append(time.perf_counter() - began)
            settle()
    return tuple(each[1:] for each in seconds)


@contextlib.contextmanager
def _store() -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory() as state,
        local_service.running(
            Path(state), files_in_memory=True, parameters=f"MaxUploadBytes={SIZE} UploadsPerMinute=100"
        ) as service,
        httpx.Client(base_url=service.url, timeout=120) as http,
    ):
        s3 = service.aws("s3")
        s3.create_bucket(Bucket=BUCKET)
        with peers.running(service.aws_url, service.root_key, BUCKET, TABLE, ["tus"]) as (tus,):
            yield Store(service, http, s3, sample_videos.mp4(SIZE), tus)


if __name__ == "__main__":
    sys.exit(main())
