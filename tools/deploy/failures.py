"""Reasons for which a deployment stops, in words for people."""


class DeploymentError(Exception):
    """The deployment cannot continue. `what` says why, `remedy` what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


# Parts of CloudFormation's reasons, and what to do about each.
_KNOWN = {
    "must be verified before you can add new CloudFront resources": (
        "AWS has not enabled CloudFront in this account yet, as in many new ones. Open a case of the kind\n"
        '"Account and billing", which needs no paid plan, at https://console.aws.amazon.com/support/home, quote the\n'
        "message above, and run `make deploy` again when AWS has enabled it."
    ),
    "is not authorized to perform": (
        "These credentials may not create everything in the stack. Deploy as an administrator, or see\n"
        '"Deploying" in docs/operations.md for what a deployment creates.'
    ),
}


def advice(reasons: list[str]) -> str:
    """Return help with CloudFormation's reasons; empty if there is none."""
    return "\n\n".join(text for part, text in _KNOWN.items() if any(part in reason for reason in reasons))
