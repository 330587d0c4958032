"""Makes the root user prove who it is.

MiniStack 1.5.33 takes `test`, any number of twelve digits, and no key at all for the root user's, and checks none of
their signatures. Here one key is the root user's and its signature counts; the request guard stops what is unsigned.
"""

import os

from ministack.core import iam_evaluator
from ministack.services import sts


def install(access_key_id: str, secret_access_key: str) -> None:
    """Have MiniStack take this key pair for the root user's, and no other."""
    os.environ.update(AWS_ACCESS_KEY_ID=access_key_id, AWS_SECRET_ACCESS_KEY=secret_access_key)

    def is_root(key: str) -> bool:
        return not key or key == access_key_id

    for module, name in (
        (iam_evaluator, "is_root_access_key"),
        (sts, "is_root_access_key"),
        (iam_evaluator, "_is_root_key"),
    ):
        getattr(module, name)  # raises AttributeError where MiniStack no longer works as it did
    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    # Whose signature is not checked: of unsigned requests only, as those are that have come through the guard.
    iam_evaluator._is_root_key = lambda key: not key
