"""What can stop the local stack, as a person should read it."""


class LocalStackError(Exception):
    """The stack cannot start or go on. `what` says what is wrong, `remedy` what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
