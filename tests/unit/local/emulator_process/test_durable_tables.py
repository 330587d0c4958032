"""MiniStack's DynamoDB with durable tables and streams, killed and restarted."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
PREPARE = """
import asyncio, json, os, signal, sys
from pathlib import Path
from ministack.core import persistence
from ministack.services import dynamodb, lambda_svc
from local.emulator_process import durable_tables
from local.emulator_process.table_store import TableStore

directory = Path(sys.argv[1])
store = TableStore(directory / "tables.sqlite")
durable_tables.install(store)

def call(action, **body):
    target = {"x-amz-target": f"DynamoDB_20120810.{action}"}
    status, _, response = asyncio.run(dynamodb.handle_request("POST", "/", target, json.dumps(body).encode(), {}))
    assert status == 200, response
    return json.loads(response)

def key(name):
    return {"owner": {"S": "alice"}, "sk": {"S": name}}
"""
FIRST_RUN = (
    PREPARE
    + """
call("CreateTable", TableName="assets", BillingMode="PAY_PER_REQUEST",
     AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("owner", "sk")],
     KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
     StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
(directory / "dynamodb.json").write_text(
    json.dumps({"payload": dynamodb.get_state()}, default=persistence._json_default))
call("PutItem", TableName="assets", Item=key("asset#1"))
call("PutItem", TableName="assets", Item=key("asset#2"))
call("UpdateItem", TableName="assets", Key=key("asset#2"), UpdateExpression="SET n = :n",
     ExpressionAttributeValues={":n": {"N": "7"}})
call("TransactWriteItems", TransactItems=[
    {"Delete": {"TableName": "assets", "Key": key("asset#1")}},
    {"Put": {"TableName": "assets", "Item": key("tombstone#1")}}])
lambda_svc._dynamodb_stream_positions["mapping"] = 3
store.save_positions(durable_tables.positions())
os.kill(os.getpid(), signal.SIGKILL)
"""
)
SECOND_RUN = (
    PREPARE
    + """
state = json.loads((directory / "dynamodb.json").read_text(), object_hook=persistence._json_object_hook)["payload"]
assert not any(table["items"] for table in state["tables"].all_values())
dynamodb.load_persisted_state(state)
lambda_svc._restore_state({"esms": {}})
position = lambda_svc._dynamodb_stream_positions["mapping"]
call("PutItem", TableName="assets", Item=key("asset#3"))
print(json.dumps({
    "items": call("Scan", TableName="assets")["Items"],
    "count": call("DescribeTable", TableName="assets")["Table"]["ItemCount"],
    "unread": [[r["eventName"], r["dynamodb"]["Keys"]["sk"]["S"]]
               for r in dynamodb.stream_records_since("assets", position, 100)],
}))
"""
)


def run(code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_items_and_unread_stream_records_survive_a_kill(tmp_path: Path) -> None:
    killed = run(FIRST_RUN, tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    second = run(SECOND_RUN, tmp_path)
    assert second.returncode == 0, second.stderr
    found: dict[str, Any] = json.loads(second.stdout)
    assert [item["sk"]["S"] for item in found["items"]] == ["asset#2", "asset#3", "tombstone#1"]
    assert found["items"][0]["n"] == {"N": "7"}
    assert found["count"] == 3
    assert found["unread"] == [["REMOVE", "asset#1"], ["INSERT", "tombstone#1"], ["INSERT", "asset#3"]]
