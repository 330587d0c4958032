"""Uploads in parts: sent in parallel, and resumed with the parts that S3 lacks or has with other bytes."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from asset_upload_client import error_responses, errors, local_files, options, sources, stored_parts
from asset_upload_client.exchanges import Api, exchange
from asset_upload_client.local_files import LocalFile
from asset_upload_client.options import AssetOptions
from asset_upload_client.references import upload_path
from asset_upload_client.response_types import (
    Asset,
    DeleteResponse,
    SignedPart,
    SignedPartsResponse,
    UploadInPartsResponse,
)
from asset_upload_client.sources import Content, Source
from asset_upload_client.steps import Call, OnProgress, OutgoingFile, OutgoingPart, Sleep, Steps, Together, Work
from asset_upload_client.stored_parts import Stored
from asset_upload_client.upload_states import UploadState

WORKERS = 4
_PARTS_PER_REQUEST = 100
_ROUNDS = 3
_TRIES_PER_PART = 3
# Uploads to begin for one idempotency key, each because the one before was aborted.
_UPLOADS_PER_KEY = 5
# A key has 255 characters at most; an asset id follows.
_LONGEST_KEY_PREFIX = 200
_LONGEST_PUBLISHING_SECONDS = 3600.0
# Errors after which the same upload cannot succeed later.
_FINAL = (
    errors.AssetNotFound,
    errors.ChecksumMismatch,
    errors.EmptyFile,
    errors.FileTooLarge,
    errors.InvalidFileType,
    errors.InvalidRequest,
    errors.UploadNotFound,
)


def by_parts(
    api: Api, outgoing: OutgoingFile, key: str | None, asset_options: AssetOptions, *, resume: bool = True
) -> Steps[Asset]:
    """Upload a file in parts, under the caller's idempotency key or a new one.

    With `resume`, an interrupted upload continues: parts that S3 has with the same bytes are not sent again.
    """
    file = outgoing.file
    request = _request(file, asset_options)
    state = (yield from _state(api, file, request)) if resume else None
    started, stored = yield from _resumed(api, file, state)
    if started is None:
        started, stored = yield from _begin_or_resume(api, file, request, key)
        if not resume and stored is not None:
            stored = {}
        _keep(state, started)
    try:
        upload = _PartsUpload(api, file, started, outgoing.on_progress, is_shared=key is not None)
        asset = yield from upload.run(stored)
    except _FINAL:
        _forget(state)
        raise
    _forget(state)
    return asset


def abort(api: Api, source: Source, *, filename: str | None, asset_options: AssetOptions) -> Steps[bool]:
    """Abort the upload that `upload` with the same arguments would resume; return False if there is none.

    Raises `Conflict` if its file is already published.
    """
    content: Content = yield Work(lambda: sources.content_of(source))
    try:
        file: LocalFile = yield Work(lambda: local_files.inspect(content, filename))
    finally:
        content.close()
    state = yield from _state(api, file, _request(file, asset_options))
    started = state.load() if state else None
    if started is None:
        return False
    path, params = upload_path(started["asset_id"]), {"upload_id": started["upload"]["id"]}
    try:
        yield from api.request("DELETE", path, DeleteResponse, params=params)
    except errors.UploadNotFound:
        _forget(state)
        return False
    except errors.Conflict:
        _forget(state)
        raise
    _forget(state)
    return True


def _request(file: LocalFile, asset_options: AssetOptions) -> dict[str, Any]:
    return {
        "filename": file.name,
        "content_type": file.mime,
        "size_bytes": file.size_bytes,
        **options.to_json(asset_options),
    }


def _state(api: Api, file: LocalFile, request: dict[str, Any]) -> Steps[UploadState | None]:
    token = yield from api.credentials.current()
    state: UploadState | None = yield Work(lambda: UploadState.of(api.root, token, file, request))
    return state


def _resumed(
    api: Api, file: LocalFile, state: UploadState | None
) -> Steps[tuple[UploadInPartsResponse | None, Stored]]:
    """Return the response that began the upload (None if it has ended) and the parts that S3 has."""
    started = state.load() if state else None
    if started is None:
        return None, {}
    try:
        stored = yield from stored_parts.matching(api, file, started)
    except (errors.UploadNotFound, errors.AssetNotFound, errors.InvalidRequest, errors.UnexpectedResponse):
        return None, {}
    return started, stored


def _begin_or_resume(
    api: Api, file: LocalFile, request: dict[str, Any], key: str | None
) -> Steps[tuple[UploadInPartsResponse, Stored]]:
    """Begin an upload, or resume the one with the caller's idempotency `key`. Returns the same as `_resumed`."""
    if key is None:
        started = yield from _begin(api, file, request, str(uuid.uuid4()))
        return started, {}
    given = key
    for _ in range(_UPLOADS_PER_KEY):
        started = yield from _begin(api, file, request, key)
        try:
            stored = yield from stored_parts.matching(api, file, started)
        except errors.UploadNotFound:
            # The upload of this key was aborted or has expired, without an asset. Every process derives the same next
            # key, so the caller's key still identifies one asset.
            key = f"{given[:_LONGEST_KEY_PREFIX]} {started['asset_id']}"
        else:
            return started, stored
    raise errors.UploadNotFound("The uploads of this idempotency key were aborted")


