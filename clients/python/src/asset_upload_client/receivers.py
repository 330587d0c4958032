"""Receivers of downloads, across any number of attempts: a partial file beside its destination, or an open file."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from email.message import Message
from pathlib import Path
from typing import IO

import httpx

from asset_upload_client import errors
from asset_upload_client.safe_names import safe_name
from asset_upload_client.steps import OnProgress

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Receiver:
    """The received part of a download; the sink of every attempt. Hashes what it writes."""

    def __init__(self, file: IO[bytes], on_progress: OnProgress | None) -> None:
        self._file = file
        self._on_progress = on_progress
        self._digest = hashlib.sha256()
        self._etag: str | None = None
        self.size = 0
        self.total: int | None = None
        self.name = "download"

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def request_headers(self) -> dict[str, str]:
        """Request the rest of the file if it is unchanged (RFC 9110, sections 13.1.5 and 14.2)."""
        headers = {"Accept-Encoding": "identity"}
        if self.size and self._etag:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self._etag}
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
        if self.size:
            self._restart()
        self.size = 0
        self._digest = hashlib.sha256()
        self.total = int(response.headers["Content-Length"]) if "Content-Length" in response.headers else None
        self._etag = response.headers.get("ETag")
        name = _filename(response.headers.get("Content-Disposition", "")) or Path(response.url.path).name
        self.name = safe_name(name, response.headers.get("Content-Type", ""))
        return True

    def write(self, piece: bytes) -> None:
        try:
            self._file.write(piece)
        except OSError as error:
            raise self._not_writable(error) from error
        self._digest.update(piece)
        self.size += len(piece)
        if self._on_progress and self.total:
            self._on_progress(self.size, self.total)

    def finish(self) -> None:
        """Write the buffered bytes."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._not_writable(error) from error

    def discard(self) -> None:
        """Remove the received bytes."""

    def _restart(self) -> None:
        """Discard the received bytes, because the file has changed."""
        raise NotImplementedError

    def _not_writable(self, error: OSError) -> errors.FileNotWritable:
        raise NotImplementedError


class PartialFile(Receiver):
    """A file beside the destination, moved there once it is complete."""

    def __init__(self, folder: Path, on_progress: OnProgress | None) -> None:
        # Not with `tempfile`, whose files only their owner can read.
        self.path = folder / f".assets-{secrets.token_hex(8)}.part"
        super().__init__(self.path.open("xb"), on_progress)

    def finish(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise self._not_writable(error) from error

    def replace(self, target: Path) -> Path:
        """Move the file to `target`, replacing an existing file."""
        try:
            self.path.replace(target)
        except OSError as error:
            raise not_writable(target, error) from error
        return target

    def move_to_first_free(self, candidates: Iterable[Path]) -> Path:
        """Move the file to the first path that does not exist yet. Raises `FileExists` if all of them exist."""
        target = self.path
        for target in candidates:
            try:
                # Reserves the name, so that no file or symbolic link created meanwhile is replaced.
                target.open("xb").close()
            except FileExistsError:
                continue
            except OSError as error:
                raise not_writable(target, error) from error
            return self.replace(target)
        raise file_exists(target)

    def discard(self) -> None:
        """Remove the file, unless it was moved."""
        try:
            self._file.close()
        except OSError:
            # The buffered bytes do not fit on the disk. Closing again writes nothing.
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    def _not_writable(self, error: OSError) -> errors.FileNotWritable:
        return not_writable(self.path.parent, error)


class OpenFile(Receiver):
    """A binary file that the caller opens and closes."""

    def __init__(self, file: IO[bytes], on_progress: OnProgress | None) -> None:
        super().__init__(file, on_progress)
        self._start = file.tell() if _is_seekable(file) else None

    def finish(self) -> None:
        if hasattr(self._file, "flush"):
            super().finish()

    def _restart(self) -> None:
        if self._start is None:
            raise errors.ChecksumMismatch("The asset changed during its download, and the output cannot be rewound")
        self._file.seek(self._start)
        self._file.truncate()

    def _not_writable(self, error: OSError) -> errors.FileNotWritable:
        return errors.FileNotWritable(f"The output cannot be written: {error.strerror}")


def not_writable(path: Path, error: OSError) -> errors.FileNotWritable:
    return errors.FileNotWritable(f"{path} cannot be written: {error.strerror}")


def file_exists(path: Path) -> errors.FileExists:
    return errors.FileExists(f"{path} already exists")


def _is_seekable(file: IO[bytes]) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable and seekable())


def _filename(content_disposition: str) -> str | None:
    """Return the name in a Content-Disposition header (RFC 6266), exactly as the server sent it."""
    message = Message()
    message["Content-Disposition"] = content_disposition
    return message.get_filename()
