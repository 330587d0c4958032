"""The custom resource `Release` of template.yaml: a name for each set of the functions' settings."""

import json
import urllib.request
from typing import Any

_TIMEOUT_SECONDS = 10


def handler(event: dict[str, Any], _context: Any) -> None:
    """Tells CloudFormation the name, which is that of its request: it makes one whenever a setting has changed.

    The settings are in the event, secrets among them, and go nowhere. Raises urllib.error.URLError where CloudFormation
    cannot be told, and Lambda tries again. See "Custom resource response objects" in the CloudFormation user guide.
    """
    answer = {
        "Status": "SUCCESS",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        # Another one would have CloudFormation delete what it takes for the resource before.
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
        "Data": {"Id": event["RequestId"]},
    }
    request = urllib.request.Request(  # noqa: S310  a URL of CloudFormation's
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        # It was signed without one.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass
