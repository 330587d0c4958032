"""Asset ids: UUIDv7 (RFC 9562, section 5.7) that prove, to this stack alone, which owner they were issued to.

They sort by time, so the table lists newest first without an index. Issuing an upload form stores nothing, yet
`complete` must distinguish "not yours, or never issued" (404) from "yours, but not arrived" (409). So the last 32 bits
are a keyed hash of the owner and the first 96 bits; with the other 42 random bits they make ids unguessable.
"""

import hmac
import re
import secrets
from datetime import UTC, datetime
from uuid import UUID

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RANDOM_A_BITS = 12
_RANDOM_B_BITS = 30
_OWNER_TAG_BYTES = 4


def mint(owner: str, *, salt: str, now: datetime) -> str:
    """Mint an asset id for `owner` that contains the time `now` (aware, to the millisecond)."""
    milliseconds = int(now.timestamp() * 1000)
    high = milliseconds << 16 | 0x7000 | secrets.randbits(_RANDOM_A_BITS)
    untagged = high.to_bytes(8) + (0x80000000 | secrets.randbits(_RANDOM_B_BITS)).to_bytes(4)
    return str(UUID(bytes=untagged + _owner_tag(untagged, owner, salt)))


def is_asset_id(text: str) -> bool:
    """Tell whether `text` is a canonical, lower-case UUIDv7."""
    return _CANONICAL.fullmatch(text) is not None


def is_issued_to(owner: str, asset_id: str, *, salt: str) -> bool:
    """Tell whether this stack issued `asset_id` to `owner`. False for anything that is not an asset id."""
    if not is_asset_id(asset_id):
        return False
    raw = UUID(asset_id).bytes
    return hmac.compare_digest(raw[-_OWNER_TAG_BYTES:], _owner_tag(raw[:-_OWNER_TAG_BYTES], owner, salt))


def issued_at(asset_id: str) -> datetime:
    """Return the time at which `asset_id` was minted: aware, UTC, to the millisecond."""
    return datetime.fromtimestamp(issued_at_ms(asset_id) / 1000, UTC)


def issued_at_ms(asset_id: str) -> int:
    """Return the time at which `asset_id` was minted, in Unix milliseconds."""
    return int(asset_id[:8] + asset_id[9:13], 16)


def _owner_tag(untagged: bytes, owner: str, salt: str) -> bytes:
    if not salt:
        raise ValueError("ASSET_ID_SALT is not set, so anyone could forge asset ids")
    return hmac.digest(salt.encode(), untagged + owner.encode(), "sha256")[:_OWNER_TAG_BYTES]
