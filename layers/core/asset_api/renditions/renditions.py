"""Renditions on demand: made once however many ask at once, and never left behind by an asset that is deleted.

A rendition is made of the published bytes and stored below their key; then they are looked for again. A delete removes
them before it lists what is stored below them, and so does a change of visibility at the key that they leave. So
whatever the order, one of the two sees the other: either the delete finds the rendition, or its maker finds the
original gone and removes it. A maker that dies in between leaves its lease, and `abandoned` does the same in its place.

IAM: what the bucket, the stored renditions and the leases need.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asset_api.assets.rendition_names import Rendition
from asset_api.platform import aws, deadlines, errors
from asset_api.renditions.leases import Busy, Lease, Leases, Made, Refused
from asset_api.renditions.stored_renditions import Rendered, StoredRenditions

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.media.file_types import MediaType
    from asset_api.publishing.assets_bucket import AssetsBucket

_PAUSE_SECONDS = 0.25


class Original(NamedTuple):
    """The published file that a rendition is made of."""

    asset_id: str
    media_type: "MediaType"
    size_bytes: int
    expiry: int | None
    """Unix seconds."""
    visibility: "Visibility" = "public"


class UnrenderableError(Exception):
    """The file has no such rendition, and never will; `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OriginalGoneError(Exception):
    """The published file has been removed: its asset was deleted."""


Make = Callable[[Original, Rendition], bytes]
"""Makes the bytes of one rendition. Raises UnrenderableError and OriginalGoneError."""


@dataclass(frozen=True, slots=True)
class Renditions:
    bucket: "AssetsBucket"
    stored: StoredRenditions
    leases: Leases
    make: Make
    sleep: Callable[[float], None] = time.sleep

    def ensure(self, asset_id: str, rendition: Rendition, visibility: "Visibility" = "public") -> None:
        """Have the rendition stored. One call where it is; otherwise as `get`, and raises the same."""
        if not self.stored.has(asset_id, rendition, visibility):
            self.get(asset_id, rendition, visibility)

    def get(self, asset_id: str, rendition: Rendition, visibility: "Visibility" = "public") -> Rendered:
        """The rendition of an asset with this visibility, made if it is not stored. Six calls where it is made here.

        Raises UnrenderableError, the 404 of a missing asset, and the 503 where someone else takes too long to make it.
        """
        published = self.bucket.find(asset_id, visibility)
        if published is None:
            raise errors.asset_not_found()
        if published.media_type.kind != rendition.kind:
            raise UnrenderableError(f"{rendition.name} is of {rendition.kind}s, and this is not one")
        original = Original(asset_id, published.media_type, published.size_bytes, published.facts.expiry, visibility)
        missing: Made | None = None
        while True:
            claim = self.leases.claim(asset_id, rendition.name, visibility, instead_of=missing)
            match claim:
                case Lease():
                    return self._make(claim, original, rendition)
                case Refused():
                    raise UnrenderableError(claim.reason)
                case Made():
                    if stored := self.stored.read(original, rendition):
                        return stored
                    missing = claim
                case Busy():
                    if not self._may_wait:
                        raise errors.temporarily_unavailable("The rendition, which is being made,")
                    self.sleep(_PAUSE_SECONDS)

    @property
    def _may_wait(self) -> bool:
        """Tell whether there is time for a pause, and then to ask again and read what was made."""
        clients = self.leases.dynamodb, self.bucket.s3
        return deadlines.allows(_PAUSE_SECONDS + sum(map(aws.attempt_seconds, clients)))

    def _make(self, lease: Lease, original: Original, rendition: Rendition) -> Rendered:
        try:
            data = self.make(original, rendition)
            stored = self._store(original, rendition, data)
        except UnrenderableError as error:
            self.leases.refuse(lease, error.reason)
            raise
        except OriginalGoneError as error:
            self.leases.release(lease)
            raise errors.asset_not_found() from error
        except Exception:
            # AWS failed, or this code: not the file's fault, so the next request tries again.
            self.leases.release(lease)
            raise
        self.leases.finish(lease)
        return stored

    def _store(self, original: Original, rendition: Rendition, data: bytes) -> Rendered:
        stored = self.stored.write(original, rendition, data)
        if not self.bucket.has(original.asset_id, original.visibility):
            self.stored.remove(original.asset_id, rendition, original.visibility)
            raise OriginalGoneError
        return stored
