"""Requests for the renditions of newly published assets, so that the first viewer need not wait for them.

IAM: lambda:InvokeFunction.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda.client import LambdaClient

    from asset_api.assets.asset import Asset
    from asset_api.media.file_types import Kind


@dataclass(frozen=True, slots=True)
class RenditionRequests:
    """Invokes the function that makes the renditions of a kind of file, if there is one."""

    functions: "LambdaClient"
    names: "Mapping[Kind, str]"

    def request(self, asset: "Asset") -> None:
        """Invoke the function asynchronously; Lambda retries it, then queues a dead letter. At most one call."""
        kind: Kind = "video" if asset.file_type.startswith("video/") else "image"
        if not (name := self.names.get(kind)):
            return
        payload: dict[str, object] = {"owner": asset.owner, "asset_id": asset.asset_id, "file_type": asset.file_type}
        if asset.visibility != "public":
            payload["visibility"] = asset.visibility
        if asset.tags:
            payload["tags"] = asset.tags  # their index items get the facts too
        self.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(payload).encode())
