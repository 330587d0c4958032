"""Removal of user data from videos, and of the names of tracks and encoders.

Everything is removed except the impersonal names that common encoders write, so that ordinary files stay unchanged.
"""

import re
from collections.abc import Callable, Iterator

from asset_api.media.blanking import PADDING, free_box, is_zero, zeros
from asset_api.media.boxes import Box, boxes
from asset_api.media.reader import Reader
from asset_api.media.rewriting import Edit

# `©too` in iTunes' and in QuickTime's form, and QuickTime's `©swr` and `©enc`.
_ITUNES_ENCODER, _ENCODERS = b"\xa9too", frozenset((b"\xa9too", b"\xa9swr", b"\xa9enc"))
_STAMP = re.compile(rb"Lav[cf][\d.]+(?: [\w-]+)?|HandBrake [\d.]+ \d+|GPAC-[\d.]+[\w.+-]*")
_HANDLER = re.compile(
    rb"(?:Video|Sound)Handler?|DataHandler|Apple (?:Video|Sound) Media Handler|Apple (?:Alias|URL) Data Handler"
    rb"|Core Media (?:Video|Audio|Data Handler)|(?:L-SMASH|GPAC ISO|Bento4) (?:Video|Audio|Sound) Handler"
    rb"|ISO Media file produced by Google Inc\.|Mainconcept (?:MP4 )?(?:Video|Sound) Media Handler"
    rb"|(?:Video|Sound|Audio|video|sound|audio)(?: ?(?:Media )?[Hh]andler)?"
)
_COMPRESSOR = re.compile(
    rb"Lavc[\d.]+ [\w-]+|Lavc[\d.]+|(?:JVT/)?AVC Coding|(?:HEVC|AV1|AOM|VPC|VP9|VVC) Coding|H\.26[45]|HEVC|AVC|MPEG-4"
    rb"|Apple ProRes \d+(?: \w+)?|Photo - JPEG"
)
_LONGEST_NAME = 128
# Four-letter company codes. Cameras put their maker's there.
_VENDORS = frozenset((b"appl", b"FFMP", b"\0\0\0\0"))
_VENDOR_AT, _VENDOR_BYTES = 12, 4
# The fields of a handler before its name; those of a visual sample entry before its compressor's name, and in all.
_HANDLER_FIELDS = 24
_COMPRESSOR_AT, _COMPRESSOR_BYTES, _VISUAL_FIELDS = 42, 32, 78
_DROPPED_FROM_DESCRIPTIONS = frozenset((b"uuid", b"udta", b"meta", b"name"))


def user_data(file: Reader, udta: Box) -> Iterator[Edit]:
    """Blank a `udta` box unless it holds only encoder names."""
    if not _contains_only(_is_stamp, file, udta.data, udta.end):
        yield from free_box(file, udta)


def _contains_only(is_impersonal: Callable[[Reader, Box], bool], file: Reader, start: int, end: int) -> bool:
    """Tell whether every box is impersonal, and only zeros follow the last."""
    position = start
    for box in boxes(file, start, end):
        if not is_impersonal(file, box):
            return False
        position = box.end
    return is_zero(file, position, end)


def _is_stamp(file: Reader, box: Box) -> bool:
    if box.kind == b"meta":
        return _contains_only(_is_itunes_stamp, file, box.data + 4, box.end)  # after version and flags
    if box.kind in PADDING:
        return is_zero(file, box.data, box.end)
    return box.kind in _ENCODERS and _STAMP.fullmatch(_text(file, box.data + 4, box.end)) is not None


def _is_itunes_stamp(file: Reader, box: Box) -> bool:
    if box.kind == b"hdlr":
        return file.read_up_to(box.data + 8, 4) == b"mdir" and not any(handler_name(file, box))
    if box.kind == b"ilst":
        return _contains_only(_is_itunes_encoder, file, box.data, box.end)
    return box.kind in PADDING and is_zero(file, box.data, box.end)


def _is_itunes_encoder(file: Reader, item: Box) -> bool:
    value = next(boxes(file, item.data, item.end), None)
    if item.kind != _ITUNES_ENCODER or value is None or value.end != item.end:
        return False
    # A value's type and locale come before it.
    return _STAMP.fullmatch(_text(file, value.data + 8, value.end)) is not None


def handler_name(file: Reader, hdlr: Box) -> Iterator[Edit]:
    """Blank a handler's name, which may be a camera's or a track's, and its maker."""
    yield from _vendor(file, hdlr)
    start = hdlr.data + _HANDLER_FIELDS
    if start < hdlr.end and _HANDLER.fullmatch(_name(file, start, hdlr.end)) is None:
        yield from zeros(file, start, hdlr.end)


def sample_descriptions(file: Reader, stsd: Box, *, is_sound: bool) -> Iterator[Edit]:
    """Blank the names of encoders and their makers, and boxes that no decoder needs.

    All other boxes belong to the codec and stay.
    """
    for entry in boxes(file, stsd.data + 8, stsd.end):
        yield from _vendor(file, entry)
        if is_sound or entry.end - entry.data < _VISUAL_FIELDS:
            continue
        start = entry.data + _COMPRESSOR_AT
        end = start + _COMPRESSOR_BYTES
        if _COMPRESSOR.fullmatch(_name(file, start, end)) is None:
            yield from zeros(file, start, end)
        for box in boxes(file, entry.data + _VISUAL_FIELDS, entry.end):
            if box.kind in _DROPPED_FROM_DESCRIPTIONS or box.kind in PADDING:
                yield from free_box(file, box)


def data_references(file: Reader, dref: Box) -> Iterator[Edit]:
    """Blank paths to other files with samples: a playable file contains all of its samples."""
    for entry in boxes(file, dref.data + 8, dref.end):
        yield from zeros(file, entry.data + 4, entry.end)


def _vendor(file: Reader, box: Box) -> Iterator[Edit]:
    start = box.data + _VENDOR_AT
    end = min(start + _VENDOR_BYTES, box.end)
    if start < end and file.read(start, end - start) not in _VENDORS:
        yield from zeros(file, start, end)


def _text(file: Reader, start: int, end: int) -> bytes:
    return file.read_up_to(start, min(end - start, _LONGEST_NAME)) if start < end else b""


def _name(file: Reader, start: int, end: int) -> bytes:
    """Read a name that ends with a zero, as in MP4, or begins with its length, as in QuickTime."""
    text = _text(file, start, end).rstrip(b"\0")
    return text[1:] if text and text[0] == len(text) - 1 else text
