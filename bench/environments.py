"""A fresh process per handler, with the template's environment and a stub of AWS."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_api.platform import principals
from bench.sites import ROOT

SECRET = "a-secret-of-the-benchmark-".ljust(64, "s")
WORKER = ROOT / "bench/worker.py"


@dataclass(frozen=True)
class Subject:
    """A handler to measure: its module paths and its event (a file in `events/`)."""

    name: str
    paths: tuple[Path, ...]
    event: str
    status: int = 200


def environment(aws_url: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "ASSETS_TABLE": "assets",
        "REQUESTS_TABLE": "requests",
        "INCOMING_BUCKET": "incoming",
        "INCOMING_BUCKET_DOMAIN": "incoming.s3.us-east-1.amazonaws.com",
        "ASSETS_BUCKET": "assets",
        "ASSET_ID_SALT": "salt",
        # The hash of the secret in the sample events.
        "ORIGIN_SECRET_HASHES": "2e968adf60a89bc28cd70f16af3e0bb85345748050f3c09e270fe4851ab96f8e",
        "JWT_SECRETS": SECRET,
        "REMOVE_PERSONAL_METADATA": "true",
        "CDN_LIFETIME_SECONDS": "31536000",
        "METRICS": "false",
        "REPLICATE_API_TOKEN": "r8_bench",
        "REPLICATE_BASE_URL": aws_url,
        "REPLICATE_WEBHOOK_SECRET": "whsec_YmVuY2g=",
        "INGEST_QUEUE_URL": f"{aws_url}/queue",
        # As on Lambda, where the layer is read-only.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def event_of(name: str, owner: str = "alice") -> dict[str, Any]:
    """Read an event from `events/` and put a valid token for `owner` into it."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    if "authorization" in event.get("headers", {}):
        token = principals.sign(owner, SECRET, expires_at=int(time.time()) + 3600)
        event["headers"]["authorization"] = f"Bearer {token}"
        # Measure without idempotency, like the call counts in the documents: a key costs additional calls.
        event["headers"].pop("idempotency-key", None)
    return event


def run(
    subject: Subject, aws_url: str, *, invocations: int = 0, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run bench/worker.py with the additional `settings` and return its measurements.

    Raises RuntimeError for an unexpected response.
    """
    event = event_of(subject.event)
    paths = os.pathsep.join(map(str, subject.paths))
    # Not -I, which would ignore PYTHONDONTWRITEBYTECODE; -S keeps the development environment out.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as event_file:
        json.dump(event, event_file)
        event_file.flush()
        command = [sys.executable, "-S", "-B", "-P", str(WORKER), paths, event_file.name, str(invocations)]
        done = subprocess.run(
            command,
            env=environment(aws_url) | dict(settings or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{subject.name}: {done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    if measured["status"] != subject.status:
        raise RuntimeError(f"{subject.name} returned {measured['status']}: {done.stdout}{done.stderr}")
    return measured
