"""The emulator's process, `python -m local.emulator_process`: MiniStack until SIGTERM, or until the parent exits.

Standard input is a pipe that the parent holds open and never writes to. It ends when the parent dies, even by SIGKILL;
the emulator then saves its state and exits.
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
    settings = Settings.pop_from_environment(os.environ)
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    # Repair before the import: MiniStack reads the files when it is imported.
    object_files.repair(Path(os.environ["S3_DATA_DIR"]))
    from local.emulator_process import server

    server.run(settings, Path(os.environ["STATE_DIR"]))


if __name__ == "__main__":
    main()
