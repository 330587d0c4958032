"""Renditions on demand: made once, however many requests arrive at once, and never left behind after a delete.

A rendition is made from the published bytes and stored below their key; then its maker checks that the bytes still
exist. A delete, like a change of visibility, removes the bytes before it lists the renditions below their key. So
in any order, either the delete finds the rendition, or the maker finds the original gone and removes the rendition. If
the maker crashes in between, its lease remains, and `abandoned` makes the check instead.

IAM: the actions of the bucket, the stored renditions and the leases.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asset_api.assets.rendition_names import Rendition
from asset_api.platform import aws, errors, remaining_time
from asset_api.renditions.leases import AlreadyMade, BeingMade, Lease, Leases, Unrenderable
from asset_api.renditions.stored_renditions import RenditionBytes, StoredRenditions

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.media.file_types import MediaType
    from asset_api.publishing.assets_bucket import AssetsBucket

_PAUSE_SECONDS = 0.25


class Original(NamedTuple):
    """The published file that a rendition is made from."""

    asset_id: str
    media_type: "MediaType"
    size_bytes: int
    expiry: int | None
    """Unix seconds."""
    visibility: "Visibility" = "public"


class UnrenderableError(Exception):
    """The file can never have this rendition; `reason` is for people."""

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
        """Make and store the rendition unless it is stored already, which takes one call. Raises the same as `get`."""
        if not self.stored.has(asset_id, rendition, visibility):
            self.get(asset_id, rendition, visibility)

    def get(self, asset_id: str, rendition: Rendition, visibility: "Visibility" = "public") -> RenditionBytes:
        """Return a rendition of an asset with this visibility, making it if needed. Six calls to make it.

        Raises UnrenderableError, the 404 of a missing asset, and a 503 if another request takes too long to make it.
        """
        published = self.bucket.find(asset_id, visibility)
        if published is None:
            raise errors.asset_not_found()
        if published.media_type.kind != rendition.kind:
            raise UnrenderableError(f"{rendition.name} is for {rendition.kind}s only")
        original = Original(asset_id, published.media_type, published.size_bytes, published.facts.expiry, visibility)
        missing: AlreadyMade | None = None
        while True:
            claim = self.leases.claim(asset_id, rendition.name, visibility, instead_of=missing)
            match claim:
                case Lease():
                    return self._make(claim, original, rendition)
                case Unrenderable():
                    raise UnrenderableError(claim.reason)
                case AlreadyMade():
                    if stored := self.stored.read(original, rendition):
                        return stored
                    missing = claim
                case BeingMade():
                    if not self._may_wait:
                        raise errors.temporarily_unavailable("The rendition, which is being made,")
                    self.sleep(_PAUSE_SECONDS)

    @property
    def _may_wait(self) -> bool:
        """Tell whether there is time to pause, ask again and read the rendition."""
        clients = self.leases.dynamodb, self.bucket.s3
        return remaining_time.allows(_PAUSE_SECONDS + sum(map(aws.attempt_seconds, clients)))

    def _make(self, lease: Lease, original: Original, rendition: Rendition) -> RenditionBytes:
        try:
            data = self.make(original, rendition)
        except UnrenderableError as error:
            self.leases.refuse(lease, error.reason)
            raise
        except OriginalGoneError as error:
            self.leases.release(lease)
            raise errors.asset_not_found() from error
        except Exception:
            # A failure of AWS or a defect, not the file's fault: the next request may try again.
            self.leases.release(lease)
            raise
        try:
            stored = self._store(original, rendition, data)
        except OriginalGoneError as error:
            self.leases.release(lease)
            raise errors.asset_not_found() from error
        except Exception:
            # S3 may have stored the rendition, so its original must still be looked for.
            self.leases.abandon(lease)
            raise
        self.leases.finish(lease)
        return stored

    def _store(self, original: Original, rendition: Rendition, data: bytes) -> RenditionBytes:
        stored = self.stored.write(original, rendition, data)
        if not self.bucket.has(original.asset_id, original.visibility):
            self.stored.remove(original.asset_id, rendition, original.visibility)
            self.leases.request_invalidation(original.asset_id)
            raise OriginalGoneError
        return stored
