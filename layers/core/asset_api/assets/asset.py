"""A published file, and its item in the table of assets."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from asset_api.assets import asset_ids

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.media.content_credentials import ContentCredentials

Source = Literal["upload", "generation", "import"]
Visibility = Literal["public", "private"]
Item = Mapping[str, "AttributeValueTypeDef"]

SORT_KEY_PREFIX = "asset#"

_TEXTS = ("filename", "file_type")
_OPTIONAL_TEXTS = (
    "sha256",
    "job_id",
    "model_id",
    "source_asset_id",
    "source_url",
    "thumbhash",
    "rendition_error",
    "video_codec",
    "audio_codec",
)
_OPTIONAL_INTEGERS = ("width", "height", "expiry")
_OPTIONAL_DECIMALS = ("duration_seconds", "frames_per_second")


def as_content_credentials(text: str | None) -> "ContentCredentials":
    """The stored value; "none" if nothing was stored."""
    match text:
        case "kept" | "removed":
            return text
    return "none"


def as_source(text: str) -> Source:
    """The stored value; "upload" for any that is unknown."""
    match text:
        case "generation" | "import":
            return text
    return "upload"


class Asset(NamedTuple):
    """A published file. `size_bytes` and `sha256` (hex) are those of the published bytes.

    An item lacks the attributes of fields that have their defaults.
    """

    owner: str
    asset_id: str
    filename: str
    file_type: str
    size_bytes: int
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    source: Source = "upload"
    job_id: str | None = None
    model_id: str | None = None
    source_asset_id: str | None = None
    content_credentials: "ContentCredentials" = "none"
    source_url: str | None = None
    """The URL an imported file came from."""
    tags: tuple[str, ...] = ()
    """In Unicode normal form C."""
    expiry: int | None = None
    """Unix seconds, from which on the asset is gone. Not `expires_at`: DynamoDB would delete the item by itself."""
    visibility: Visibility = "public"
    thumbhash: str | None = None
    """Base64."""
    rendition_error: str | None = None
    """Why the file has no renditions."""
    duration_seconds: float | None = None
    frames_per_second: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None

    @property
    def uploaded_at(self) -> datetime:
        """The time its id was minted, so that lists are ordered by it."""
        return asset_ids.issued_at(self.asset_id)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item that `to_item` made, now or in an earlier release."""
        stored: Mapping[str, Any] = item
        known: dict[str, Any] = {name: stored[name]["S"] for name in _TEXTS}
        known.update((name, stored[name]["S"]) for name in _OPTIONAL_TEXTS if name in stored)
        known.update((name, int(stored[name]["N"])) for name in _OPTIONAL_INTEGERS if name in stored)
        known.update((name, float(stored[name]["N"])) for name in _OPTIONAL_DECIMALS if name in stored)
        if "tags" in stored:
            known["tags"] = tuple(tag["S"] for tag in stored["tags"]["L"])
        if "visibility" in stored:
            known["visibility"] = stored["visibility"]["S"]
        return cls(
            owner=stored["owner"]["S"],
            asset_id=stored["sk"]["S"].removeprefix(SORT_KEY_PREFIX),
            size_bytes=int(stored["size_bytes"]["N"]),
            source=as_source(stored["source"]["S"]),
            content_credentials=as_content_credentials(stored.get("content_credentials", {}).get("S")),
            **known,
        )

    def to_item(self) -> "dict[str, AttributeValueTypeDef]":
        """The item of this asset."""
        texts = {name: getattr(self, name) for name in _TEXTS + _OPTIONAL_TEXTS} | {
            "owner": self.owner,
            "sk": SORT_KEY_PREFIX + self.asset_id,
            "source": self.source,
            "content_credentials": self.content_credentials if self.content_credentials != "none" else None,
            "visibility": self.visibility if self.visibility != "public" else None,
        }
        numbers = {name: getattr(self, name) for name in ("size_bytes", *_OPTIONAL_INTEGERS, *_OPTIONAL_DECIMALS)}
        item: dict[str, AttributeValueTypeDef] = {
            **{name: {"S": text} for name, text in texts.items() if text is not None},
            **{name: {"N": str(number)} for name, number in numbers.items() if number is not None},
        }
        if self.tags:
            item["tags"] = {"L": [{"S": tag} for tag in self.tags]}
        return item


def key(owner: str, sort_key: str) -> "dict[str, AttributeValueTypeDef]":
    """The key of an item in the table of assets."""
    return {"owner": {"S": owner}, "sk": {"S": sort_key}}
