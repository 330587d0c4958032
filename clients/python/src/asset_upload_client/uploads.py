"""Uploads: small files in one request, larger ones with an upload form."""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import cast

from asset_upload_client import error_responses, errors, local_files, options, sources
from asset_upload_client.exchanges import Api, exchange
from asset_upload_client.local_files import LocalFile
from asset_upload_client.options import AssetOptions
from asset_upload_client.parts import by_parts
from asset_upload_client.references import asset_path
from asset_upload_client.response_types import Asset, AssetUploadResponse, UploadForm, UploadFormResponse
from asset_upload_client.sources import AsyncSource, Content, Source
from asset_upload_client.steps import Call, OnProgress, OutgoingFile, Sleep, Steps, Work

_log = logging.getLogger("asset_upload_client")
_FIRST_EXPIRED_FORM_WAIT_SECONDS = 1.0
_FORMS = 4

OnFileProgress = Callable[[Path, int, int], object]
"""Called with the file's path and the bytes sent so far and in total; restarts with each attempt."""


@dataclass(frozen=True)
class NamedFile:
    """A file of a batch with a name, for bytes and iterators, which have none. `size`, if given, is checked."""

    source: AsyncSource
    filename: str | None = None
    size: int | None = None

    @property
    def path(self) -> Path:
        """The path, or the name if there is no path."""
        if isinstance(self.source, str | PathLike):
            return Path(self.source)
        named = self.filename or getattr(self.source, "name", None)
        return Path(named if isinstance(named, str) else "unnamed")


@dataclass(frozen=True)
class UploadOutcome:
    """The outcome for one file of a batch: the response, or the error. `path` is its name if it has no path."""

    path: Path
    answer: AssetUploadResponse | None = None
    error: errors.AssetError | None = None


OnOutcome = Callable[[UploadOutcome], object]
"""Called with a file's outcome as soon as it is known."""


def upload(
    api: Api,
    source: Source | Content,
    *,
    filename: str | None = None,
    size: int | None = None,
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
    asset_options: AssetOptions | None = None,
    resume: bool = True,
) -> Steps[AssetUploadResponse]:
    """Upload a file under one idempotency key, so that any number of attempts create one asset."""
    content: Content = yield Work(lambda: sources.content_of(source, size))
    try:
        file: LocalFile = yield Work(lambda: local_files.inspect(content, filename))
        outgoing = OutgoingFile(file, on_progress)
        asset = yield from _sent(api, outgoing, idempotency_key, asset_options or {}, resume=resume)
    finally:
        content.close()
    check_published(file, asset)
    return AssetUploadResponse(
        success=True,
        url=asset["url"],
        asset_id=asset["asset_id"],
        filename=asset["filename"],
        size_bytes=asset["size_bytes"],
    )


def _sent(
    api: Api, outgoing: OutgoingFile, given_key: str | None, asset_options: AssetOptions, *, resume: bool
) -> Steps[Asset]:
    size_bytes = outgoing.file.size_bytes
    key = given_key or str(uuid.uuid4())
    if size_bytes > local_files.FORM_MAX_BYTES:
        asset = yield from by_parts(api, outgoing, given_key, asset_options, resume=resume)
    elif size_bytes > local_files.DIRECT_MAX_BYTES:
        asset = yield from _by_form(api, outgoing, key, asset_options)
    else:
        asset = yield from _directly(api, outgoing, key, asset_options)
    return asset


def _directly(api: Api, outgoing: OutgoingFile, key: str, asset_options: AssetOptions) -> Steps[Asset]:
    response: AssetUploadResponse = yield from api.request(
        "POST",
        "/upload-asset",
        AssetUploadResponse,
        form=options.to_form(asset_options),
        file=outgoing,
        idempotency_key=key,
        pace=api.pace,
    )
    try:
        asset: Asset = yield from api.request("GET", asset_path(response["asset_id"], "metadata"), Asset)
    except (errors.ConnectionFailed, errors.RateLimited, errors.ServiceUnavailable) as error:
        # An error would make the caller upload the file again, as another asset.
        name, url = outgoing.file.name, response["url"]
        _log.warning("%s is published as %s, but its checksum is unknown: %s", name, url, error)
        return cast(Asset, response)
    return asset


def batch(files: Iterable[AsyncSource | NamedFile]) -> list[NamedFile]:
    """Return the files of a batch. Raises `InvalidArgument` for one file instead of several."""
    if isinstance(files, str | bytes | bytearray | memoryview | PathLike | NamedFile) or hasattr(files, "read"):
        raise errors.InvalidArgument("`upload_many` takes several files, such as a list of paths; `upload` takes one")
    return [file if isinstance(file, NamedFile) else NamedFile(file) for file in files]


def one_of_many(
    api: Api,
    file: NamedFile,
    source: Source | Content,
    on_progress: OnFileProgress | None,
    asset_options: AssetOptions,
) -> Steps[UploadOutcome]:
    """Upload one file of a batch from `source`: errors become outcomes, and progress names the file."""

    def report(sent: int, total: int) -> None:
        if on_progress:
            on_progress(file.path, sent, total)

    try:
        response = yield from upload(
            api, source, filename=file.filename, size=file.size, on_progress=report, asset_options=asset_options
        )
    except errors.AssetError as error:
        return UploadOutcome(file.path, error=error)
    return UploadOutcome(file.path, response)


def check_published(sent: LocalFile, published: Asset) -> None:
    """Raises `ChecksumMismatch` unless the published bytes are those sent, or those without personal metadata.

    The service cuts metadata out of images and blanks it in videos: the published file is never larger, and an image
    of the same size is the same image.
    """
    sha256 = published.get("sha256")
    if published["size_bytes"] == sent.size_bytes and (not sha256 or not sent.sha256 or sha256 == sent.sha256):
        return
    cut = published["size_bytes"] < sent.size_bytes
    blanked = published["size_bytes"] == sent.size_bytes and sent.mime.startswith("video/")
    if not (cut or blanked):
        raise errors.ChecksumMismatch(
            f"{sent.name} was published as asset {published['asset_id']} with different bytes"
        )


def _by_form(api: Api, outgoing: OutgoingFile, key: str, asset_options: AssetOptions) -> Steps[Asset]:
    file = outgoing.file
    request = {
        "filename": file.name,
        "content_type": file.mime,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        **options.to_json(asset_options),
    }
    for forms in range(1, _FORMS + 1):
        # Always the same key: where an earlier form's file did arrive after all, this is still the same asset.
        response: UploadFormResponse = yield from api.request(
            "POST", "/upload-asset", UploadFormResponse, json=request, idempotency_key=key, pace=api.pace
        )
        try:
            yield from _post(api, response["upload"], outgoing)
            break
        except errors.FormExpired:
            if forms == _FORMS:
                raise
            # The clocks of S3 and the API differ: the API issues a new form once it, too, considers this one expired.
            yield Sleep(_FIRST_EXPIRED_FORM_WAIT_SECONDS * 2.0 ** (forms - 1))
    asset: Asset = yield from api.request("POST", asset_path(response["asset_id"], "complete"), Asset)
    return asset


def _post(api: Api, form: UploadForm, outgoing: OutgoingFile) -> Steps[None]:
    call = Call(form["method"], form["url"], form=form["fields"], file=outgoing)
    received = yield from exchange(call, api.retries)
    if not received.response.is_success:
        raise error_responses.of_s3_response(received.response)