def _begin(api: Api, file: LocalFile, request: dict[str, Any], key: str) -> Steps[UploadInPartsResponse]:
    try:
        started: UploadInPartsResponse = yield from api.request(
            "POST", "/uploads", UploadInPartsResponse, json=request, idempotency_key=key, pace=api.pace
        )
    except errors.AssetError as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise
        # A deployment of an earlier release, without uploads in parts.
        limit = f"{local_files.FORM_MAX_BYTES:,} (50 MB)"
        raise errors.FileTooLarge(
            f"{file.content.label} has {file.size_bytes:,} bytes; the limit of this deployment is {limit}"
        ) from error
    return started


class _PartsUpload:
    """One upload, from the missing parts to the asset."""

    def __init__(
        self,
        api: Api,
        file: LocalFile,
        started: UploadInPartsResponse,
        on_progress: OnProgress | None,
        *,
        is_shared: bool,
    ) -> None:
        """`is_shared` if another process may send another version of the file to the same upload."""
        self._api = api
        self._file = file
        self._asset_id = started["asset_id"]
        self._started = started
        self._upload = started["upload"]
        self._is_shared = is_shared
        self._md5s: dict[int, str] = {}
        self._progress = _Progress(file.size_bytes, on_progress)

    def run(self, stored: Stored) -> Steps[Asset]:
        for rounds in range(1, _ROUNDS + 1):
            try:
                yield from self._send_all_but(stored)
                yield from self._require_own_bytes()
                asset = yield from self._completed()
            except (errors.Conflict, errors.UploadNotFound):
                # S3 lacks a part that it had confirmed, another process has replaced one, or another process that
                # uploads the same file has completed it.
                if rounds == _ROUNDS:
                    raise
                stored = yield from stored_parts.matching(self._api, self._file, self._started)
            else:
                return asset
        raise AssertionError("the last round returns or raises")

    def _require_own_bytes(self) -> Steps[None]:
        """Raise `FileNotReadable` if the file has changed, and `Conflict` if S3 has parts of another version.

        Reads the file again only if it was touched: it can change and keep its size and modification time.
        """
        yield Work(self._file.require_unchanged)
        if self._is_shared:
            arrived = yield from stored_parts.arrived(self._api, self._started)
            if arrived is not None and any(md5 != self._md5s.get(number, md5) for number, md5 in arrived.items()):
                raise errors.Conflict("Another version of the file is being uploaded under the same idempotency key")
        if (yield Work(self._file.was_touched)):
            stored = yield from stored_parts.matching(self._api, self._file, self._started)
            if stored is not None and len(stored) < self._upload["part_count"]:
                raise self._file.changed()

    def _send_all_but(self, stored: Stored) -> Steps[None]:
        numbers = range(1, self._upload["part_count"] + 1)
        self._md5s |= stored or {}
        if stored is None:
            stored = dict.fromkeys(numbers, "")
        for number in stored:
            self._progress.sent(number, self._size(number))
        missing = [number for number in numbers if number not in stored]
        for batch in _batches(missing):
            signed = yield from self._signed(batch)
            yield Together([self._send(part) for part in signed], WORKERS)

    def _signed(self, numbers: list[int]) -> Steps[list[SignedPart]]:
        body = {"upload_id": self._upload["id"], "part_numbers": numbers}
        path = upload_path(self._asset_id, "parts")
        response: SignedPartsResponse = yield from self._api.request("POST", path, SignedPartsResponse, json=body)
        return response["parts"]

    def _send(self, part: SignedPart) -> Steps[None]:
        """Send a part, and compare S3's ETag, the MD5 of the received bytes, with that of the sent ones."""
        number = part["part_number"]
        start = (number - 1) * self._upload["part_size"]
        attempts = _Attempts(lambda sent: self._progress.sent(number, sent))
        for _ in range(_TRIES_PER_PART):
            body = OutgoingPart(self._file, start, part["size"], attempts.begin)
            received = yield from exchange(
                Call(part["method"], part["url"], part["headers"], part=body), self._api.retries
            )
            if received.response.is_success:
                arrived = stored_parts.md5_in(received.response.headers.get("ETag", ""))
                if arrived in (None, attempts.md5):
                    self._md5s[number] = attempts.md5
                    return
            elif error_responses.s3_code(received.response) == "NoSuchUpload":
                # Another process has completed or aborted it.
                raise errors.UploadNotFound("S3 no longer has this upload", status=httpx.codes.NOT_FOUND)
            elif _may_be_signed_again(received.response):
                (part,) = yield from self._signed([number])
            else:
                raise error_responses.of_s3_response(received.response)
        if not received.response.is_success:
            raise error_responses.of_s3_response(received.response)
        raise errors.ChecksumMismatch(f"S3 received other bytes of {self._file.content.label} than were sent")

    def _completed(self) -> Steps[Asset]:
        """Complete the upload and wait until the file is published."""
        call = Call(
            "POST", self._api.root + upload_path(self._asset_id, "complete"), json={"upload_id": self._upload["id"]}
        )
        waited = 0.0
        while True:
            received = yield from self._api.send(call)
            if received.response.status_code != httpx.codes.ACCEPTED:
                asset: Asset = self._api.document(received, Asset)
                return asset
            if waited > _LONGEST_PUBLISHING_SECONDS:
                raise errors.ServiceUnavailable(f"{self._file.name} was uploaded, but not published within an hour")
            retry_after = error_responses.retry_after_seconds(received.response)
            seconds = 1.0 if retry_after is None else retry_after
            waited += max(seconds, 0.1)
            yield Sleep(seconds, "until the file is published")

    def _size(self, number: int) -> int:
        return min(self._upload["part_size"], self._file.size_bytes - (number - 1) * self._upload["part_size"])


