"""A file in the incoming bucket: its key, its description as metadata, and its first bytes."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from asset_api.assets import asset_ids, filenames
from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.media import file_types

PREFIX = "uploads/"
# The names of options in S3 metadata (`option_rules.to_metadata`).
_OPTION_NAMES = frozenset({"expires-in", "tags", "visibility"})


class ArrivalGoneError(Exception):
    """The version that was read earlier has been removed."""


def object_key(asset_id: str) -> str:
    """Return the key of the upload with this id."""
    return PREFIX + asset_id


def asset_id_of(key: str) -> str | None:
    """Extract the asset id from an object key of the incoming bucket; None for any other key."""
    asset_id = key.removeprefix(PREFIX)
    return asset_id if key == object_key(asset_id) and asset_ids.is_asset_id(asset_id) else None


class Upload(NamedTuple):
    """The description of a file before its bytes arrive: pinned by the form's policy, and stored as metadata."""

    asset_id: str
    owner: str
    filename: str
    media_type: file_types.MediaType
    sha256: str | None = None
    options: Options = NO_OPTIONS

    def to_metadata(self) -> dict[str, str]:
        """Convert the upload to S3 user metadata."""
        pairs = {"owner": filenames.to_metadata(self.owner), "filename": filenames.to_metadata(self.filename)}
        if self.sha256:
            pairs["sha256"] = self.sha256
        if self.options != NO_OPTIONS:
            from asset_api.assets import option_rules

            pairs |= option_rules.to_metadata(self.options)
        return pairs

    def require_room(self) -> None:
        """Raise the 422 for tags that do not fit into S3's metadata."""
        if self.options.tags:
            from asset_api.assets import option_rules

            option_rules.require_room(self.to_metadata())

    @classmethod
    def from_metadata(cls, asset_id: str, content_type: str, metadata: Mapping[str, str]) -> Self | None:
        """Parse an object's metadata; None if neither a form nor this API wrote it."""
        owner = filenames.from_metadata(metadata.get("owner", ""))
        filename = filenames.from_metadata(metadata.get("filename", ""))
        media_type = file_types.from_mime(content_type)
        if not owner or not filename or media_type is None:
            return None
        return cls(asset_id, owner, filename, media_type, metadata.get("sha256"), _options(metadata))


def _options(metadata: Mapping[str, str]) -> Options:
    if _OPTION_NAMES.isdisjoint(metadata):
        return NO_OPTIONS
    from asset_api.assets import option_rules

    return option_rules.from_metadata(metadata)


class Arrival(NamedTuple):
    """One version of an object in the incoming bucket: its upload, and its first bytes."""

    upload: Upload
    version_id: str
    size_bytes: int
    head: bytes
    verified_sha256: str | None
    """The SHA-256 (hex), if it was computed from all of the bytes."""
