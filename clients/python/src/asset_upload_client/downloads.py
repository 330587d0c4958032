"""Downloads to a file that is complete or absent, and that never replaces another one unasked."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from itertools import count
from pathlib import Path

import httpx

from asset_upload_client import errors
from asset_upload_client.answers import Asset
from asset_upload_client.exchanges import Api, connection_failed
from asset_upload_client.references import asset_path
from asset_upload_client.safe_names import numbered, safe_name
from asset_upload_client.steps import Call, OnProgress, Sleep, Steps

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


def download(
    api: Api, asset: str, destination: Path, on_progress: OnProgress | None, *, overwrite: bool = False
) -> Steps[Path]:
    """Download an asset, given by id or URL, and return the path of its file.

    Into a folder the file goes under its own name, made safe and, where that is taken, numbered: `photo (1).jpg`.
    A `destination` that is an existing file is a `FileExists` error. `overwrite` replaces files in both cases.
    A broken connection is resumed; a failed download leaves nothing behind.
    """
    url = asset if "://" in asset else api.asset_url(asset)
    into_folder = destination.is_dir()
    if not (into_folder or overwrite) and destination.exists():
        raise _file_exists(destination)
    expected = yield from _expected(api, url)
    folder = destination if into_folder else destination.parent
    try:
        partial = PartialFile.in_folder(folder, on_progress)
    except OSError as error:
        raise _not_writable(folder, error) from error
    try:
        yield from _receive(api, url, partial)
        _check(partial, expected)
        if overwrite:
            return partial.replace(destination / partial.name if into_folder else destination)
        return partial.move_to_first_free(numbered(destination / partial.name) if into_folder else [destination])
    finally:
        partial.discard()


def _expected(api: Api, url: str) -> Steps[Asset | None]:
    """Return the asset's metadata, or None where the token is not its owner's, and for a rendition, which has none."""
    if not api.token or url != api.asset_url(url):
        return None
    try:
        asset: Asset = yield from api.request("GET", asset_path(url, "metadata"), Asset)
    except (errors.AssetNotFound, errors.NotAuthenticated):
        return None
    return asset


def _receive(api: Api, url: str, partial: "PartialFile") -> Steps[None]:
    for tries in count(1):
        call = Call("GET", url, headers=partial.request_headers(), sink=partial)
        outcome: httpx.Response | httpx.TransportError
        try:
            outcome = yield call
        except httpx.TransportError as error:
            outcome = error
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            return
        wait = api.retries.wait_after(outcome, tries)
        if wait is None:
            if isinstance(outcome, httpx.Response):
                raise errors.of_response(outcome, tries)
            raise connection_failed(call, outcome, tries) from outcome
        yield Sleep(wait)


def _check(partial: "PartialFile", expected: Asset | None) -> None:
    if expected is None:
        return
    if partial.size != expected["size_bytes"] or partial.sha256 != expected.get("sha256", partial.sha256):
        raise errors.ChecksumMismatch(
            f"The downloaded bytes of asset {expected['asset_id']} do not match its size and checksum"
        )


@dataclass
class PartialFile:
    """The received part of a download, in a file beside its destination; the sink of every attempt."""

    path: Path
    on_progress: OnProgress | None
    size: int = 0
    total: int | None = None
    etag: str | None = None
    name: str = "download"

    @classmethod
    def in_folder(cls, folder: Path, on_progress: OnProgress | None) -> "PartialFile":
        # Not by `tempfile`, whose files only their owner may read.
        path = folder / f".assets-{secrets.token_hex(8)}.part"
        path.touch(exist_ok=False)
        return cls(path, on_progress)

    @property
    def is_whole(self) -> bool:
        return self.size == self.total

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(1024 * 1024):
                digest.update(piece)
        return digest.hexdigest()

    def request_headers(self) -> dict[str, str]:
        """Request the rest of the file if it is unchanged (RFC 9110, sections 13.1.5 and 14.2)."""
        headers = {"Accept-Encoding": "identity"}
        if self.size and self.etag:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self.etag}
        return headers

    def accepts(self, response: httpx.Response) -> bool:
        if response.status_code == 206:
            part = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not part or int(part[1]) != self.size:
                raise httpx.RemoteProtocolError("The response is for a different range than was requested")
            self.total = int(part[2])
            return True
        if response.status_code != 200:
            return False
        self.size = 0
        self.total = int(response.headers["Content-Length"]) if "Content-Length" in response.headers else None
        self.etag = response.headers.get("ETag")
        name = _filename(response.headers.get("Content-Disposition", "")) or Path(response.url.path).name
        self.name = safe_name(name, response.headers.get("Content-Type", ""))
        return True

    def write(self, piece: bytes) -> None:
        try:
            with self.path.open("r+b") as file:
                file.seek(self.size)
                file.write(piece)
                file.truncate()
        except OSError as error:
            raise _not_writable(self.path.parent, error) from error
        self.size += len(piece)
        if self.on_progress and self.total:
            self.on_progress(self.size, self.total)

    def replace(self, target: Path) -> Path:
        """Move the file to `target`, replacing what is there."""
        try:
            self.path.replace(target)
        except OSError as error:
            raise _not_writable(target, error) from error
        return target

    def move_to_first_free(self, candidates: Iterable[Path]) -> Path:
        """Move the file to the first path that does not exist yet. Raises `FileExists` where all of them do."""
        target = self.path
        for target in candidates:
            try:
                # Reserves the name: neither a file nor a symbolic link that appears meanwhile is replaced.
                target.open("xb").close()
            except FileExistsError:
                continue
            except OSError as error:
                raise _not_writable(target, error) from error
            return self.replace(target)
        raise _file_exists(target)

    def discard(self) -> None:
        """Remove the file, unless it was moved."""
        self.path.unlink(missing_ok=True)


def _not_writable(path: Path, error: OSError) -> errors.FileNotWritable:
    return errors.FileNotWritable(f"{path} cannot be written: {error.strerror}")


def _file_exists(path: Path) -> errors.FileExists:
    return errors.FileExists(f"{path} already exists")


def _filename(content_disposition: str) -> str | None:
    """Return the name in a Content-Disposition header (RFC 6266), exactly as the server sent it."""
    message = Message()
    message["Content-Disposition"] = content_disposition
    return message.get_filename()
