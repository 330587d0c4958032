"""Removal of personal metadata, without touching the pixels: everything that is kept stays byte-identical.

`plan` decides what to keep, `rewriting.pieces_size` computes its length, and `rewriting.apply` yields its bytes. Each
format has a module that lists what to keep; everything else is removed. docs/adr/0002-metadata-removal.md explains why
this is our own code.
"""

from collections.abc import Iterator
from typing import NamedTuple

from asset_api.media import file_types
from asset_api.media.content_credentials import ContentCredentials, Manifest
from asset_api.media.file_types import MediaType
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.rewriting import Edit, Piece, pieces_after_edits

# Far more than real files need; most are videos' stretches of timed metadata between pictures and sound.
_EDITS_OF_ANY_FILE = 10_000
_BYTES_PER_EDIT = 4096
_MAX_EDITS = 100_000


class RemovalPlan(NamedTuple):
    """The `pieces` of a file to publish; None if the whole file is published unchanged."""

    pieces: tuple[Piece, ...] | None
    content_credentials: ContentCredentials


def plan(file: Reader, media_type: MediaType) -> RemovalPlan:
    """Decide which parts of a file to publish.

    Raises `MalformedFile` for an image that cannot be parsed to its end, because the rest could contain anything. The
    exception is a JPEG that is truncated within its scans: such files are common and can be viewed.
    """
    edits: list[Edit] = []
    manifests: list[Manifest] = []
    most = min(_EDITS_OF_ANY_FILE + file.size // _BYTES_PER_EDIT, _MAX_EDITS)
    for edit in _edits(file, media_type):
        edits.append(edit)
        if edit.manifest is not None and edit.manifest not in manifests[-1:]:
            manifests.append(edit.manifest)
        if len(edits) > most:
            raise MalformedFile("metadata is scattered over too many places")
    if _may_stay(edits, manifests):
        return RemovalPlan(None, "kept" if manifests else "none")
    return RemovalPlan(pieces_after_edits(edits, file.size), "removed" if manifests else "none")


def inspect_unchanged_file(file: Reader, media_type: MediaType) -> RemovalPlan:
    """Report on a file that is published unchanged: a model generated it, or removal is turned off.

    Accepts any file. Looks for an image's manifest only in its first `HEAD_BYTES`, so that most files are read no
    further. Videos are followed to their end, and so is WebP, whose chunk headers lead to a manifest.
    """
    is_followed = media_type.kind == "video" or media_type is file_types.WEBP
    seen = file if is_followed else Reader(file.source, min(file.size, file_types.HEAD_BYTES))
    try:
        has_manifest = any(edit.manifest for edit in _edits(seen, media_type))
    except MalformedFile:
        has_manifest = False
    return RemovalPlan(None, "kept" if has_manifest else "none")


def _may_stay(edits: list[Edit], manifests: list[Manifest]) -> bool:
    """Tell whether the edits remove nothing, or only one manifest, without personal metadata."""
    if not edits:
        return True
    return len(manifests) == 1 and not manifests[0].is_personal and all(edit.manifest for edit in edits)


def _edits(file: Reader, media_type: MediaType) -> Iterator[Edit]:
    # Import only the format at hand: an upload's cold start does not pay for the others.
    match media_type:
        case file_types.JPEG:
            from asset_api.media import jpeg

            return jpeg.edits(file)
        case file_types.PNG:
            from asset_api.media import png

            return png.edits(file)
        case file_types.WEBP:
            from asset_api.media import webp

            return webp.edits(file)
        case file_types.GIF:
            from asset_api.media import gif

            return gif.edits(file)
    from asset_api.media import video

    return video.edits(file)
