"""AWS calls per operation, checked by tests/functions/test_cost_counts.py, and our own CPU time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tools.cost import prices

# The size of an asset's item as DynamoDB counts it (names and values), with a SHA-256, dimensions and a UUID as owner.
# Items in `make bench-scale`, with a short owner, have 214 bytes.
_ITEM_BYTES = 271
_READ_UNIT_BYTES = 4096
VCPU_MB = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
# Latency of an AWS call within a region, in milliseconds: assumed, not measured.
_WAITS_MS = {
    "DynamoDB": 5,
    "transaction": 10,
    "S3": 25,
    "SendMessage": 10,
    "SendMessageBatch": 10,
    "the receiver's response": 200,
}
_LOG_BYTES = 1500  # log lines of a request: ours, START, END and REPORT, and API Gateway's
# "PUT, COPY, POST, LIST requests" in the price list. Requests that delete or abort are free.
_S3_PUTS = (
    *("PutObject", "CopyObject", "ListObjectVersions", "ListObjectsV2"),
    *("CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload", "ListParts", "ListMultipartUploads"),
)
_S3_GETS = ("GetObject", "HeadObject")


# CPU time of a warm invocation, in milliseconds of one vCPU. form, list, metadata, delete and purge are measured by
# bench/worker.py against its stub of AWS (x86-64, Python 3.13, medians of 200); the others are estimated from these by
# their calls.
_CPU_MS = {"form": 1.6, "list": 1.8, "metadata": 1.2, "delete": 3.2, "purge": 2.1, "publish": 4.5, "look": 2.0}
_CPU_MS |= {"signatures": 10.0, "copy": 1.5}
# One event within a batch; one delivery.
_CPU_MS |= {"event": 1.0, "webhook": 4.0}
# 1080p H.264: the last frame of 50 MB as PNG, with a key frame every two seconds; the poster. A frame of a large file
# takes a few more reads.
_CPU_MS |= {"frame": 550.0, "new video": 260.0}
# A JPEG of 12 megapixels: scaled to 640 pixels; scaled to 320 and 640, with the thumbhash (bench/renditions.py).
_CPU_MS |= {"rendition": 70.0, "new image": 135.0, "batch": 25.0}


def admission_write_units(limit: int) -> int:
    """Compute the write units of an admission after two minutes at the limit.

    The lists then have three times as many entries as the limit, each of 13 digits or 9 bytes; the item also has ten
    ids.
    """
    return math.ceil((3 * limit * 9 + 600) / 1024)


@dataclass(frozen=True)
class Call:
    """A call and, for DynamoDB, the number of items below 1 KB that it touches."""

    name: str
    items: int = 0
    index_writes: int = 0

    @property
    def dollars(self) -> float:
        """Compute the price. Reads are consistent, transactions cost double, and condition checks count as writes."""
        match self.name:
            case "UpdateItem" | "PutItem":
                return (1 + self.index_writes) * prices.WRITE_UNIT.dollars
            case "TransactWriteItems":
                return (2 * self.items + self.index_writes) * prices.WRITE_UNIT.dollars
            case "GetItem" | "BatchGetItem":
                return self.items * prices.READ_UNIT.dollars
            case "Query":
                return max(1, math.ceil(self.items * _ITEM_BYTES / _READ_UNIT_BYTES)) * prices.READ_UNIT.dollars
            case "SendMessage" | "SendMessageBatch":
                return prices.SQS_REQUEST.dollars
            case "DeleteObject" | "DeleteObjects" | "AbortMultipartUpload" | "the receiver's response":
                return 0
        if self.name in _S3_PUTS:
            return prices.S3_PUT.dollars
        if self.name in _S3_GETS:
            return prices.S3_GET.dollars
        raise ValueError(self.name)

    @property
    def wait_ms(self) -> int:
        if self.name == "TransactWriteItems":
            return _WAITS_MS["transaction"]
        if self.name in _WAITS_MS:
            return _WAITS_MS[self.name]
        return _WAITS_MS["DynamoDB" if self.items else "S3"]


@dataclass(frozen=True)
class Operation:
    """An operation. `cpu_ms` is warm, on one vCPU; `other_dollars` is the price of everything but Lambda and calls."""

    name: str
    function: str
    memory_mb: int
    calls: tuple[Call, ...]
    cpu_ms: float
    other_dollars: float = 0.0
    download_ms: int = 0

    def duration_ms(self, memory_mb: int) -> float:
        """Compute the duration at a memory size. Lambda's share of a vCPU is proportional to it."""
        return self.download_ms + sum(call.wait_ms for call in self.calls) + self.cpu_ms / min(1.0, memory_mb / VCPU_MB)

    def compute_dollars(self, memory_mb: int) -> float:
        """Compute the price of the compute time, rounded up to a millisecond as Lambda rounds it."""
        seconds = math.ceil(self.duration_ms(memory_mb)) / 1000
        return prices.LAMBDA_REQUEST.dollars + memory_mb / 1024 * seconds * prices.LAMBDA_GB_SECOND.dollars

    @property
    def dollars(self) -> float:
        calls = sum(call.dollars for call in self.calls)
        logs = _LOG_BYTES / 1e9 * prices.LOG_GB.dollars
        return self.compute_dollars(self.memory_mb) + calls + logs + self.other_dollars


