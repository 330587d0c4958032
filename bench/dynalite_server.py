"""dynalite, a DynamoDB emulator on LevelDB: like DynamoDB's, its tables are ordered indexes on disk, not in memory."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from samcli.yamlhelper import yaml_parse

from asset_api.assets import asset_ids
from asset_api.assets.asset import Asset
from asset_api.platform.settings import Settings
from bench.sites import ROOT
from local import ports

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_DIRECTORY = ROOT / "bench/dynalite"
_TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
_BATCH_ITEMS = 25  # BatchWriteItem's limit
_LOADING_THREADS = 4
# One asset per second from this time on, so that even the last is in the past.
_FIRST_UPLOAD = datetime(2025, 1, 1, tzinfo=UTC)


def version() -> str:
    """Return the pinned version."""
    pinned: str = json.loads((_DIRECTORY / "package.json").read_text())["dependencies"]["dynalite"]
    return pinned


@contextmanager
def running() -> Iterator[str]:
    """Run a server on loopback and yield its URL, then remove its files."""
    port = ports.free()
    with tempfile.TemporaryDirectory() as directory:
        program = _DIRECTORY / "node_modules/dynalite/cli.js"
        command = ["node", str(program), "--host=127.0.0.1", f"--port={port}", f"--path={directory}"]
        with subprocess.Popen([*command, "--createTableMs=0"], stdout=subprocess.PIPE, text=True) as process:
            try:
                if process.stdout is None or "listening" not in process.stdout.readline():
                    raise RuntimeError("dynalite did not start")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def create_tables(dynamodb: "DynamoDBClient", settings: Settings) -> None:
    """Create the tables with their keys and indexes from template.yaml."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    for resource, name in (("AssetsTable", settings.assets_table), ("RequestsTable", settings.requests_table)):
        properties = resources[resource]["Properties"]
        dynamodb.create_table(
            TableName=name, **{key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
        )
        dynamodb.get_waiter("table_exists").wait(TableName=name)


def fill(dynamodb: "DynamoDBClient", settings: Settings, counts: dict[str, int]) -> dict[str, tuple[str, ...]]:
    """Store `counts[owner]` assets for each owner and return their ids, newest first."""

    def write(batch: tuple[str, range]) -> list[str]:
        owner, seconds = batch
        assets = [_asset(owner, second, settings.asset_id_salt) for second in seconds]
        puts = [{"PutRequest": {"Item": asset.to_item()}} for asset in assets]
        response = dynamodb.batch_write_item(RequestItems={settings.assets_table: puts})  # type: ignore[dict-item]
        if response["UnprocessedItems"]:
            raise RuntimeError("dynalite left items unwritten")
        return [asset.asset_id for asset in assets]

    batches = [
        (owner, range(start, min(start + _BATCH_ITEMS, count)))
        for owner, count in counts.items()
        for start in range(0, count, _BATCH_ITEMS)
    ]
    ids: dict[str, list[str]] = {owner: [] for owner in counts}
    with ThreadPoolExecutor(_LOADING_THREADS) as threads:
        for (owner, _), written in zip(batches, threads.map(write, batches), strict=True):
            ids[owner].extend(written)
    return {owner: tuple(reversed(oldest_first)) for owner, oldest_first in ids.items()}


def _asset(owner: str, second: int, salt: str) -> Asset:
    asset_id = asset_ids.mint(owner, salt=salt, now=_FIRST_UPLOAD + timedelta(seconds=second))
    return Asset(owner, asset_id, f"holiday-{second:07}.jpg", "image/jpeg", 2048576, "0" * 64, 4000, 3000)
