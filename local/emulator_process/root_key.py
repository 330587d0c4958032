"""Authentication of the root user.

MiniStack 1.5.33 takes `test`, any twelve digits, and no key at all as the root user, and checks none of their
signatures. With this patch a single key is the root user's, and its signature is checked. The request guard refuses
unsigned requests.
"""

import os

from ministack.core import iam_evaluator
from ministack.services import sts


def install(access_key_id: str, secret_access_key: str) -> None:
    """Make this key pair the root user's only one."""
    os.environ.update(AWS_ACCESS_KEY_ID=access_key_id, AWS_SECRET_ACCESS_KEY=secret_access_key)

    def is_root(key: str) -> bool:
        return not key or key == access_key_id

    for module, name in (
        (iam_evaluator, "is_root_access_key"),
        (sts, "is_root_access_key"),
        (iam_evaluator, "_is_root_key"),
    ):
        getattr(module, name)  # raises AttributeError if MiniStack has changed
    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    # Decides whose signature is not checked: only that of unsigned requests, namely forms, which the guard admits.
    iam_evaluator._is_root_key = lambda key: not key
