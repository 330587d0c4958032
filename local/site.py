"""The web page's files in the site bucket, under the paths that browsers request.

The page imports the JavaScript client from `client/`. Scripts are published without their comments and indentation.
"""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from local.fingerprint import source_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The published directories, and the path below which each appears.
DIRECTORIES: Mapping[str, str] = {"web": "", "clients/js/src": "client/"}

# Explicit, because the system's own table differs between machines.
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

# JSDoc blocks and comments that have lines of their own. Anything shorter may be part of a string.
_COMMENT_LINES = re.compile(rb"^[ \t]*(?:/\*\*.*?\*/[ \t]*|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)


def content_type_of(path: Path) -> str:
    known = _CONTENT_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def files(root: Path) -> dict[str, Path]:
    """Map object keys to the site's files in the checkout at `root`."""
    return {
        prefix + path.relative_to(root / directory).as_posix(): path
        for directory, prefix in DIRECTORIES.items()
        for path in source_files(root / directory, ["."])
    }


def published(path: Path) -> bytes:
    """Return the bytes that browsers get: scripts without comments and indentation, which are a third of their size."""
    content = path.read_bytes()
    return _INDENTATION.sub(b"", _COMMENT_LINES.sub(b"", content)) if path.suffix == ".js" else content


def sync(s3: "S3Client", bucket: str, root: Path) -> int:
    """Make the bucket hold exactly the site's files, and return the number of files put or deleted."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    present = {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}
    changes = 0
    for key, path in files(root).items():
        content = published(path)
        # A one-part object's ETag is its MD5.
        if present.pop(key, None) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            s3.put_object(
                Bucket=bucket, Key=key, Body=content, ContentType=content_type_of(path), CacheControl="no-cache"
            )
            changes += 1
    for key in present:
        s3.delete_object(Bucket=bucket, Key=key)
    return changes + len(present)
