"""Cut botocore's service models, in a layer being built, to the operations that the functions use.

Loading the models is most of the cost of a first client. `python cut_botocore.py DATA`, where DATA is the layer's
`botocore/data`. botocore itself is unchanged; `botocore.loaders` documents the data format. An operation missing here
fails with an AttributeError; tests/template/test_botocore_data.py catches that first.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

# By service, under botocore's name: the operations, under AWS's names.
OPERATIONS = {
    "cloudfront": {"CreateInvalidation"},
    "dynamodb": {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "events": {"PutEvents"},
    "lambda": {"Invoke"},
    "s3": {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "HeadBucket",  # botocore itself calls it to find a bucket's region after a redirect
        "HeadObject",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjectsV2",
        "ListParts",
        "PutObject",
        "UploadPart",
        "UploadPartCopy",
    },
    "sqs": {"ChangeMessageVisibility", "GetQueueUrl", "SendMessage", "SendMessageBatch"},
}
# The files that a client reads, without those of examples, paginators and waiters.
_READ = ("service-2", "endpoint-rule-set-1")


def cut(data: Path) -> None:
    """Cut all models below `data`. Raises KeyError for an operation unknown to botocore."""
    for service in [path for path in data.iterdir() if path.is_dir()]:
        if service.name in OPERATIONS:
            _cut_service(service, OPERATIONS[service.name])
        else:
            shutil.rmtree(service)
    endpoints = _load(data / "endpoints.json")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: of for name, of in partition["services"].items() if name in OPERATIONS}
    _write(data / "endpoints.json", endpoints)


def cut_model(model: dict[str, Any], operations: set[str]) -> dict[str, Any]:
    """Return the service's model with only these operations, the shapes they reach, all typed errors, and no prose."""
    kept = {name: model["operations"][name] for name in sorted(operations)}
    errors = [{"shape": name} for name, shape in model["shapes"].items() if shape.get("exception")]
    shapes: dict[str, Any] = {}
    pending: list[Any] = [kept, errors]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            name = node.get("shape")
            if isinstance(name, str) and name not in shapes:
                shapes[name] = model["shapes"][name]
                pending.append(shapes[name])
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return {**model, "operations": _without_prose(kept), "shapes": _without_prose(shapes)}


def _without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        # A member may be called `documentation`: that is an object, and prose is text.
        return {
            key: _without_prose(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_without_prose(value) for value in node] if isinstance(node, list) else node


def _cut_service(service: Path, operations: set[str]) -> None:
    latest, *older = sorted((path for path in service.iterdir() if path.is_dir()), reverse=True)
    for version in older:
        shutil.rmtree(version)
    for path in latest.iterdir():
        name = path.name.partition(".json")[0]
        if name in _READ:
            description = _load(path)
            path.unlink()
            _write(latest / f"{name}.json", cut_model(description, operations) if name == _READ[0] else description)
        elif "sdk-extras" not in path.name:
            path.unlink()


def _load(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def _write(path: Path, description: Any) -> None:
    path.write_text(json.dumps(description, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    cut(Path(sys.argv[1]))
