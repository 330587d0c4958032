"""URLs of referenced assets and renditions. A rendition is made before its URL is returned.

IAM: the actions of the catalog, and lambda:InvokeFunction of the functions that make renditions.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.assets.public_urls import public_path
from asset_api.platform import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_lambda.client import LambdaClient

    from asset_api.assets.asset import Asset
    from asset_api.assets.catalog import Catalog
    from asset_api.generation.asset_references import Reference
    from asset_api.media.file_types import Kind

_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True, slots=True)
class InputRenditions:
    catalog: "Catalog"
    functions: "Callable[[], LambdaClient]"
    names: "Mapping[Kind, str]"
    """The function that makes the renditions of each kind of file."""
    sign: "Callable[[str, int], str]"
    """Signs a private asset's path until a time in Unix seconds."""

    def urls(self, owner: str, references: "Sequence[Reference]", base_url: str, expires: int) -> dict[str, str]:
        """Resolve each reference's text to a URL; a private asset's is signed until `expires` (Unix seconds).

        One call each, and one more for a rendition.

        Raises the 400 if this owner has no such live asset or it has no such rendition, and a 503 if a rendition cannot
        be made right now.
        """
        return {reference.text: base_url + self._path(owner, reference, expires) for reference in references}

    def _path(self, owner: str, reference: "Reference", expires: int) -> str:
        asset = self.catalog.get(owner, reference.asset_id)
        if asset is None:
            raise errors.input_asset_not_found(reference.field_name)
        if reference.rendition is None:
            path = public_path(asset.asset_id)
        else:
            self._make(asset, reference)
            path = reference.rendition.public_path(asset.asset_id)
        ends = expires if asset.expiry is None else min(expires, asset.expiry)
        return path if asset.visibility == "public" else self.sign(path, ends)

    def _make(self, asset: "Asset", reference: "Reference") -> None:
        """Invoke the function and wait. Fetching the rendition as viewers do would also transfer its bytes."""
        rendition = reference.rendition
        if rendition is None or not asset.file_type.startswith(f"{rendition.kind}/"):
            raise errors.input_rendition_not_found(reference.field_name, f"the asset is {asset.file_type}")
        payload = {"asset_id": asset.asset_id, "rendition": rendition.name}
        if asset.visibility != "public":
            payload["visibility"] = asset.visibility
        response = self.functions().invoke(
            FunctionName=self.names[rendition.kind],
            InvocationType="RequestResponse",
            Payload=json.dumps(payload).encode(),
        )
        result = json.loads(response["Payload"].read())
        if response.get("FunctionError") or result["status"] not in (_OK, _NOT_FOUND):
            raise errors.temporarily_unavailable("The rendition that the input refers to")
        if result["status"] == _NOT_FOUND:
            raise errors.input_rendition_not_found(reference.field_name, result["detail"])
