"""What a process does before its first event, while Lambda's Init phase still gives it a whole CPU.

Garbage is not looked for until then: nearly all that is imported stays, and looking through it again and again takes a
tenth of the Init phase. `asset_api` itself stops it, as the first of our modules to be imported; `end` has it begin.
"""

import gc
import os
from collections.abc import Callable

# Lambda sets both in a function's process: "Using Lambda environment variables" in the AWS Lambda developer guide.
_IS_FUNCTION = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
_IS_SNAPSHOT = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def begin() -> None:
    """Import without looking for garbage."""
    if _IS_FUNCTION:
        gc.disable()


def end(*clients: Callable[[], object], in_snapshot: tuple[Callable[[], object], ...] = ()) -> None:
    """Make the clients that nearly every event needs. What there is now is never garbage.

    With SnapStart, whose snapshot every process begins with, make what is `in_snapshot`, too, and import everything.
    """
    if not _IS_FUNCTION:
        return
    for make in clients:
        make()
    if _IS_SNAPSHOT:
        from asset_api.platform import snapshots

        snapshots.prepare()
        for make in in_snapshot:
            make()
    gc.freeze()
    gc.enable()
