"""The request for a signed URL of an asset or of one of its renditions."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.assets.public_urls import public_path
from asset_api.assets.rendition_names import Rendition
from asset_api.platform import errors, request_bodies, request_schemas

if TYPE_CHECKING:
    from asset_api.assets.asset import Asset
    from asset_api.assets.signed_urls import UrlSigner

_VALIDATOR = SchemaValidator(**request_schemas.SIGNED_URL_REQUEST)


class SignedUrlRequest(NamedTuple):
    expires_in: int
    """Seconds from now."""
    rendition: str | None

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        return cls(**request_bodies.validate(_VALIDATOR, body))

    def to_json(self, asset: "Asset", signer: "UrlSigner", now: datetime, base_url: str) -> dict[str, Any]:
        """Return the body of the 200. Raises the 404 for a rendition that the asset does not have.

        If the asset expires earlier, its URL expires in the same second, so that no cache serves the file longer.
        """
        path = _path(asset, self.rendition) if self.rendition is not None else public_path(asset.asset_id)
        expires = int(now.timestamp()) + self.expires_in
        if asset.expiry is not None:
            expires = min(expires, asset.expiry)
        expires_at = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"success": True, "url": base_url + signer.sign(path, expires), "expires_at": expires_at}


def _path(asset: "Asset", name: str) -> str:
    rendition = Rendition.parse(name)
    kind = asset.file_type.partition("/")[0]
    if rendition is None or rendition.kind != kind:
        raise errors.rendition_not_found(f"no rendition of this {kind} has that name")
    if asset.rendition_error:
        raise errors.rendition_not_found(asset.rendition_error)
    return rendition.public_path(asset.asset_id)
