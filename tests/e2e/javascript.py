"""Node with the JavaScript client in it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "js"
# A loaded machine, 50 MB, and a generation.
TIMEOUT_SECONDS = 600
_PRELUDE = """
import { openAsBlob, writeFileSync } from "node:fs";
import { AssetApiError, AssetClient, JobFailedError } from %(client)s;
const { url, token, ...given } = JSON.parse(process.env.GIVEN);
const client = new AssetClient(url, token);
const result = await (async () => { %(code)s })();
writeFileSync(1, JSON.stringify(result ?? null));
"""


def tool(name: str) -> str:
    """Find `node` or `npm`."""
    found = shutil.which(name)
    assert found, f"{name} must be on the PATH: the tests need Node.js 20 or later"
    return found


def evaluated(code: str, url: str, token: str | None, **given: object) -> Any:
    """Run the body of an async function in Node, with `client` and `given` in scope, and return its result."""
    source = (CLIENT / "src" / "index.js").as_uri()
    program = _PRELUDE % {"client": json.dumps(source), "code": code}
    environment = {**os.environ, "GIVEN": json.dumps({"url": url, "token": token, **given})}
    return json.loads(run(tool("node"), "--input-type=module", "--eval", program, env=environment))


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command, which must succeed, and return its output."""
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
