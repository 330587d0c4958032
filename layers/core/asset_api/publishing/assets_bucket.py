"""The bucket behind CloudFront: only published bytes and their renditions, under the key of their visibility.

IAM: s3:PutObject, GetObject and DeleteObject on `api/v2/assets/*`; s3:ListBucket, to find renditions and
because a missing key is a 403 without it.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NotRequired, TypedDict

from botocore.exceptions import ClientError

from asset_api.assets import filenames
from asset_api.assets.asset import VISIBILITIES, Visibility, as_content_credentials
from asset_api.assets.public_urls import object_key
from asset_api.media import file_types
from asset_api.media.content_credentials import ContentCredentials
from asset_api.platform import aws_errors
from asset_api.publishing.arrivals import Upload
from asset_api.publishing.incoming_bucket import full_sha256

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, ObjectIdentifierTypeDef

_YEAR_SECONDS = 31536000
# Another publication came first, or the source of the copy is gone.
_REFUSED = aws_errors.PRECONDITION_FAILED | aws_errors.WRITE_CONFLICT | aws_errors.NOT_FOUND
_CREDENTIALS = "content-credentials"
# The CDN lifetime of an expiring asset, if the deployment invalidates nothing.
_EXPIRING_CDN_SECONDS = 30
_INTEGERS, _DECIMALS = ("width", "height", "expiry"), ("duration_seconds", "frames_per_second")
_CODECS = ("video_codec", "audio_codec")
_DECIMAL = re.compile(r"\d{1,10}(\.\d{1,3})?", re.ASCII)


class NotStoredError(Exception):
    """Nothing was stored: there are published bytes already, or the source of the copy is gone."""


class Facts(NamedTuple):
    """Properties found before a file becomes public, stored with its bytes so that any later attempt can list it."""

    width: int | None = None
    height: int | None = None
    content_credentials: ContentCredentials = "none"
    expiry: int | None = None
    duration_seconds: float | None = None
    frames_per_second: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None

    def to_metadata(self) -> dict[str, str]:
        """Convert the facts to S3 user metadata, which CloudFront serves. It reveals nothing that the file does not."""
        facts = {name: getattr(self, name) for name in (*_INTEGERS, *_DECIMALS, *_CODECS)}
        texts = {_header(name): str(fact) for name, fact in facts.items() if fact is not None}
        return texts | ({_CREDENTIALS: self.content_credentials} if self.content_credentials != "none" else {})

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "Facts":
        stored = {name: metadata.get(_header(name), "") for name in (*_INTEGERS, *_DECIMALS, *_CODECS)}
        known: dict[str, Any] = {name: int(stored[name]) for name in _INTEGERS if stored[name].isdecimal()}
        known |= {name: float(stored[name]) for name in _DECIMALS if _DECIMAL.fullmatch(stored[name])}
        known |= {name: stored[name] for name in _CODECS if stored[name]}
        return cls(**known, content_credentials=as_content_credentials(metadata.get(_CREDENTIALS)))


def _header(name: str) -> str:
    return name.replace("_", "-")


class PublishedFile(NamedTuple):
    """The published bytes of an asset; `sha256` (hex) if S3 or this API computed it."""

    media_type: file_types.MediaType
    size_bytes: int
    sha256: str | None
    facts: Facts


class ServedHeaders(TypedDict):
    ContentType: str
    ContentDisposition: str
    CacheControl: NotRequired[str]
    Expires: NotRequired[datetime]


@dataclass(frozen=True, slots=True)
class AssetsBucket:
    s3: "S3Client"
    name: str
    cdn_lifetime_seconds: int

    def copy(self, upload: Upload, source: "CopySourceTypeDef", *, facts: Facts) -> str | None:
        """Publish an object unchanged; return its SHA-256 (hex) if S3 computed it. Raises NotStoredError. One call."""
        try:
            copied = self.s3.copy_object(
                Bucket=self.name,
                Key=object_key(upload.asset_id, upload.options.visibility),
                CopySource=source,
                # The first publication wins. The emulator ignores this, so locally only the catalog is checked before.
                IfNoneMatch="*",
                MetadataDirective="REPLACE",
                Metadata=facts.to_metadata(),
                ChecksumAlgorithm="SHA256",
                **self.headers_of(upload, facts),
            )
        except ClientError as error:
            raise not_stored(error) from error
        checksum = copied["CopyObjectResult"].get("ChecksumSHA256")
        return base64.b64decode(checksum).hex() if checksum else None

    def write(self, upload: Upload, file: BinaryIO, *, sha256: str, facts: Facts) -> None:
        """Publish the bytes of a seekable file; `sha256` is theirs, in hex. Raises NotStoredError. One call."""
        try:
            self.s3.put_object(
                Bucket=self.name,
                Key=object_key(upload.asset_id, upload.options.visibility),
                Body=file,
                IfNoneMatch="*",
                Metadata=facts.to_metadata(),
                # Stored with the bytes, so that any later attempt can list them.
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                **self.headers_of(upload, facts),
            )
        except ClientError as error:
            raise not_stored(error) from error

    def find(self, asset_id: str, visibility: Visibility = "public") -> PublishedFile | None:
        """Describe the published bytes of this id without reading them; None if there are none. One call."""
        object_name = object_key(asset_id, visibility)
        try:
            found = self.s3.head_object(Bucket=self.name, Key=object_name, ChecksumMode="ENABLED")
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return None
            raise
        media_type = file_types.from_mime(found["ContentType"])
        if media_type is None:
            raise ValueError(f"an asset is stored with the unsupported type {found['ContentType']}")
        sha256 = full_sha256(found) or found["Metadata"].get("sha256")
        return PublishedFile(media_type, found["ContentLength"], sha256, Facts.from_metadata(found["Metadata"]))

    def copy_source(self, asset_id: str, visibility: Visibility = "public") -> "CopySourceTypeDef":
        """Name the published bytes as the source of a copy."""
        return {"Bucket": self.name, "Key": object_key(asset_id, visibility)}

    def has(self, asset_id: str, visibility: Visibility = "public") -> bool:
        """Tell whether this id has published bytes of this visibility. One call."""
        return self.find(asset_id, visibility) is not None

    def remove_originals(self, asset_ids: Sequence[str]) -> None:
        """Remove the published bytes of up to 500 assets, without their renditions. One call.

        Raises ClientError if some are left.
        """
        self.remove_keys(original_keys(asset_ids))

    def remove(self, asset_id: str) -> None:
        """Remove the published bytes, if there are any, then their renditions. Two calls; three if there are any.

        In that order: the maker of a rendition stores it, then checks for the original, and removes it if that is gone.
        """
        self.remove_originals([asset_id])
        self.remove_keys(self._keys(f"{object_key(asset_id)}/"))

    def stored_keys(self, asset_id: str) -> list[str]:
        """Return the keys of all objects of this id. One call."""
        return self._keys(object_key(asset_id))

    def remove_renditions(self, asset_id: str, visibility: Visibility) -> bool:
        """Remove the renditions of the bytes with this visibility; return False if there are none. One call or two."""
        keys = self._keys(f"{object_key(asset_id, visibility)}/")
        if visibility == "public":
            # The private bytes and their renditions are below the public key.
            private = object_key(asset_id, "private")
            keys = [each for each in keys if each != private and not each.startswith(f"{private}/")]
        self.remove_keys(keys)
        return bool(keys)

    def _keys(self, prefix: str) -> list[str]:
        # One page is enough: there are fewer renditions than the thousand keys that S3 lists and removes at once.
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", ())]

    def remove_keys(self, keys: Sequence[str]) -> None:
        """Remove these keys. One call, none without keys. Raises ClientError if some are left."""
        if not keys:
            return
        objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
        removed = self.s3.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        if errors := removed.get("Errors"):
            # The response is a 200 even if some keys failed.
            raise ClientError({"Error": {"Code": errors[0].get("Code", ""), "Message": keys[0]}}, "DeleteObjects")

    def headers_of(self, upload: Upload, facts: Facts) -> ServedHeaders:
        """Return the headers of a published upload."""
        return self.headers(upload.media_type.mime, upload.filename, facts.expiry, upload.options.visibility)

    def headers(self, mime: str, filename: str, expiry: int | None, visibility: Visibility = "public") -> ServedHeaders:
        """Return the headers that S3 stores with the bytes and CloudFront serves.

        Private bytes have no Cache-Control. CloudFront then caches them for the policy's DefaultTTL, and viewers get
        the header of AssetsHeadersPolicy. A header that forbids shared caches would also forbid CloudFront to cache.
        """
        headers: ServedHeaders = {
            "ContentType": mime,
            "ContentDisposition": filenames.content_disposition(filename),
        }
        if visibility == "public":
            headers["CacheControl"] = cache_control(expiry, self.cdn_lifetime_seconds)
        if expiry is not None:
            headers["Expires"] = datetime.fromtimestamp(expiry, UTC)
        return headers


def original_keys(asset_ids: Iterable[str]) -> list[str]:
    """Return both keys of each asset: a change of visibility may have crashed half-way."""
    return [object_key(asset_id, each) for asset_id in asset_ids for each in VISIBILITIES]


def cache_control(expiry: int | None, cdn_lifetime_seconds: int) -> str:
    """Return the Cache-Control: a year, or until the date in `Expires`, because a max-age counts from each response."""
    is_short = cdn_lifetime_seconds < _YEAR_SECONDS
    if expiry is None:
        header = f"public, max-age={_YEAR_SECONDS}, immutable"
        return header + (f", s-maxage={cdn_lifetime_seconds}" if is_short else "")
    return "public, must-revalidate" + (f", s-maxage={_EXPIRING_CDN_SECONDS}" if is_short else "")


def not_stored(error: ClientError) -> Exception:
    """Return NotStoredError if S3's error means that, otherwise the error itself."""
    return NotStoredError() if aws_errors.code(error) in _REFUSED else error
