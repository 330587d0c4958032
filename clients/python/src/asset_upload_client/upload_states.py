"""States of unfinished uploads in parts, stored on disk so that an upload resumes after any interruption.

Each is a separate file, named by a hash of what identifies the upload: the service, the owner, the file's path, size
and modification time, its name, and the options. It contains the upload's id, so only its owner can read it.
"""

import base64
import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_upload_client import errors, response_checks
from asset_upload_client.local_files import LocalFile
from asset_upload_client.response_types import UploadInPartsResponse

_log = logging.getLogger("asset_upload_client")
# The service forgets an upload within two days.
_LONGEST_SECONDS = 2 * 24 * 3600


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the states. The XDG specification requires that relative paths are ignored."""
    base = Path(environment.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".local" / "state") / "assets" / "uploads"


@dataclass(frozen=True)
class UploadState:
    """The stored state of one upload."""

    path: Path

    @classmethod
    def of(cls, root: str, token: str | None, file: LocalFile, request: Mapping[str, Any]) -> "UploadState | None":
        """Return the state of a file's upload; None if it is not a file on disk, which can be read again."""
        path = file.content.path
        if path is None:
            return None
        same = [root, _owner(token), str(path.resolve()), file.changed_ns, request]
        name = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
        try:
            return cls(default_folder() / f"{name}.json")
        except RuntimeError:
            _log.warning("the upload cannot be resumed later: this user has no home folder for its state")
            return None

    def load(self) -> UploadInPartsResponse | None:
        """Return the response that began the upload; None if there is none."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            response_checks.check(kept, UploadInPartsResponse)
        except (OSError, ValueError, errors.UnexpectedResponse):
            return None
        found: UploadInPartsResponse = kept
        return found

    def keep(self, started: UploadInPartsResponse) -> None:
        """Store the response. If that fails, the upload continues but cannot resume."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            temporary = self.path.with_name(f".{secrets.token_hex(8)}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(started, file)
            temporary.replace(self.path)
        except OSError as error:
            _log.warning("the upload cannot be resumed later: %s cannot be written: %s", self.path, error.strerror)

    def forget(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove the states of uploads that the service has forgotten."""
        oldest = time.time() - _LONGEST_SECONDS
        for path in self.path.parent.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _owner(token: str | None) -> str:
    """Return the owner that a JWT names, unverified, so that uploads resume with another token of the same owner."""
    try:
        payload = (token or "").split(".")[1]
        return f"sub {json.loads(base64.urlsafe_b64decode(payload + '=='))['sub']}"
    except (IndexError, KeyError, TypeError, ValueError):
        return hashlib.sha256((token or "").encode()).hexdigest()
