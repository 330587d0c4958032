"""A published file, its options, and its items in the table of assets: its own, and an index item for each tag.

owner = <sub>   sk = asset#<asset id>               the fields of an `Asset`, search_name, counted (see `usage`);
                                                    if it expires: in_flight, check_at, for the index InFlight
owner = <sub>   sk = tag#<tag>#asset#<asset id>     the same fields, so that a page of a tag costs what a page costs
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
# Partitions of the index InFlight: enough for thousands of expiring assets a second, few enough to ask each minute.
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
    """A client's choices for an asset, the same on every way in. `tags` are in Unicode normal form C."""

    expires_in: int | None = None
    """Seconds from its publication on."""
    tags: tuple[str, ...] = ()
    visibility: Visibility = "public"

    @classmethod
    def of_request(cls, fields: dict[str, Any]) -> "Options":
        """Take the options out of a request's fields. Raises the 422 that names an invalid one."""
        sent = {name: fields.pop(name) for name in cls._fields if fields.get(name) is not None}
        if not sent:
            return NO_OPTIONS
        # Imported here, as most requests have none.
        from asset_api.assets import option_rules

        return option_rules.parse(sent)

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """The options' part of an idempotent request's fingerprint; empty without options."""
        return () if self == NO_OPTIONS else (f"{self.expires_in} {self.visibility}", *self.tags)


NO_OPTIONS = Options()


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


# A list reads fifty items: one look at each attribute, none at those that an item lacks.
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
    """Normalized to Unicode form C."""
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

    def is_gone(self, now: datetime) -> bool:
        """Tell whether it has expired: nobody is shown it from that second on."""
        return self.expiry is not None and self.expiry <= now.timestamp()

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item that `to_item` or `to_tag_items` made, now or in an earlier release."""
        known: dict[str, Any] = {}
        for name, value in item.items():
            read = _READERS.get(name)
            if read is not None:
                known[name] = read(value)
        return cls(owner=item["owner"]["S"], asset_id=asset_id_of(item["sk"]["S"]), **known)

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
        item["search_name"] = {"S": searchable(self.filename)}
        if self.tags:
            item["tags"] = {"L": [{"S": tag} for tag in self.tags]}
        if self.expiry is not None:
            item["in_flight"] = {"S": shard(EXPIRY_SHARDS, self.asset_id)}
            item["check_at"] = {"N": str(self.expiry)}
        return item

    def to_tag_items(self) -> "list[dict[str, AttributeValueTypeDef]]":
        """The index item of each tag."""
        item = {name: value for name, value in self.to_item().items() if name not in _INDEX_KEYS}
        return [{**item, "sk": {"S": tag_prefix(tag) + self.asset_id}} for tag in self.tags]


def searchable(text: str) -> str:
    """The form in which names are compared: without case, and the same for every normal form of Unicode.

    NFKC_Casefold but for ignorable code points: section 3.13 of the Unicode standard.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold()).casefold()


def tag_prefix(tag: str) -> str:
    """The sort keys of a tag's index items, up to the asset id. No tag contains the separator."""
    return f"{TAG_PREFIX}{tag}#{SORT_KEY_PREFIX}"


def asset_id_of(sort_key: str) -> str:
    """The asset id that ends the sort key of an asset, a tag or a tombstone."""
    return sort_key.rpartition("#")[2]


def shard(shards: tuple[str, ...], asset_id: str) -> str:
    """The partition of an index for this asset. The last digits of an id are a keyed hash: they spread evenly."""
    return shards[int(asset_id[-1], 16) % len(shards)]


def key(owner: str, sort_key: str) -> "dict[str, AttributeValueTypeDef]":
    """The key of an item in the table of assets."""
    return {"owner": {"S": owner}, "sk": {"S": sort_key}}
