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

from bench.environments import environment as of_function
from bench.environments import event_of
from bench.stub_aws import stub_aws
from tests.serving import Handler, serving
from tests.template.cloudformation import ROOT, load

TAKEN_FOR_A_SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "METRICS": "true"}
# The status of each function's responses with the stub of AWS, by event.
EVENTS = {
    "upload": {"upload-form": 201, "upload-direct": 503, "complete": 404},
    "parts": {"begin-upload": 503, "complete-parts": 404},
    "list": {"list": 200, "metadata": 404, "job": 404, "health": 200},
    "delete": {"delete": 200},
    "change": {"change": 404},
    "generate": {"cancel-job": 404},
}
CONTEXT = """
from types import SimpleNamespace
context = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="r",
    get_remaining_time_in_millis=lambda: 20_000,
)
"""
# A fork is to a process what a restored environment is to the snapshot: each event finds the state after the import.
FIRST_RESPONSES = f"""
import app, json, os, sys
{CONTEXT}
events = json.load(open(sys.argv[1]))
imported = set(sys.modules)
for name, event in events.items():
    child = os.fork()
    if not child:
        answer = app.handler(event, context)
        print("\\n" + json.dumps([name, answer["statusCode"], sorted(set(sys.modules) - imported)]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(name + " failed")
"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the modules of Lambda's runtime."""
    directory = tmp_path_factory.mktemp("runtime")
    shutil.copy(str(snapshot_restore_py.__file__), directory)
    return directory


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    with stub_aws() as url:
        yield url


@pytest.mark.parametrize("function", EVENTS)
def test_the_first_response_after_a_snapshot_loads_nothing(
    function: str, core: Path, runtime: Path, aws_url: str, tmp_path: Path
) -> None:
    events = tmp_path / "events.json"
    events.write_text(json.dumps({name: event_of(name) for name in EVENTS[function]}))
    environment = of_function(aws_url) | TAKEN_FOR_A_SNAPSHOT
    printed = output_of(FIRST_RESPONSES, environment, ROOT / "functions" / function, core, runtime, argument=events)
    responses = [json.loads(line) for line in printed if line.startswith('["')]
    assert responses == [[name, status, []] for name, status in EVENTS[function].items()]


def test_every_function_with_a_snapshot_is_tested() -> None:
    functions = {name: each["Properties"] for name, each in load()["Resources"].items() if "Function" in name}
    with_snapshot = {each["CodeUri"].removeprefix("functions/") for each in functions.values() if "SnapStart" in each}
    assert with_snapshot == EVENTS.keys()


def output_of(code: str, environment: dict[str, str], *paths: Path, argument: Path | None = None) -> list[str]:
    """Run `code` in a process that can import only from `paths`, and return the lines that it prints."""
    with_paths = f"import sys; sys.path[:0] = {[*map(str, paths)]!r}\n{code}"
    isolated = [sys.executable, "-S", "-B", "-P", "-c", with_paths, str(argument or "")]
    done = subprocess.run(isolated, check=True, stdout=subprocess.PIPE, text=True, env=environment)
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


SIGNED_TWICE = f"""
import app, json, sys
{CONTEXT}
event, imported = json.load(open(sys.argv[1])), set(sys.modules)
for _ in range(2):
    answer = app.handler(event, context)
    print(json.loads(answer["body"])["upload"]["fields"]["x-amz-credential"].partition("/")[0])
print(*sorted(set(sys.modules) - imported))
"""


def test_forms_are_signed_with_current_credentials_after_a_restore(
    core: Path, runtime: Path, credentials_url: str, aws_url: str, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(event_of("upload-form")))
    environment: dict[str, Any] = of_function(aws_url) | TAKEN_FOR_A_SNAPSHOT
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        del environment[name]
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = credentials_url
    printed = output_of(SIGNED_TWICE, environment, ROOT / "functions" / "upload", core, runtime, argument=event)
    keys = [line for line in printed if line.startswith("KEY")]
    assert len(set(keys)) == 2
    assert not printed[-1]
