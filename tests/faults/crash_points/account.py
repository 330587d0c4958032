"""An AWS account, its clients, and AWS's own activity, such as redelivering events. It is emptied between runs."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asset_api.media import file_types, metadata_removal, rewriting
from asset_api.media.reader import Reader
from asset_api.publishing.unfinished_uploads import in_progress
from functions.reconcile import app as reconcile
from tests import media
from tests.fake_replicate import File
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.gateway import Caller, Context, Response
from tests.functions.generation.stack import Stack

# Longer than a deployment's job deadline and than the time until the last look at a deleted asset.
LONGEST = timedelta(minutes=45)
# Changes whose process crashed are finished within two minutes.
SOON_SECONDS = 300
# The publish queue's visibility timeout, after which a failed message is redelivered.
VISIBILITY_SECONDS = 45
# Small files stand in for large ones, which are a hundred times as large.
LARGE_FROM_BYTES = 100_000
LARGE_PARTS_BYTES = 80_000


@cache
def files() -> dict[str, bytes]:
    """Return a file that is copied unchanged, and one whose metadata is removed."""
    return {"image.png": media.png(), "image.jpg": media.jpeg(exif=True)}


@cache
def large_files() -> dict[str, bytes]:
    """Return a file that is copied in parts unchanged, and one of which a part is rewritten."""
    plain = media.padded_mp4(2 * LARGE_PARTS_BYTES - 5000)
    return {"plain.mp4": plain, "personal.mp4": plain + media.box(b"free", b"where it was taken")}


@cache
def video() -> bytes:
    return media.mp4()


class _Bytes(bytes):
    def read(self, start: int, length: int, /) -> bytes:
        return self[start : start + length]


@cache
def published() -> dict[str, bytes]:
    """Return the public form of each of `files` and `large_files`."""
    sent = {**files(), **large_files()}
    return sent | {
        "image.jpg": _without_metadata(_Bytes(sent["image.jpg"]), file_types.JPEG),
        "personal.mp4": _without_metadata(_Bytes(sent["personal.mp4"]), file_types.MP4),
    }


def _without_metadata(sent: _Bytes, media_type: file_types.MediaType) -> bytes:
    pieces = metadata_removal.plan(Reader(sent, len(sent)), media_type).pieces
    assert pieces
    return b"".join(rewriting.apply(pieces, sent))


@dataclass(frozen=True)
class Stored:
    """A snapshot of the whole account."""

    items: tuple[Mapping[str, Any], ...]
    public: Mapping[str, bytes]
    private: Mapping[str, bytes]
    renditions: tuple[tuple[str, str], ...]
    """Asset id and name of each, which begins with `private/` if its original is private."""
    arrived: tuple[tuple[str, str], ...]
    """Asset id and version of each upload."""
    copied: tuple[str, ...]
    begun: tuple[str, ...]
    """Keys of multipart uploads to the assets bucket that may still be completed."""

    def ids(self, prefix: str) -> list[str]:
        """Return the ids of items whose sort key begins with `prefix`."""
        keys = (item["sk"]["S"] for item in self.items)
        return sorted(key.removeprefix(prefix) for key in keys if key.startswith(prefix))


@dataclass(frozen=True)
class Listener(Caller):
    """A caller that records all responses."""

    responses: list[tuple[str, str, Response]] = field(default_factory=list)
    made: dict[str, set[str]] = field(default_factory=dict)
    """The distinct response bodies of each target and idempotency key."""

    def request(
        self, method: str, target: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        response = super().request(method, target, body=body, headers=headers)
        self.responses.append((method, target, response))
        key = (headers or {}).get("idempotency-key")
        if key and response.status in (201, 202):
            self.made.setdefault(f"{target} {key}", set()).add(response.body)
        return response


@dataclass
class Account:
    """The account under test. `alice` runs the flows; `bob` has one asset, which they must not touch."""

    stack: Stack
    calls: AwsCalls
    alice: Listener = field(init=False)
    bob: Listener = field(init=False)
    bobs_asset: str = field(init=False, default="")
    arrived: set[tuple[str, str]] = field(init=False)
    """Asset id and version of each upload whose event S3 has sent, and sends again."""
    messages: list[str] = field(init=False)
    """Messages received from the ingest queue and not finished."""

    def begin(self) -> None:
        """Empty the account."""
        self.calls.resume()
        self.alice, self.bob, self.arrived, self.messages = Listener("alice"), Listener("bob"), set(), []
        if not self.bobs_asset:
            self.bobs_asset = self.bob.upload("image.png", files()["image.png"]).json()["asset_id"]
        self._empty()

    def _empty(self) -> None:
        """Give bob an old asset, whose upload has left the incoming bucket."""
        for table in ("assets", "requests"):
            for item in self.stack.dynamodb.scan(TableName=table)["Items"]:
                if item["owner"]["S"] != "bob":
                    self.stack.dynamodb.delete_item(TableName=table, Key={"owner": item["owner"], "sk": item["sk"]})
        kept = f"api/v2/assets/{self.bobs_asset}"
        for key in triggers.keys(self.stack.s3, "assets", ""):
            if key != kept:
                self.stack.s3.delete_object(Bucket="assets", Key=key)
        for key, version_id in triggers.arrived(self.stack.s3, ""):
            self.stack.s3.delete_object(Bucket="incoming", Key=key, VersionId=version_id)
        for bucket in ("incoming", "assets"):
            for key, upload_id in in_progress(self.stack.s3, bucket, ""):
                self.stack.s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
        self.receive()
        self.stack.provider.forget()
        self.stack.clock.time = datetime.now(UTC)

    def post_form(self, name: str) -> str:
        """Do the first two steps of a large upload, always with the same asset id; return it."""
        body = self.alice.ask_for_form(key="once", filename=name).json()
        asset_id = str(body["asset_id"])
        self.arrived.add((asset_id, triggers.post(self.stack.s3, body["upload"], files()[name])))
        return asset_id

    def event(self, asset_id: str) -> dict[str, Any]:
        """Return the message of the latest upload under this id."""
        return triggers.message(f"uploads/{asset_id}", version_id=self.version(asset_id))

    def version(self, asset_id: str) -> str | None:
        """Return the latest version of the upload under this id, if it is there."""
        versions = [version_id for arrived_id, version_id in triggers.arrived(self.stack.s3) if arrived_id == asset_id]
        return versions[0] if versions else None

    def deliver(self, asset_id: str, version_id: str | None) -> list[str]:
        """Deliver S3's event of a version to the function for its size; return what must be delivered again."""
        try:
            found = self.stack.s3.head_object(Bucket="incoming", Key=f"uploads/{asset_id}", VersionId=version_id or "")
        except self.stack.s3.exceptions.ClientError:  # it was removed, and both functions handle that alike
            is_large = False
        else:
            is_large = found["ContentLength"] > LARGE_FROM_BYTES
        if is_large:
            return triggers.deliver_large(triggers.large_message(asset_id, version_id=version_id))
        return triggers.deliver(triggers.message(f"uploads/{asset_id}", version_id=version_id))

    def stored(self) -> Stored:
        s3 = self.stack.s3
        paths = [path.partition("/") for path in triggers.public(s3)]
        return Stored(
            tuple(self.stack.items("")),
            {asset_id: triggers.public_bytes(s3, asset_id) for asset_id, _, name in paths if not name},
            {id_: triggers.public_bytes(s3, f"{id_}/{name}") for id_, _, name in paths if name == "private"},
            tuple((asset_id, name) for asset_id, _, name in paths if name not in ("", "private")),
            tuple(triggers.arrived(s3)),
            tuple(self.stack.copied()),
            tuple(key for key, _ in in_progress(s3, "assets", "")),
        )

    def tombstones(self) -> list[str]:
        return triggers.tombstones(self.stack.dynamodb)

    def succeed(self) -> None:
        """Let every running model finish."""
        url = self.stack.provider.put("video.mp4", File(video()))
        for prediction in self.stack.provider.predictions.values():
            if prediction["status"] == "starting":
                prediction |= {"status": "succeeded", "output": url}

    def ingest(self) -> None:
        """Deliver the queue's messages; unfinished ones stay."""
        self.messages += self.receive()
        while self.messages:
            if self.stack.ingest(self.messages[0]):
                break
            self.messages.pop(0)

    def reconcile(self) -> None:
        """Let a minute pass, and run the scheduled function."""
        self.stack.clock.advance(60)
        reconcile.handler({}, Context())

    def receive(self) -> list[str]:
        bodies = []
        sqs, queue_url = self.stack.sqs, self.stack.queue_url
        while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(message["Body"])
        return bodies

    def run_until_idle(self) -> None:
        """Deliver stream records and messages until nothing more happens."""
        self.calls.resume()
        self.arrived |= set(triggers.arrived(self.stack.s3))
        for _ in range(2):
            if deleted := self.tombstones():
                triggers.tombstone_written(*deleted)
            for asset_id, version_id in sorted(self.arrived):
                if self.deliver(asset_id, version_id):
                    self.stack.clock.advance(VISIBILITY_SECONDS)
                    assert self.deliver(asset_id, version_id) == []
        self.finish_changes()
        self.ingest()
        end = self.stack.clock.time + LONGEST
        while (due := self._next_due()) and self.stack.clock.time < end:
            self.succeed()
            # In the minutes until then, reconcile finds nothing to do.
            idle_minutes = int((due - self.stack.clock.time).total_seconds() - 1) // 60
            self.stack.clock.advance(60 * max(idle_minutes, 0))
            self.reconcile()
            self.ingest()

    def finish_changes(self) -> None:
        """Let minutes pass: delete expired assets, finish changes, and deliver tombstones from the stream."""
        for _ in range(4):
            now = self.stack.clock.time.timestamp()
            latest = {"change#": now + SOON_SECONDS, "expiry#": now}
            items = [item for item in self.stack.items("") if "in_flight" in item]
            if not any(int(item["check_at"]["N"]) <= latest.get(item["in_flight"]["S"][:7], 0) for item in items):
                return
            self.reconcile()
            if deleted := self.tombstones():
                triggers.tombstone_written(*deleted)

    def _next_due(self) -> datetime | None:
        """Return the time of the next check of a job, or of a rendition's lease, in flight."""
        pending = [item for item in self.stack.items("") if is_pending(item)]
        times = [int(item["check_at"]["N"]) for item in pending]
        return datetime.fromtimestamp(min(times), UTC) if times else None


def is_pending(item: Mapping[str, Any]) -> bool:
    """Tell whether work waits for this item, other than for an asset's expiry."""
    return "in_flight" in item and not item["in_flight"]["S"].startswith("expiry#")


@contextlib.contextmanager
def may_be_stopped() -> Iterator[list[str]]:
    """Yield a list that is not empty once the block has been stopped."""
    stopped: list[str] = []
    try:
        yield stopped
    except Stopped:
        stopped.append("stopped")