# A request to the API: CloudFront, its function, API Gateway.
REQUEST_DOLLARS = prices.CDN_REQUEST.dollars + prices.CDN_FUNCTION.dollars + prices.API_REQUEST.dollars
# An event in EventBridge, and a message sent, received and deleted in SQS.
_DELIVERY = prices.EVENT.dollars + 3 * prices.SQS_REQUEST.dollars
# The download of a 2 MB file from another host, at 20 Mbit/s.
_DOWNLOAD_MS = 800
# S3 copies 128 MiB within itself in some two seconds (assumed), eight at a time.
_LARGEST_COPIES = math.ceil(5_000_000_000 / (128 * 1024 * 1024))
_COPY_MS = 2000 * math.ceil(_LARGEST_COPIES / 8)
# The browser's POST to S3.
_POST = prices.S3_PUT.dollars

_LIMIT = Call("UpdateItem", 1)
_FIND = Call("BatchGetItem", 2)
_ADD = Call("TransactWriteItems", 3)
_READ, _COPY, _PUT, _REMOVE = Call("GetObject"), Call("CopyObject"), Call("PutObject"), Call("DeleteObject")
_REMOVE_BYTES = Call("DeleteObjects")
_VERSIONS, _RENDITIONS, _HEAD = Call("ListObjectVersions"), Call("ListObjectsV2"), Call("HeadObject")
# Tombstones of a hundred assets, each in the index InFlight until its last look.
_TOMBSTONES = (
    Call("TransactWriteItems", 99, index_writes=49),
    Call("TransactWriteItems", 99, index_writes=49),
    Call("TransactWriteItems", 5, index_writes=2),
)
# A write that adds the item to the index InFlight, or removes it.
_LEASE = Call("UpdateItem", 1, index_writes=1)
_ASSEMBLED, _STORED_PARTS = Call("ListMultipartUploads"), Call("ListParts")
_RENDER = (_HEAD, _LEASE, _READ, _PUT, _HEAD, _LEASE)

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("form", "upload", 1024, (_LIMIT,), _CPU_MS["form"], REQUEST_DOLLARS + _POST),
        Operation("complete", "upload", 1024, (_FIND, _READ, _COPY, _ADD), _CPU_MS["publish"], REQUEST_DOLLARS),
        Operation("event, completed before", "publish", 1024, (_READ, _FIND, _REMOVE), _CPU_MS["look"], _DELIVERY),
        Operation(
            "event, not completed",
            "publish",
            1024,
            (_READ, _FIND, _COPY, _ADD, _REMOVE),
            _CPU_MS["publish"],
            _DELIVERY,
        ),
        Operation("form posted again", "publish", 1024, (_READ, _FIND, _REMOVE), _CPU_MS["look"], _POST + _DELIVERY),
        # The refused bytes stay for a `complete` to say why.
        Operation(
            "event, refused",
            "publish",
            1024,
            (_READ, _FIND, Call("PutItem", 1)),
            _CPU_MS["look"],
            _DELIVERY,
        ),
        # A failed conditional write costs as much as one that succeeds.
        Operation(
            "form posted again, refused again",
            "publish",
            1024,
            (_READ, _FIND, Call("PutItem", 1), Call("PutItem", 1)),
            _CPU_MS["look"],
            _POST + _DELIVERY,
        ),
        Operation(
            "event of 5,000,000,000 bytes",
            "assemble",
            VCPU_MB,
            (
                _READ,
                _FIND,
                Call("CreateMultipartUpload"),
                *(Call("UploadPartCopy"),) * _LARGEST_COPIES,
                _FIND,
                Call("CompleteMultipartUpload"),
                _ADD,
                _REMOVE,
            ),
            _CPU_MS["publish"] + _LARGEST_COPIES * _CPU_MS["copy"],
            _DELIVERY,
            _COPY_MS,
        ),
        Operation(
            "upload in parts, begun",
            "parts",
            1024,
            (_LIMIT, Call("CreateMultipartUpload")),
            _CPU_MS["form"],
            REQUEST_DOLLARS,
        ),
        # Each part is a PUT of the client's.
        Operation("up to 100 parts, signed", "parts", 1024, (), _CPU_MS["signatures"], REQUEST_DOLLARS),
        Operation(
            "upload in parts, completed",
            "parts",
            1024,
            (_STORED_PARTS, Call("CompleteMultipartUpload"), _FIND, _READ, _COPY, _ADD),
            _CPU_MS["publish"],
            REQUEST_DOLLARS,
        ),
        Operation(
            "upload in parts, aborted",
            "parts",
            1024,
            (Call("TransactWriteItems", 2, index_writes=1), Call("AbortMultipartUpload"), _STORED_PARTS),
            _CPU_MS["delete"],
            REQUEST_DOLLARS,
        ),
        Operation("direct upload", "upload", 1024, (_LIMIT, _PUT, _COPY, _ADD), _CPU_MS["publish"], REQUEST_DOLLARS),
        Operation("list of 50", "list", 512, (Call("Query", 51),), _CPU_MS["list"], REQUEST_DOLLARS),
        Operation("metadata", "list", 512, (Call("GetItem", 1),), _CPU_MS["metadata"], REQUEST_DOLLARS),
        Operation(
            "delete",
            "delete",
            512,
            (
                Call("BatchGetItem", 1),
                Call("TransactWriteItems", 3, index_writes=1),
                _VERSIONS,
                _REMOVE_BYTES,
                _RENDITIONS,
            ),
            _CPU_MS["delete"],
            REQUEST_DOLLARS,
        ),
        Operation(
            "delete of 100 at once",
            "delete",
            512,
            (
                Call("BatchGetItem", 100),
                *_TOMBSTONES,
                Call("DeleteObjects"),
            ),
            _CPU_MS["batch"],
            REQUEST_DOLLARS,
        ),
        Operation("usage", "list", 512, (Call("GetItem", 1),), _CPU_MS["metadata"], REQUEST_DOLLARS),
        Operation(
            "change of the name",
            "change",
            512,
            (
                Call("GetItem", 1),
                Call("TransactWriteItems", 2),
                Call("HeadObject"),
                _COPY,
                Call("TransactWriteItems", 2),
            ),
            _CPU_MS["delete"],
            REQUEST_DOLLARS,
        ),
        # The reads find other changes, publications in progress, and the bytes under both keys.
        Operation(
            "change to private",
            "change",
            512,
            (
                Call("GetItem", 1),
                Call("GetItem", 1),
                Call("TransactWriteItems", 2),
                Call("ListMultipartUploads"),
                Call("HeadObject"),
                Call("HeadObject"),
                _COPY,
                Call("DeleteObject"),
                Call("Query", 1),
                _RENDITIONS,
                Call("TransactWriteItems", 2),
            ),
            _CPU_MS["delete"],
            REQUEST_DOLLARS,
        ),
        Operation("signed URL", "list", 512, (Call("GetItem", 1),), _CPU_MS["metadata"], REQUEST_DOLLARS),
        Operation(
            "change of one tag to another",
            "change",
            512,
            (Call("GetItem", 1), Call("TransactWriteItems", 3)),
            _CPU_MS["metadata"],
            REQUEST_DOLLARS,
        ),
        Operation(
            "import",
            "generate",
            512,
            (_LIMIT, Call("TransactWriteItems", 2), Call("SendMessage")),
            _CPU_MS["form"],
            REQUEST_DOLLARS,
        ),
        # Asynchronous: a message received from the queue and deleted.
        Operation(
            "import, its file",
            "ingest",
            1024,
            (
                Call("GetItem", 1),
                _LEASE,
                _READ,
                _PUT,
                _COPY,
                Call("TransactWriteItems", 5),
                _VERSIONS,
                Call("DeleteObjects"),
            ),
            _CPU_MS["publish"],
            2 * prices.SQS_REQUEST.dollars,
            _DOWNLOAD_MS,
        ),
        Operation("purge", "purge", 512, (_VERSIONS, _ASSEMBLED, _REMOVE_BYTES, _RENDITIONS), _CPU_MS["purge"]),
        # Half an hour after a delete, by reconcile. Its query is part of every run.
        Operation("last look", "reconcile", 512, (_RENDITIONS, _LEASE), _CPU_MS["metadata"]),
        # A query, a delete of 100, and the count at the end; a `purge` of each follows.
        Operation(
            "erasure, per 100 assets",
            "ingest",
            1024,
            (
                Call("Query", 100),
                Call("BatchGetItem", 100),
                *_TOMBSTONES,
                Call("DeleteObjects"),
                Call("Query", 100),
            ),
            _CPU_MS["batch"],
        ),
        Operation("rendition", "renditions", 1769, _RENDER, _CPU_MS["rendition"], REQUEST_DOLLARS),
        Operation("frame", "frames", 3008, _RENDER, _CPU_MS["frame"], REQUEST_DOLLARS),
        # Invoked by dispatch: a poster of 320 pixels and the thumbhash.
        Operation("new video", "frames", 3008, (*_RENDER, Call("UpdateItem", 1)), _CPU_MS["new video"]),
        Operation("event", "dispatch", 512, (), _CPU_MS["event"]),
        # A message sent to the receiver's queue, received and deleted.
        Operation(
            "webhook with an event, to one receiver",
            "notify",
            256,
            (Call("SendMessageBatch"), Call("the receiver's response")),
            _CPU_MS["webhook"],
            2 * prices.SQS_REQUEST.dollars,
        ),
        # Invoked by dispatch: two thumbnails and the thumbhash.
        Operation("new image", "renditions", 1769, (*_RENDER, Call("UpdateItem", 1), *_RENDER), _CPU_MS["new image"]),
    )
}

# The functions that SnapStart is for, their memory in MB, and the ms of a full vCPU for a cold start (performance.md).
COLD_STARTS = (("upload", 1024, 176.0), ("list", 512, 162.0), ("delete", 512, 192.0), ("generate", 512, 201.0))
