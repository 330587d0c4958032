"""Examination of an uploaded file before its bytes are public: every step that may fail because of its content."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from asset_api.media import file_types, inspection, metadata_removal
from asset_api.media.file_types import MediaType
from asset_api.media.metadata_removal import RemovalPlan
from asset_api.media.reader import MalformedFile, Reader, UnreasonableFile
from asset_api.media.rewriting import Piece
from asset_api.platform import errors
from asset_api.publishing.arrivals import Arrival
from asset_api.publishing.assets_bucket import Facts
from asset_api.publishing.incoming_bucket import ArrivedFile, IncomingBucket

if TYPE_CHECKING:
    from asset_api.publishing.large.publication import LargeFiles


class ExaminedFile(NamedTuple):
    """An arrival that may become public; `pieces` is None if it is copied unchanged."""

    pieces: tuple[Piece, ...] | None
    facts: Facts
    size_bytes: int
    """The size of the uploaded file; removing metadata hardly ever makes it larger."""


def examine(
    arrival: Arrival,
    incoming: IncomingBucket,
    *,
    large_files: "LargeFiles | None",
    max_bytes: int,
    removes_personal_metadata: bool,
    clock: Callable[[], datetime],
) -> ExaminedFile:
    """Inspect an arrival, verify its checksum and plan the removal of its metadata.

    Raises the 400s, and ArrivalGoneError.
    """
    declared = arrival.upload.media_type
    file = Reader(ArrivedFile(incoming, arrival), arrival.size_bytes)
    width, height = inspection.inspect(file, declared, max_bytes) or (None, None)
    _verify_sha256(arrival, incoming, large_files)
    # Before removal, which reads far more: the index that inspection has read is still in the reader's window.
    of_video = _video_facts(file) if declared.kind == "video" else {}
    removal = _plan_removal(file, declared, removes_personal_metadata=removes_personal_metadata)
    facts = Facts(width, height, removal.content_credentials, _expiry(arrival, clock), **of_video)
    return ExaminedFile(removal.pieces, facts, arrival.size_bytes)


def _expiry(arrival: Arrival, clock: Callable[[], datetime]) -> int | None:
    """Compute the expiry in Unix seconds, counted from now.

    The process that makes the bytes public stores it with them, so that later attempts use the same one.
    """
    expires_in = arrival.upload.options.expires_in
    return None if expires_in is None else int(clock().timestamp()) + expires_in


def _verify_sha256(arrival: Arrival, incoming: IncomingBucket, large_files: "LargeFiles | None") -> None:
    """Verify the declared checksum, against the one that S3 computed (as on AWS) or by reading the file."""
    declared = arrival.upload.sha256
    if declared is None:
        return
    actual = arrival.verified_sha256 or incoming.stored_sha256(arrival)
    if actual is None and large_files:
        actual = large_files.sha256(arrival)
    if actual is None:
        digest = hashlib.sha256()
        for chunk in ArrivedFile(incoming, arrival).chunks():
            digest.update(chunk)
        actual = digest.hexdigest()
    if actual != declared:
        raise errors.checksum_mismatch()


def _plan_removal(file: Reader, media_type: MediaType, *, removes_personal_metadata: bool) -> RemovalPlan:
    try:
        if removes_personal_metadata:
            return metadata_removal.plan(file, media_type)
        return metadata_removal.inspect_unchanged_file(file, media_type)
    except UnreasonableFile as error:
        raise errors.invalid_file_type(str(error), file_types.SUPPORTED_EXTENSIONS) from error
    except MalformedFile as error:
        why = f"the bytes are not a whole {media_type.mime}"
        raise errors.invalid_file_type(why, file_types.SUPPORTED_EXTENSIONS) from error


def _video_facts(file: Reader) -> dict[str, Any]:
    # Imported late, because most uploads are images and would pay for it at a cold start.
    from asset_api.media import video_facts

    return video_facts.read(file)._asdict()
