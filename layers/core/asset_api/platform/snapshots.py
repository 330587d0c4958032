"""What is done only where SnapStart takes a snapshot of the process, and starts others from it.

"Improving startup performance with Lambda SnapStart" in the AWS Lambda developer guide says what such a process has to
heed: connections are made, and credentials and the clock are asked for, in the event; what is unique comes from the
operating system. What is left is the state of `random`, which botocore's and our pauses between attempts come from.
"""

import importlib
import pkgutil
import random

import asset_api

# Its dependencies are in a layer that only a JWKS URL attaches: `composition.verifier` imports it there.
_NOT_EVERYWHERE = {"asset_api.platform.jwks"}
# What others import when it is first asked for, by themselves or since the layer was built (lazy_imports.py).
_LATE = ("dateutil.parser", "dateutil.tz", "encodings.idna", "jmespath", "jwt.api_jwt")


def prepare() -> None:
    """Import everything that an event may need, and have restored processes differ in their random numbers."""
    for module in pkgutil.walk_packages(asset_api.__path__, "asset_api."):
        if module.name not in _NOT_EVERYWHERE:
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    # Lambda's runtimes of Python bring it: "Lambda SnapStart runtime hooks for Python", in the same guide.
    from snapshot_restore_py import register_after_restore

    register_after_restore(random.seed)
