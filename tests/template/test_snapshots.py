"""Functions with SnapStart, from the built layer: what their snapshots contain."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import snapshot_restore_py

from bench.environments import Subject, event_of, run
from bench.environments import environment as of_function
from bench.stub_aws import stub_aws
from tests.serving import Handler, serving
from tests.template.cloudformation import ROOT, load

TAKEN_FOR_A_SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "METRICS": "true"}
# The status of each response with the stub of AWS.
EVENTS = [
    ("upload", "upload-form", 201),
    ("upload", "upload-direct", 503),
    ("upload", "complete", 404),
    ("parts", "begin-upload", 503),
    ("parts", "complete-parts", 404),
    ("list", "list", 200),
    ("list", "metadata", 404),
    ("list", "job", 404),
    ("list", "health", 200),
    ("delete", "delete", 200),
    ("change", "change", 404),
    ("generate", "cancel-job", 404),
]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the modules of Lambda's runtime."""
    directory = tmp_path_factory.mktemp("runtime")
    shutil.copy(str(snapshot_restore_py.__file__), directory)
    return directory


@pytest.mark.parametrize(("function", "event", "status"), EVENTS)
def test_the_first_response_after_a_snapshot_loads_nothing(
    function: str, event: str, status: int, core: Path, runtime: Path
) -> None:
    subject = Subject(function, (ROOT / "functions" / function, core, runtime), event, status)
    with stub_aws() as url:
        loaded = run(subject, url, settings=TAKEN_FOR_A_SNAPSHOT)
    assert loaded["modules_at_first_response"] == loaded["modules_at_import"]


def test_every_function_with_a_snapshot_is_tested() -> None:
    functions = {name: each["Properties"] for name, each in load()["Resources"].items() if "Function" in name}
    with_snapshot = {each["CodeUri"].removeprefix("functions/") for each in functions.values() if "SnapStart" in each}
    assert with_snapshot == {function for function, _, _ in EVENTS}


def output_of(code: str, environment: dict[str, str], *paths: Path) -> list[str]:
    """Run `code` in a process that can import only from `paths`, and return the lines that it prints."""
    isolated = [sys.executable, "-S", "-B", "-P", "-c", f"import sys; sys.path[:0] = {[*map(str, paths)]!r}\n{code}"]
    done = subprocess.run(isolated, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.splitlines()


def test_restored_processes_have_different_random_numbers(core: Path, runtime: Path) -> None:
    code = """
import app, random, snapshot_restore_py
state = random.getstate()
for hook, arguments, named in snapshot_restore_py.get_after_restore():
    hook(*arguments, **named)
print(random.getstate() == state)
"""
    environment = of_function("http://127.0.0.1:9") | TAKEN_FOR_A_SNAPSHOT
    assert output_of(code, environment, ROOT / "functions" / "list", core, runtime) == ["False"]


@pytest.fixture
def credentials_url() -> Iterator[str]:
    """Serve new role credentials, always about to expire, for each request of a restored process."""

    class Credentials(Handler):
        asked = 0

        def do_GET(self) -> None:
            Credentials.asked += 1
            expires = datetime.now(UTC) + timedelta(minutes=5)
            found = {
                "AccessKeyId": f"KEY{Credentials.asked}",
                "SecretAccessKey": "secret",
                "Token": "token",
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            self.respond(200, json.dumps(found).encode())

    with serving(Credentials) as port:
        yield f"http://127.0.0.1:{port}/credentials"


def test_forms_are_signed_with_current_credentials_after_a_restore(
    core: Path, runtime: Path, credentials_url: str, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(event_of("upload-form")))
    code = f"""
import app, json
from types import SimpleNamespace
event, imported = json.load(open({str(event)!r})), set(sys.modules)
context = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r",
    get_remaining_time_in_millis=lambda: 20_000,
)
for _ in range(2):
    response = app.handler(event, context)
    print(json.loads(response["body"])["upload"]["fields"]["x-amz-credential"].partition("/")[0])
print(*sorted(set(sys.modules) - imported))
"""
    with stub_aws() as url:
        environment: dict[str, Any] = of_function(url) | TAKEN_FOR_A_SNAPSHOT
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            del environment[name]
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = credentials_url
        printed = output_of(code, environment, ROOT / "functions" / "upload", core, runtime)
    keys = [line for line in printed if line.startswith("KEY")]
    assert len(set(keys)) == 2
    assert not printed[-1]
