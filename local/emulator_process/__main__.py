"""Runs MiniStack in this process until SIGTERM, or until the parent is gone.

`python -m local.emulator_process`, with a pipe as standard input that the parent holds and never writes to: its end
tells that the parent has died, even by SIGKILL, so that no emulator is left and its state is written.
"""

import importlib
import os
import re
import signal
import sys
import threading
from typing import Any

from ministack import app as ministack

from local.emulator_process import distribution, function_logs, object_versions, root_key
from local.emulator_process.request_guard import Rules, guarded
from local.emulator_process.settings import Settings


def _stop_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _name_queues_without_the_port() -> None:
    # MiniStack 1.5.33 saves queues under URLs that hold its port, and after a restart on another port Lambda's pollers
    # would find none of them. Clients get the host and port they called in any case.
    sqs = importlib.import_module("ministack.services.sqs")
    vars(sqs).update(DEFAULT_PORT="4566", _CANONICAL_NETLOC=f"{sqs.DEFAULT_HOST}:4566")


def _take_a_bound_for_a_number() -> None:
    # What a template gives as a parameter, MiniStack 1.5.33 keeps as text, and its pollers then compare with a number.
    functions = importlib.import_module("ministack.services.lambda_svc")
    concurrency_of = vars(functions)["_sqs_esm_concurrency"]

    def concurrency(mapping: dict[str, Any], *others: Any) -> int:
        bounds = {name: int(bound) for name, bound in (mapping.get("ScalingConfig") or {}).items()}
        return int(concurrency_of({**mapping, "ScalingConfig": bounds}, *others))

    vars(functions)["_sqs_esm_concurrency"] = concurrency


def main() -> None:
    settings = Settings.taken_from(os.environ)
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    _name_queues_without_the_port()
    _take_a_bound_for_a_number()
    function_logs.install()
    object_versions.install()
    root_key.install(settings.root_access_key_id, settings.root_secret_access_key)
    ministack.app = guarded(ministack.app, Rules(re.compile(settings.form_buckets)))
    # Outermost: what the front door passes on is a browser's, and by its key it is known.
    distribution.install(settings.front_door_key)
    # Its command line is not ours.
    sys.argv = ["ministack"]
    try:
        ministack.main()
    finally:
        # MiniStack saves its state when it ends, but leaves the functions' processes and directories.
        importlib.import_module("ministack.core.lambda_runtime").reset()


if __name__ == "__main__":
    main()
