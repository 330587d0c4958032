"""Metadata in WebPs: the chunks that do not affect the picture (RFC 9649, section 2.7), also in animation frames."""

from collections.abc import Iterator
from typing import NamedTuple

from asset_api.media import exif_orientation, icc_profiles
from asset_api.media.content_credentials import Manifest
from asset_api.media.reader import MIB, MalformedFile, Reader
from asset_api.media.rewriting import Edit, cut_trailer

_HEADER, _FLAGS, _FRAME, _EXIF, _MANIFEST, _PROFILE = 12, b"VP8X", b"ANMF", b"EXIF", b"C2PA", b"ICCP"
_KEPT = frozenset((_FLAGS, b"VP8 ", b"VP8L", b"ALPH", b"ANIM", _FRAME, _PROFILE))
_KEPT_IN_FRAME = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
# A frame's position, size, duration and flags come before its chunks.
_FRAME_FIELDS = 16
_PROFILE_FLAG, _EXIF_FLAG, _XMP_FLAG = 0x20, 0x08, 0x04


class _Chunk(NamedTuple):
    """A chunk's type, and the offsets of the chunk, of its data, of the data's end, and of the next chunk."""

    kind: bytes
    start: int
    data: int
    data_end: int
    end: int


def edits(file: Reader) -> Iterator[Edit]:
    """Yield the edits that remove chunks and everything after the last, and that correct flags and sizes.

    Raises `MalformedFile` if a chunk is incomplete.
    """
    header = file.read(0, _HEADER)
    riff_size = int.from_bytes(header[4:8], "little")
    if header[:4] != b"RIFF" or header[8:] != b"WEBP" or not 4 < riff_size <= file.size - 8:
        raise MalformedFile("the WebP header is malformed, or the file is shorter than it states")
    picture = _Picture(file)
    for chunk in _chunks(file, _HEADER, riff_size + 8):
        yield from picture.edits(chunk)
    yield from picture.corrections(riff_size)
    yield from cut_trailer(file, riff_size + 8)


class _Picture:
    """Edits for each chunk of one file, in order, and the corrections that these require."""

    def __init__(self, file: Reader) -> None:
        self._file = file
        self._flags_at: int | None = None
        self._exif_seen = self._exif_stays = self._profile_is_removed = self._is_changed = False
        self._manifest: Manifest | None = None
        self._removed = 0

    def edits(self, chunk: _Chunk) -> Iterator[Edit]:
        if chunk.kind == _FLAGS and chunk.data < chunk.data_end:
            self._flags_at = chunk.data
        if chunk.kind == _EXIF and not self._exif_seen:
            self._exif_seen = True
            yield from self._exif(chunk)
        elif chunk.kind == _MANIFEST:
            self._manifest = _manifest(self._file, chunk)
            self._removed += chunk.end - chunk.start
            yield Edit(chunk.start, chunk.end, manifest=self._manifest)
        elif chunk.kind == _FRAME:
            yield from self._frame(chunk)
        elif chunk.kind == _PROFILE and not self._is_profile(chunk):
            self._profile_is_removed = True
            yield self._without(chunk)
        elif chunk.kind not in _KEPT:
            yield self._without(chunk)

    def corrections(self, riff_size: int) -> Iterator[Edit]:
        """Yield the edits of the file's header and the extended picture's flags that these edits require."""
        if self._is_changed and self._flags_at is not None:
            cleared = _XMP_FLAG if self._exif_stays else _XMP_FLAG | _EXIF_FLAG
            if self._profile_is_removed:
                cleared |= _PROFILE_FLAG
            flags = self._file.read(self._flags_at, 1)[0]
            if flags & cleared:
                yield Edit(self._flags_at, self._flags_at + 1, bytes((flags & ~cleared,)))
        if self._removed:
            manifest = None if self._is_changed else self._manifest
            yield Edit(4, 8, (riff_size - self._removed).to_bytes(4, "little"), manifest)

    def _is_profile(self, chunk: _Chunk) -> bool:
        length = chunk.data_end - chunk.data
        return icc_profiles.is_profile(
            self._file.read_up_to(chunk.data, min(length, icc_profiles.ENOUGH_BYTES)), length
        )

    def _exif(self, chunk: _Chunk) -> Iterator[Edit]:
        tiff = exif_orientation.replacement(self._file, chunk.data, chunk.data_end)
        self._exif_stays = tiff != b""
        if tiff is not None:
            yield self._without(chunk, tiff and _EXIF + len(tiff).to_bytes(4, "little") + tiff)

    def _frame(self, frame: _Chunk) -> Iterator[Edit]:
        removed = self._removed
        for chunk in _chunks(self._file, frame.data + _FRAME_FIELDS, frame.data_end):
            if chunk.kind not in _KEPT_IN_FRAME:
                yield self._without(chunk)
        if self._removed > removed:
            size = frame.data_end - frame.data - (self._removed - removed)
            yield Edit(frame.start + 4, frame.data, size.to_bytes(4, "little"))
            if size % 2 == 0 and frame.end > frame.data_end:
                # The chunk that needed the padding byte is gone.
                self._removed += 1
                yield Edit(frame.data_end, frame.end)

    def _without(self, chunk: _Chunk, replacement: bytes = b"") -> Edit:
        self._is_changed = True
        self._removed += chunk.end - chunk.start - len(replacement)
        return Edit(chunk.start, chunk.end, replacement)


def _manifest(file: Reader, chunk: _Chunk) -> Manifest:
    manifest = Manifest()
    for start in range(chunk.data, chunk.data_end, MIB):
        manifest.feed(file.read(start, min(MIB, chunk.data_end - start)))
    return manifest


def _chunks(file: Reader, position: int, end: int) -> Iterator[_Chunk]:
    """Yield the chunks from `position` to `end`, their parent's end."""
    while position < end:
        header = file.read(position, 8)
        data = position + 8
        data_end = data + int.from_bytes(header[4:], "little")
        if data_end > end:
            raise MalformedFile(f"the WebP chunk at byte {position} is truncated")
        # Some writers leave out the byte that pads the last chunk to an even length.
        following = min(data_end + (data_end - data) % 2, end)
        yield _Chunk(header[:4], position, data, data_end, following)
        position = following