def _may_be_signed_again(response: httpx.Response) -> bool:
    """Tell whether the signature, or the token of the role that signed, has expired while other parts were sent."""
    return response.status_code == httpx.codes.FORBIDDEN or error_responses.s3_code(response) == "ExpiredToken"


class _Attempts:
    """The attempts to send a part. The bytes of the latest one are counted and hashed as they are sent."""

    def __init__(self, on_sent: Callable[[int], object]) -> None:
        self._on_sent = on_sent
        self._digest = hashlib.md5(usedforsecurity=False)
        self._sent = 0

    def begin(self) -> Callable[[bytes], object]:
        self._digest = hashlib.md5(usedforsecurity=False)
        self._sent = 0
        self._on_sent(0)
        return self._add

    def _add(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._sent += len(piece)
        self._on_sent(self._sent)

    @property
    def md5(self) -> str:
        return self._digest.hexdigest()


class _Progress:
    """The bytes of all parts, from several threads."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._of_parts: dict[int, int] = {}
        self._sum = 0

    def sent(self, number: int, sent: int) -> None:
        with self._lock:
            self._sum += sent - self._of_parts.get(number, 0)
            self._of_parts[number] = sent
            if self._on_progress:
                self._on_progress(self._sum, self._total)


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _PARTS_PER_REQUEST):
        yield numbers[start : start + _PARTS_PER_REQUEST]


def _keep(state: UploadState | None, started: UploadInPartsResponse) -> None:
    if state:
        state.keep(started)


def _forget(state: UploadState | None) -> None:
    if state:
        state.forget()
