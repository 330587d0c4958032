"""The local stack's state directory, and the lock that gives it one owner at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.failures import LocalStackError


class StateDirectory:
    """Paths in the state directory, which `make clean` removes."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.jwt_secret = self.root / "jwt-secret"
        self.webhook_secret = self.root / "webhook-secret"
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
        """Make the directory, readable by its owner only: it holds the secret that signs tokens."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Lock the directory, and yield the descriptor that holds the lock.

        The system releases the lock when the last process with the descriptor ends, however it ends. Raises InUseError
        if another process holds it.
        """
        self.create()
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner = os.pread(descriptor, 32, 0).decode().strip()
                raise InUseError(self.root, int(owner) if owner.isdigit() else None) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield descriptor
        finally:
            os.close(descriptor)


class InUseError(LocalStackError):
    """Another process holds the directory: a `make run`, or the emulator left by a killed one."""

    def __init__(self, root: Path, owner: int | None) -> None:
        self.is_ending = owner is not None and not _is_alive(owner)
        if self.is_ending:
            super().__init__(
                f"The emulator of a killed `make run` (process {owner}) still uses {root}.",
                "It ends once it has saved its state. If it does not, see `ps -ef | grep local.emulator_process`.",
            )
        else:
            super().__init__(
                f"{root} is in use by another `make run` (process {owner or 'unknown'}).",
                "Stop it, or choose another directory and port: make run STATE=.local-2 PORT=8001",
            )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        return True
    return True
