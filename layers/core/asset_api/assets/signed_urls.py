"""Signed URLs of private assets: anyone who has one can read its file or rendition until it expires.

    <public path>?expires=<Unix seconds>&signature=<43 characters of base64url>

The signature is HMAC-SHA256 of the path, a line feed and the digits of `expires`. `edge/viewer-request.js` verifies it
before the cache lookup, and accepts only this form. Several keys verify, so that they can be rotated without a gap; the
first one signs. `signed_url_requests` chooses when a URL expires, except for thumbnails in lists.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult

from asset_api.assets import asset_ids
from asset_api.assets.public_urls import public_path

MIN_SECONDS = 60
MAX_SECONDS = 604_800
THUMBNAIL_SECONDS = 3600
# Thumbnails are signed for up to this much longer, so that a reloaded list has the same URLs.
_STABLE_SECONDS = 900
# The same as in the edge function. Ten digits last until the year 2286.
_PARAMETERS = re.compile(r"expires=(?P<expires>[1-9][0-9]{9})&signature=(?P<signature>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class UrlSigner:
    keys: Sequence[str]

    def sign(self, path: str, expires: int) -> str:
        """Return the path with a query that is valid until `expires` (Unix seconds), exclusive."""
        return f"{path}?expires={expires}&signature={_signature(self._signing_key, path, expires)}"

    def sign_thumbnail(self, path: str, now: datetime, ends: int | None = None) -> str:
        """Return the path signed for an hour or a little more, so that it stays the same for a quarter of an hour.

        It expires no later than `ends`, the asset's expiry (Unix seconds).
        """
        expires = int(now.timestamp()) + THUMBNAIL_SECONDS
        expires += -expires % _STABLE_SECONDS
        return self.sign(path, expires if ends is None else min(expires, ends))

    def verifies(self, url: SplitResult, now: datetime) -> bool:
        """Tell whether the edge would accept this URL of an asset or a rendition."""
        # The parameters may come in any order, as at the edge.
        query = _PARAMETERS.fullmatch("&".join(sorted(url.query.split("&"))))
        if query is None or int(query["expires"]) <= now.timestamp():
            return False
        path, expires = url.path.lower(), int(query["expires"])
        return any(hmac.compare_digest(_signature(key, path, expires), query["signature"]) for key in self.keys)

    @property
    def _signing_key(self) -> str:
        if not self.keys:
            raise ValueError("URL_SIGNING_KEYS is not set, so anyone could forge signatures")
        return self.keys[0]


def asset_id_of(path: str) -> str | None:
    """Return the asset id in the path of an asset or a rendition; None for any other path."""
    from asset_api.assets.rendition_names import Rendition

    asset_id, _, rendition = path.lower().removeprefix(public_path("")).partition("/")
    if not path.lower().startswith(public_path("")) or not asset_ids.is_asset_id(asset_id):
        return None
    is_signed = path.lower() == public_path(asset_id) or Rendition.parse(rendition) is not None
    return asset_id if is_signed else None


def _signature(key: str, path: str, expires: int) -> str:
    digest = hmac.digest(key.encode(), f"{path}\n{expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
