"""The directory in which the local stack keeps everything, and the lock that gives it one owner at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.failures import LocalStackError


class StateDirectory:
    """Paths below the directory that `make clean` removes."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.jwt_secret = self.root / "jwt-secret"
        self.root_key = self.root / "aws-credentials"
        self.emulator_log = self.root / "emulator.log"
        self.emulator_state = self.root / "emulator"
        self.objects = self.root / "objects"
        self.temporary = self.root / "tmp"
        self.build = self.root / "build"
        self.build_log = self.root / "build.log"
        self.deploy_log = self.root / "deploy.log"
        self.replicate = self.root / "replicate"
        self.replicate_log = self.root / "replicate.log"
        self.replicate_port = self.root / "replicate-port"
        self.replicate_secret = self.root / "replicate-webhook-secret"
        self._lock = self.root / "lock"

    def create(self) -> None:
        """Makes the directory, readable by its owner only: it holds the secret that signs tokens."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the directory for this process; the system lets go of it however the process ends.

        Raises LocalStackError with the owner's process id where another process holds it.
        """
        self.create()
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
                raise LocalStackError(
                    f"{self.root} is in use by another `make run` (process {owner}).",
                    "Stop that one, or run with a directory of its own: make run STATE=.local-2 PORT=8001",
                ) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)
