"""User-facing errors of a deployment, and remedies for known reasons, such as an account's limits."""


class DeploymentError(Exception):
    """The deployment cannot continue. `remedy` is what the user can do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


# Parts of CloudFormation's reasons, and a remedy for each.
_KNOWN = {
    "must be verified before you can add new CloudFront resources": (
        "AWS has not enabled CloudFront in this account yet, which is common for new accounts. Open a case of type\n"
        '"Account and billing", which needs no paid plan, at https://console.aws.amazon.com/support/home, quote the\n'
        "message above, and run `make deploy` again once AWS has enabled it."
    ),
    "is not authorized to perform": (
        "These credentials lack permissions to create everything in the stack. Deploy as an administrator, or see\n"
        '"Deploying" in docs/operations.md for what a deployment creates.'
    ),
    "UnreservedConcurrentExecution below its minimum": (
        "RenditionConcurrency reserves more Lambda executions than this account's limit permits. Deploy with\n"
        'PARAMETERS="RenditionConcurrency=0", or request more under Service Quotas, "Concurrent executions".'
    ),
}


def advice(reasons: list[str]) -> str:
    """Return remedies for CloudFormation's reasons; empty if none is known."""
    return "\n\n".join(text for part, text in _KNOWN.items() if any(part in reason for reason in reasons))
