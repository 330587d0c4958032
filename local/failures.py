"""Failures of the local stack, described for its user."""


class LocalStackError(Exception):
    """The stack cannot start, or cannot continue. `remedy` is what the user can do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
