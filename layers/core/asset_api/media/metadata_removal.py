"""Removes personal metadata from a file without touching the pixels: what is kept stays the same to the byte.

`plan` says what to keep; `rewriting.pieces_size` how long that is, `rewriting.apply` yields it. Each format has its
module, with a list of what is kept; all else goes. Why this is our own code: docs/adr/0002-metadata-removal.md.
"""

from collections.abc import Iterator
from typing import NamedTuple

from asset_api.media import file_types
from asset_api.media.content_credentials import ContentCredentials, Manifest
from asset_api.media.file_types import MediaType
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.rewriting import Edit, Piece, after_edits

# Far more than any real file needs: a video has one for each stretch of timed metadata between pictures and sound.
_EDITS_OF_ANY_FILE = 10_000
_BYTES_PER_EDIT = 4096
_MAX_EDITS = 100_000


class Removal(NamedTuple):
    """The `pieces` to publish of a file; None where all of it is published as it was sent."""

    pieces: tuple[Piece, ...] | None
    content_credentials: ContentCredentials


def plan(file: Reader, media_type: MediaType) -> Removal:
    """Decide what to publish of a file.

    Raises `MalformedFile` for an image that cannot be followed to its end, since what was not followed could hold
    anything; only a JPEG cut off within its scans is followed to where it stops: such files are common and can be
    viewed.
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
        return Removal(None, "kept" if manifests else "none")
    return Removal(after_edits(edits, file.size), "removed" if manifests else "none")


def inspect_untouched(file: Reader, media_type: MediaType) -> Removal:
    """Report on a file that is published as it is: one that a model generated, or where nothing may be removed.

    Takes any file. Looks for an image's manifest in its head, or else where a WebP's chunk headers lead, so that most
    files are not read any further.
    """
    is_followed = media_type.kind == "video" or media_type is file_types.WEBP
    seen = file if is_followed else Reader(file.source, min(file.size, file_types.HEAD_BYTES))
    try:
        has_manifest = any(edit.manifest for edit in _edits(seen, media_type))
    except MalformedFile:
        has_manifest = False
    return Removal(None, "kept" if has_manifest else "none")


def _may_stay(edits: list[Edit], manifests: list[Manifest]) -> bool:
    """Tell whether all that could be removed is one manifest, which is no personal metadata itself."""
    if not edits:
        return True
    return len(manifests) == 1 and not manifests[0].is_personal and all(edit.manifest for edit in edits)


def _edits(file: Reader, media_type: MediaType) -> Iterator[Edit]:
    # Imported for the one format that is needed: the upload's cold start pays for none of the others.
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
