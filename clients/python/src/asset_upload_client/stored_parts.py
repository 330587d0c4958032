"""Comparison of the parts that S3 has with the local file, by MD5."""

import functools
import hashlib
import re

from asset_upload_client import sources
from asset_upload_client.exchanges import Api
from asset_upload_client.local_files import LocalFile
from asset_upload_client.references import upload_path
from asset_upload_client.response_types import StoredPartsResponse, UploadInPartsResponse
from asset_upload_client.steps import Steps, Work

Stored = dict[int, str] | None
"""The MD5s of the parts that S3 has, by number; None if they have been assembled already."""

_PIECE_BYTES = 1024 * 1024
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


def matching(api: Api, file: LocalFile, started: UploadInPartsResponse) -> Steps[Stored]:
    """Return the parts that S3 has with the file's bytes.

    The upload of an idempotency key may be that of another file with the same name and size, such as an older version.
    """
    present = yield from arrived(api, started)
    if present is None:
        return None
    found = dict[int, str]()
    for number, md5 in present.items():
        if md5 == (yield Work(functools.partial(_md5, file, number, started["upload"]["part_size"]))):
            found[number] = md5
    return found


def arrived(api: Api, started: UploadInPartsResponse) -> Steps[Stored]:
    """Return the parts that S3 has, whatever their bytes."""
    path, params = upload_path(started["asset_id"]), {"upload_id": started["upload"]["id"]}
    response: StoredPartsResponse = yield from api.request("GET", path, StoredPartsResponse, params=params)
    if response.get("status") == "completed":
        return None
    found = ((part["part_number"], md5_in(part["etag"])) for part in response["parts"])
    return {number: md5 for number, md5 in found if md5}


def md5_in(etag: str) -> str | None:
    """Return the MD5 in a part's ETag; None if the ETag is not an MD5."""
    found = _MD5.fullmatch(etag)
    return found[1] if found else None


def _md5(file: LocalFile, number: int, part_size: int) -> str:
    """Return the MD5 of a part of the local file."""
    digest = hashlib.md5(usedforsecurity=False)
    left = part_size
    try:
        with file.content.open() as opened:
            opened.seek((number - 1) * part_size)
            while left and (piece := opened.read(min(left, _PIECE_BYTES))):
                digest.update(piece)
                left -= len(piece)
    except OSError as error:
        raise sources.not_readable(file.content, error) from error
    return digest.hexdigest()
