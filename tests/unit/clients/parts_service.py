"""A minimal service with S3 behind it that accepts uploads in parts and records what it receives."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.unit.clients.scripted_service import ASSET, BASE, ID, ok, problem

UPLOAD_ID = "upload-1"
PART = 20_000
SIZE = 12 * PART + 345


class KilledError(BaseException):
    """The end of the process."""


def kill_at(last: int) -> Any:
    """Return a progress callback that ends the process once `last` bytes have been sent."""

    def kill(done: int, _total: int) -> None:
        if done >= last:
            raise KilledError

    return kill


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'  # noqa: S324 - as S3 does


@dataclass
class PartsService:
    """`received` counts the bytes of each part that arrived, complete or not; `interfere` can replace S3's response."""

    size_bytes: int
    part_size: int
    begun: int = 0
    completed: bool = False
    aborted: bool = False
    publishing: int = 0
    """The number of times that `complete` responds with 202."""
    stored: dict[int, bytes] = field(default_factory=dict)
    received: dict[int, int] = field(default_factory=dict)
    signed: list[list[int]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)
    """Idempotency keys, each with whether its upload has been aborted."""
    interfere: Callable[[int, bytes], httpx.Response | None] = lambda number, data: None  # noqa: ARG005
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def part_count(self) -> int:
        return -(-self.size_bytes // self.part_size)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            if request.url.host == "s3.test":
                return self._put(request)
            path = request.url.path.removeprefix("/api/v2/uploads")
            if request.method == "POST" and not path:
                key = request.headers["Idempotency-Key"]
                if key in self.keys:
                    self.aborted = self.keys[key]
                    return self._begun()
                self.keys[key] = False
                return self._begin()
            if self.aborted:
                return problem(404, "upload-not-found", "Upload not found")
            if request.method == "GET":
                return self._show(request)
            if request.method == "DELETE":
                return self._abort(request)
            return self._sign(request) if path.endswith("/parts") else self._complete()

    @property
    def data(self) -> bytes:
        return b"".join(self.stored[number] for number in sorted(self.stored))

    def _begin(self) -> httpx.Response:
        self.begun += 1
        self.stored, self.aborted, self.completed = {}, False, False
        return self._begun()

    def _begun(self) -> httpx.Response:
        upload = {"id": UPLOAD_ID, "part_size": self.part_size, "part_count": self.part_count, "expires_at": ""}
        body = {"success": True, "url": "u", "asset_id": ID, "filename": "a.mp4", "size_bytes": self.size_bytes}
        return ok({**body, "upload": upload}, 201)

    def _sign(self, request: httpx.Request) -> httpx.Response:
        numbers = json.loads(request.content)["part_numbers"]
        self.signed.append(numbers)
        parts = [
            {"part_number": number, "method": "PUT", "url": f"http://s3.test/{number}?signature=s",
             "headers": {"X-Part": str(number)}, "size": self.size_of_part(number)}
            for number in numbers
        ]  # fmt: skip
        return ok({"success": True, "parts": parts})

    def _put(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path[1:])
        data = request.content
        self.received[number] = self.received.get(number, 0) + len(data)
        assert request.headers["X-Part"] == str(number)
        assert request.headers["Content-Length"] == str(self.size_of_part(number)) == str(len(data))
        assert "Transfer-Encoding" not in request.headers
        assert "Authorization" not in request.headers
        if response := self.interfere(number, data):
            return response
        if self.completed or self.aborted:
            return httpx.Response(
                404, text="<Error><Code>NoSuchUpload</Code><Message>The upload does not exist</Message></Error>"
            )
        self.stored[number] = data
        return httpx.Response(200, headers={"ETag": _etag(data)})

    def _show(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["upload_id"] == UPLOAD_ID
        parts = [
            {"part_number": number, "size": len(data), "etag": _etag(data)} for number, data in self.stored.items()
        ]
        return ok({"success": True, "status": "completed" if self.completed else "uploading",
                   "parts": [] if self.completed else parts})  # fmt: skip

    def _abort(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["upload_id"] == UPLOAD_ID
        if self.completed:
            return problem(409, "upload-completed", "The upload is complete")
        self.aborted, self.stored = True, {}
        return ok({"success": True, "message": "aborted"})

    def _complete(self) -> httpx.Response:
        missing = [number for number in range(1, self.part_count + 1) if number not in self.stored]
        if missing:
            return problem(409, "parts-missing", f"Parts missing: {missing}")
        self.completed = True
        if self.publishing:
            self.publishing -= 1
            return httpx.Response(202, json={"success": True}, headers={"Retry-After": "0"})
        return ok({**ASSET, "size_bytes": self.size_bytes, "url": f"{BASE}/u"}, 201)

    def size_of_part(self, number: int) -> int:
        return min(self.part_size, self.size_bytes - (number - 1) * self.part_size)
