"""Failures of the local stack, in words for its user."""


class LocalStackError(Exception):
    """The stack cannot start, or cannot continue. `what` says why, `remedy` what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
