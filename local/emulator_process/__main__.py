"""Runs MiniStack in this process until SIGTERM, or until the parent is gone.

`python -m local.emulator_process`, with a pipe as standard input that the parent holds and never writes to: its end
tells that the parent has died, even by SIGKILL, so that no emulator is left and its state is written.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from local.emulator_process import object_files
from local.emulator_process.settings import Settings


def _stop_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    settings = Settings.taken_from(os.environ)
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    # Before MiniStack is imported, which reads the files then.
    object_files.repair(Path(os.environ["S3_DATA_DIR"]))
    from local.emulator_process import server

    server.run(settings, Path(os.environ["STATE_DIR"]))


if __name__ == "__main__":
    main()
