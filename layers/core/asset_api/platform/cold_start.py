"""Process start-up, while Lambda's Init phase gives the function a whole CPU.

During it, the garbage collector is off: nearly everything that is imported stays, and scanning it repeatedly takes a
tenth of the Init phase. `asset_api`, the first of our modules to be imported, calls `begin`; each function calls `end`.

With SnapStart, Lambda takes a snapshot of the process at the end of the Init phase and starts other processes from it.
"Improving startup performance with Lambda SnapStart" in the AWS Lambda developer guide says what that demands:
connect, read credentials and read the clock in the event, and take unique values from the operating system. That leaves
the state of `random`, from which botocore and this package draw their pauses between attempts.
"""

import gc
import os
from collections.abc import Callable

# Lambda sets both in a function's process: "Using Lambda environment variables" in the AWS Lambda developer guide.
_IS_FUNCTION = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
_IS_SNAPSHOT = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
# Their dependencies are in layers that only a few functions have. In these, `composition.renditions` and
# `composition.principals` import them.
_IN_OPTIONAL_LAYERS = {
    "asset_api.platform.jwks",
    *("asset_api.renditions.images", "asset_api.renditions.new_files"),
    *("asset_api.renditions.frames", "asset_api.renditions.pictures", "asset_api.renditions.videos"),
    "asset_api.renditions.tone_mapping",
}
# Modules that others import on first use, by design or by the layer's build (lazy_imports.py).
_IMPORTED_ON_FIRST_USE = (
    "aws_lambda_powertools.metrics.base",
    "_strptime",
    "dateutil.parser",
    "dateutil.tz",
    "encodings.idna",
    "jmespath",
    "jwt.api_jwt",
    "zlib",
)


def begin() -> None:
    """Import without garbage collection."""
    if _IS_FUNCTION:
        gc.disable()


def end(*clients: Callable[[], object], in_snapshot: tuple[Callable[[], object], ...] = ()) -> None:
    """Create the clients that nearly every event needs, then freeze the heap: imports live as long as the process.

    With SnapStart, also import every module and create everything `in_snapshot`.
    """
    if not _IS_FUNCTION:
        return
    for make in clients:
        make()
    if _IS_SNAPSHOT:
        _prepare_snapshot()
        for make in in_snapshot:
            make()
    gc.freeze()
    gc.enable()


def _prepare_snapshot() -> None:
    """Import every module an event may need, and reseed `random` in each restored process."""
    import importlib
    import pkgutil
    import random

    import asset_api

    for module in pkgutil.walk_packages(asset_api.__path__, "asset_api."):
        if module.name not in _IN_OPTIONAL_LAYERS:
            importlib.import_module(module.name)
    for name in _IMPORTED_ON_FIRST_USE:
        importlib.import_module(name)
    # Part of Lambda's Python runtimes: "Lambda SnapStart runtime hooks for Python", in the same guide.
    from snapshot_restore_py import register_after_restore

    register_after_restore(random.seed)
