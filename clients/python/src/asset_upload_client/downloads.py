"""Downloads to a file that is complete or absent, and to open files."""

from collections.abc import Callable
from itertools import count
from os import PathLike, altsep, fspath, sep
from pathlib import Path
from typing import IO, TypeVar

import httpx

from asset_upload_client import error_responses, errors, operations
from asset_upload_client.exchanges import Api, connection_failed
from asset_upload_client.receivers import OpenFile, PartialFile, Receiver, file_exists, not_writable
from asset_upload_client.references import asset_path, rendition
from asset_upload_client.response_types import Asset
from asset_upload_client.safe_names import numbered
from asset_upload_client.steps import Call, OnProgress, Sleep, Steps

_MAX_REDIRECTS = 3
_SLASHES = tuple(filter(None, (sep, altsep)))
Received = TypeVar("Received", bound=Receiver)
_SECONDS_OF_SIGNED_URLS = 3600


def download(
    api: Api, asset: str, to: str | PathLike[str], on_progress: OnProgress | None, *, overwrite: bool = False
) -> Steps[Path]:
    """Download an asset, given by id or URL, and return the path of its file.

    A path that ends with a slash is a folder, which is created if it is missing.
    In a folder, the file gets its own name, made safe and, if that exists, numbered: `photo (1).jpg`.
    If `destination` is an existing file, `FileExists` is raised. `overwrite` replaces files in both cases.
    A broken connection is resumed; a failed download leaves nothing behind.
    """
    destination, names_a_folder = Path(to), fspath(to).endswith(_SLASHES)
    into_folder = names_a_folder or destination.is_dir()
    if not (into_folder or overwrite) and destination.exists():
        raise file_exists(destination)
    folder = destination if into_folder else destination.parent

    def partial() -> PartialFile:
        try:
            if names_a_folder:
                folder.mkdir(parents=True, exist_ok=True)
            return PartialFile(folder, on_progress)
        except OSError as error:
            raise not_writable(folder, error) from error

    partial_file = yield from _received(api, asset, partial)
    try:
        if overwrite:
            return partial_file.replace(destination / partial_file.name if into_folder else destination)
        candidates = numbered(destination / partial_file.name) if into_folder else [destination]
        return partial_file.move_to_first_free(candidates)
    finally:
        partial_file.discard()


def download_to(api: Api, asset: str, file: IO[bytes], on_progress: OnProgress | None) -> Steps[int]:
    """Download an asset into an open binary file, from its position on, and return the number of bytes.

    A broken connection is resumed. Raises `ChecksumMismatch` at the end, after the bytes were written.
    """
    received = yield from _received(api, asset, lambda: OpenFile(file, on_progress))
    return received.size


def _received(api: Api, asset: str, receiver: Callable[[], Received]) -> Steps[Received]:
    url = asset if isinstance(asset, str) and "://" in asset else api.asset_url(asset)
    expected = yield from _expected(api, url)
    if expected and expected.get("visibility") == "private":
        signed = yield from operations.signed_url(api, asset, expires_in=_SECONDS_OF_SIGNED_URLS, rendition=None)
        url = signed["url"]
    received = receiver()
    try:
        try:
            yield from _receive(api, url, received)
        except errors.AssetError as error:
            signed_rendition = yield from _signed_rendition(api, url, error)
            yield from _receive(api, signed_rendition, received)
        received.finish()
        _check(received, expected)
    except BaseException:
        received.discard()
        raise
    return received


def _signed_rendition(api: Api, url: str, error: errors.AssetError) -> Steps[str]:
    """Return a signed URL if the rendition belongs to the owner's private asset; otherwise raise `error`."""
    name = rendition(url)
    if error.status != httpx.codes.NOT_FOUND or not (name and api.credentials.exist):
        raise error
    if url != api.rendition_url(url, name):
        raise error
    try:
        signed = yield from operations.signed_url(api, url, expires_in=_SECONDS_OF_SIGNED_URLS, rendition=name)
    except errors.AssetError:
        raise error from None
    return signed["url"]


def _expected(api: Api, url: str) -> Steps[Asset | None]:
    """Return the asset's metadata; None for another owner's asset and for renditions."""
    if not api.credentials.exist or url != api.asset_url(url):
        return None
    try:
        asset: Asset = yield from api.request("GET", asset_path(url, "metadata"), Asset)
    except (errors.AssetNotFound, errors.NotAuthenticated):
        return None
    return asset


def _receive(api: Api, url: str, received: Receiver) -> Steps[None]:
    for tries in count(1):
        call = Call("GET", url, headers=received.request_headers(), sink=received)
        outcome: httpx.Response | httpx.TransportError
        try:
            outcome = yield call
        except httpx.TransportError as error:
            outcome = error
        if isinstance(outcome, httpx.Response):
            if outcome.is_success:
                return
            if tries <= _MAX_REDIRECTS and outcome.has_redirect_location:
                # A large rendition is made and stored, and then served from the same URL.
                url = str(outcome.request.url.join(outcome.headers["Location"]))
                continue
        wait = api.retries.wait_after(outcome, tries)
        if wait is None:
            if isinstance(outcome, httpx.Response):
                raise error_responses.of_response(outcome, tries)
            raise connection_failed(call, outcome, tries) from outcome
        yield Sleep(wait, "to resume the download")


def _check(received: Receiver, expected: Asset | None) -> None:
    if expected is None:
        return
    if received.size != expected["size_bytes"] or received.sha256 != expected.get("sha256", received.sha256):
        raise errors.ChecksumMismatch(
            f"The downloaded bytes of asset {expected['asset_id']} do not match its size and checksum"
        )
