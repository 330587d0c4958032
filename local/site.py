"""The web page's files in the site bucket, under the paths at which browsers ask for them.

The page imports the JavaScript client as it is published, from `client/`.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from local.fingerprint import source_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What is published, and below which path.
DIRECTORIES: Mapping[str, str] = {"web": "", "clients/js/src": "client/"}

# Not left to the machine's own table, which differs from one system to the next.
_CONTENT_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


def content_type_of(path: Path) -> str:
    known = _CONTENT_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def files(root: Path) -> dict[str, Path]:
    """The site's files by the keys they get, `root` being the checkout's."""
    return {
        prefix + path.relative_to(root / directory).as_posix(): path
        for directory, prefix in DIRECTORIES.items()
        for path in source_files(root / directory, ["."])
    }


def sync(s3: "S3Client", bucket: str, root: Path) -> int:
    """Makes the bucket hold exactly the site's files; the number of files put or deleted."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    present = {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}
    changes = 0
    for key, path in files(root).items():
        content = path.read_bytes()
        # A one-part object's ETag is its MD5.
        if present.pop(key, None) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            s3.put_object(
                Bucket=bucket, Key=key, Body=content, ContentType=content_type_of(path), CacheControl="no-cache"
            )
            changes += 1
    for key in present:
        s3.delete_object(Bucket=bucket, Key=key)
    return changes + len(present)
