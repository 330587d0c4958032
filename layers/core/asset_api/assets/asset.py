"""A published file, its options, and its items in the table of assets: its own, and an index item per tag.

owner = <sub>   sk = asset#<asset id>               the fields of an `Asset`, search_name, counted (see `usage`);
                                                    if it expires: in_flight, check_at, for the index InFlight
owner = <sub>   sk = tag#<tag>#asset#<asset id>     the same fields, so that a page by tag costs the same as any page
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from asset_api.assets import asset_ids

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.media.content_credentials import ContentCredentials

Source = Literal["upload", "generation", "import"]
Visibility = Literal["public", "private"]
VISIBILITIES: tuple[Visibility, Visibility] = ("public", "private")
Item = Mapping[str, "AttributeValueTypeDef"]

SORT_KEY_PREFIX = "asset#"
TAG_PREFIX = "tag#"
# Partitions of the index InFlight: enough for thousands of expiring assets a second, few enough to query each minute.
EXPIRY_SHARDS = tuple(f"expiry#{shard}" for shard in range(4))
_INDEX_KEYS = ("in_flight", "check_at")

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


class Options(NamedTuple):
    """A client's options for an asset, the same in every kind of request. `tags` are in Unicode normal form C."""

    expires_in: int | None = None
    """Seconds, counted from publication."""
    tags: tuple[str, ...] = ()
    visibility: Visibility = "public"

    @classmethod
    def pop_from(cls, fields: dict[str, Any]) -> "Options":
        """Remove the options from a request's fields and parse them. Raises the 422 for an invalid one."""
        sent = {name: fields.pop(name) for name in cls._fields if fields.get(name) is not None}
        if not sent:
            return NO_OPTIONS
        # Imported late, because most requests have none.
        from asset_api.assets import option_rules

        return option_rules.parse(sent)

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """Return the options' part of an idempotent request's fingerprint; empty without options."""
        return () if self == NO_OPTIONS else (f"{self.expires_in} {self.visibility}", *self.tags)


NO_OPTIONS = Options()


def as_content_credentials(text: str | None) -> "ContentCredentials":
    """Convert the stored value; "none" if nothing was stored."""
    match text:
        case "kept" | "removed":
            return text
    return "none"


def as_source(text: str) -> Source:
    """Convert the stored value; "upload" for an unknown one."""
    match text:
        case "generation" | "import":
            return text
    return "upload"


# A list parses fifty items and more, so each stored attribute is visited once, and absent ones not at all.
_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys((*_TEXTS, *_OPTIONAL_TEXTS, "visibility"), itemgetter("S")),
    **dict.fromkeys(("size_bytes", *_OPTIONAL_INTEGERS), lambda value: int(value["N"])),
    **dict.fromkeys(_OPTIONAL_DECIMALS, lambda value: float(value["N"])),
    "source": lambda value: as_source(value["S"]),
    "content_credentials": lambda value: as_content_credentials(value["S"]),
    "tags": lambda value: tuple(tag["S"] for tag in value["L"]),
}


class Asset(NamedTuple):
    """A published file. `size_bytes` and `sha256` (hex) are those of the published bytes.

    Items omit fields that have their default values.
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
    """The URL that an imported file came from."""
    tags: tuple[str, ...] = ()
    """Normalized to Unicode form C."""
    expiry: int | None = None
    """Unix seconds. Not named `expires_at`, because DynamoDB's TTL deletes items by that attribute."""
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
        """The time at which its id was minted, which orders lists."""
        return asset_ids.issued_at(self.asset_id)

    def is_expired(self, now: datetime) -> bool:
        """Tell whether it has expired and must no longer be shown."""
        return self.expiry is not None and self.expiry <= now.timestamp()

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Parse an item that `to_item` or `to_tag_items` wrote, in this or an earlier release."""
        known: dict[str, Any] = {}
        for name, value in item.items():
            read = _READERS.get(name)
            if read is not None:
                known[name] = read(value)
        return cls(owner=item["owner"]["S"], asset_id=asset_id_of(item["sk"]["S"]), **known)

    def to_item(self) -> "dict[str, AttributeValueTypeDef]":
        """Return the asset's item."""
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
        item["search_name"] = {"S": searchable(self.filename)}
        if self.tags:
            item["tags"] = {"L": [{"S": tag} for tag in self.tags]}
        if self.expiry is not None:
            item["in_flight"] = {"S": shard(EXPIRY_SHARDS, self.asset_id)}
            item["check_at"] = {"N": str(self.expiry)}
        return item

    def to_tag_items(self) -> "list[dict[str, AttributeValueTypeDef]]":
        """Return the index item of each tag."""
        item = {name: value for name, value in self.to_item().items() if name not in _INDEX_KEYS}
        return [{**item, "sk": {"S": tag_prefix(tag) + self.asset_id}} for tag in self.tags]


def searchable(text: str) -> str:
    """Convert a name for comparison: case-folded, and the same for every Unicode normal form.

    NFKC_Casefold except for ignorable code points: section 3.13 of the Unicode standard.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold()).casefold()


def tag_prefix(tag: str) -> str:
    """Return the prefix of a tag's index items, up to the asset id. No tag contains the separator."""
    return f"{TAG_PREFIX}{tag}#{SORT_KEY_PREFIX}"


def asset_id_of(sort_key: str) -> str:
    """Return the asset id at the end of the sort key of an asset, a tag or a tombstone."""
    return sort_key.rpartition("#")[2]


def shard(shards: tuple[str, ...], asset_id: str) -> str:
    """Choose the index partition for this asset. The last digits of an id are a keyed hash, evenly distributed."""
    return shards[int(asset_id[-1], 16) % len(shards)]


def key(owner: str, sort_key: str) -> "dict[str, AttributeValueTypeDef]":
    """Return the key of an item in the table of assets."""
    return {"owner": {"S": owner}, "sk": {"S": sort_key}}
