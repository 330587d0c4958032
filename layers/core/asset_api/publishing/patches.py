"""The body of `PATCH /api/v2/assets/{asset_id}`: a JSON merge patch (RFC 7396) of what an owner may change."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.assets import admissions, filenames, option_rules
from asset_api.assets.asset import Asset
from asset_api.media import file_types
from asset_api.platform import errors, request_bodies, request_schemas

if TYPE_CHECKING:
    from asset_api.publishing.changing import Extent

_VALIDATOR = SchemaValidator(**request_schemas.CHANGE_ASSET_REQUEST)


class Patch(NamedTuple):
    """The changes by field name; absent fields stay unchanged. `expires_in` counts from now."""

    fields: dict[str, Any]

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        sent = request_bodies.validate_sent_fields(_VALIDATOR, body)
        fields: dict[str, Any] = {}
        if "filename" in sent:
            fields["filename"] = admissions.cleaned_filename(sent["filename"])
        if "tags" in sent:
            fields["tags"] = () if sent["tags"] is None else option_rules.parse_tags(sent["tags"])
        if "expires_in" in sent:
            seconds = sent["expires_in"]
            fields["expires_in"] = None if seconds is None else option_rules.parse_expires_in(seconds)
        if "visibility" in sent:
            visibility = sent["visibility"]
            fields["visibility"] = "public" if visibility is None else option_rules.parse_visibility(visibility)
        return cls(fields)

    @property
    def extent(self) -> "Extent":
        """Tell how far the changes reach."""
        if "visibility" in self.fields:
            return "key"
        return "catalog" if self.fields.keys().isdisjoint(("filename", "expires_in")) else "headers"

    def apply(self, asset: Asset, now: datetime) -> Asset:
        """Return the changed asset. Raises the 422 for a name whose extension is of another type."""
        changes = {name: value for name, value in self.fields.items() if name != "expires_in"}
        if "filename" in changes:
            changes["filename"] = _named(changes["filename"], asset)
        if "expires_in" in self.fields:
            seconds = self.fields["expires_in"]
            changes["expiry"] = None if seconds is None else int(now.timestamp()) + seconds
        return asset._replace(**changes)


def _named(name: str, asset: Asset) -> str:
    media_type = file_types.from_mime(asset.file_type)
    if media_type is None:
        return name
    named = filenames.with_type(name, media_type.extensions)
    if named.rpartition(".")[2].lower() not in media_type.extensions:
        endings = " or ".join(f".{extension}" for extension in media_type.extensions)
        raise errors.invalid_request("filename", f"must end in {endings}, as the file is of type {media_type.mime}")
    return named
