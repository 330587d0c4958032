"""The example in examples/asset_life, run on a stack where a minute passes as soon as the example waits for one."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from local.environment import REGION
from local.stack import NAME
from local.state import StateDirectory
from local.webhooks import secret_of
from tests import media
from tests.e2e.client import Caller, someone, succeeded
from tests.e2e.emulated_aws import client, items, physical_id, reconcile
from tests.e2e.local_stack import ROOT, LocalStack

_PATIENCE_SECONDS = 600


@dataclass
class AssetLife:
    """The running example and its output."""

    process: "subprocess.Popen[str]"
    stack: LocalStack
    owner: Caller
    lines: list[str] = field(default_factory=list)
    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("expire in a minute\n"):
                self.let_expire()
            self.lines.append(line.rstrip("\n"))

    def let_expire(self) -> None:
        """Let a minute pass: set the expiry of the owner's expiring assets to now, and run `reconcile`."""
        dynamodb, table, now = client(self.stack, "dynamodb"), physical_id(self.stack, "AssetsTable"), int(time.time())
        expiring = {
            asset["asset_id"] for asset in succeeded(self.owner.list_assets(), 200)["assets"] if asset["expires_at"]
        }
        for item in items(self.stack):
            is_asset = item["sk"]["S"].startswith("asset#")
            if item["sk"]["S"].rpartition("#")[2] in expiring and "expiry" in item:
                dynamodb.update_item(
                    TableName=table,
                    Key={"owner": item["owner"], "sk": item["sk"]},
                    UpdateExpression="SET expiry = :now" + (", check_at = :now" if is_asset else ""),
                    ExpressionAttributeValues={":now": {"N": str(now)}},
                )
        reconcile(self.stack)

    def ended(self) -> list[str]:
        """Return its output once it has succeeded."""
        status = self.process.wait(_PATIENCE_SECONDS)
        self._reader.join(_PATIENCE_SECONDS)
        assert status == 0, self.lines
        return self.lines


@contextlib.contextmanager
def living(stack: LocalStack, http: httpx.Client, port: int) -> Iterator[AssetLife]:
    """Start the example with ten public URLs of another owner."""
    owner, other = someone(stack, http), someone(stack, http)
    urls = [other.uploaded("image.png", media.png())["url"] for _ in range(10)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "ASSETS_URL": stack.url,
        "ASSETS_TOKEN": str(owner.token),
        "ASSETS_WEBHOOK_SECRET": secret_of(StateDirectory(stack.state).webhook_secret),
        "ASSETS_STACK": NAME,
        "PORT": str(port),
        "AWS_ENDPOINT_URL": stack.emulator_url,
        "AWS_SHARED_CREDENTIALS_FILE": str(StateDirectory(stack.state).root_key),
        "AWS_DEFAULT_REGION": REGION,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "examples.asset_life", *urls],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield AssetLife(process, stack, owner)
        finally:
            process.terminate()
