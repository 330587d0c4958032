"""The parsers of untrusted bytes, each as a function of a file that raises only expected errors.

Imports the functions' code alone, so that a fuzzer starts quickly.
"""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from asset_api.assets import filenames
from asset_api.assets.admissions import declared_file
from asset_api.media import exif_orientation, file_types, inspection, metadata_removal, rewriting, video_facts
from asset_api.media.file_types import HEAD_BYTES, MediaType
from asset_api.media.reader import MalformedFile, Reader
from asset_api.platform.errors import ApiError
from asset_api.uploads import multipart
from tests.corpus.repetitive import Repetitive

MIB = 1024 * 1024
# API Gateway's limit for all headers of a request.
_MAX_HEADER_BYTES = 10_240
# Expected errors of a parser; any other is a defect.
REFUSALS = (MalformedFile, ApiError)


class Target(NamedTuple):
    """A parser, and the maximum number of bytes that a request can make it read."""

    parse: Callable[[Repetitive], object]
    most_bytes: int = file_types.MAX_BYTES
    is_in_memory: bool = False


def _inspection(file: Repetitive) -> None:
    found = inspection.detect_file(Reader(file, file.size))
    assert found is None or found.size is None or min(found.size) > 0
    if file.size <= HEAD_BYTES and found:
        assert inspection.detect(file.whole()) is found.media_type


def _head(file: Repetitive) -> None:
    inspection.detect(file.read(0, HEAD_BYTES))


def _removal(media_type: MediaType, file: Repetitive) -> None:
    metadata_removal.inspect_unchanged_file(Reader(file, file.size), media_type)
    pieces = metadata_removal.plan(Reader(file, file.size), media_type).pieces
    if pieces is not None:
        written = sum(len(chunk) for chunk in rewriting.apply(pieces, file))
        assert written == rewriting.pieces_size(pieces)


def _video_facts(file: Repetitive) -> None:
    facts = video_facts.read(Reader(file, file.size))
    for number in (facts.duration_seconds, facts.frames_per_second):
        assert number is None or 0 < number < math.inf
    for codec in (facts.video_codec, facts.audio_codec):
        assert codec is None or re.fullmatch(r"[a-z0-9_.-]{1,16}", codec)


def _exif(file: Repetitive) -> None:
    assert 1 <= exif_orientation.orientation(file.read(0, HEAD_BYTES)) <= 8
    exif_orientation.replacement(Reader(file, file.size), 0, file.size)


def _multipart(file: Repetitive) -> None:
    content_type, _, body = file.whole().partition(b"\n")
    multipart.file_part(content_type[:_MAX_HEADER_BYTES].decode("latin-1"), body)


def _names(file: Repetitive) -> None:
    name, media_type = declared_file(file.whole().decode("utf-8", "replace"), None)
    assert file_types.declared(name, media_type.mime) is media_type
    assert filenames.from_metadata(filenames.to_metadata(name)) == name
    header = filenames.content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert len(header) < 2048


TARGETS: dict[str, Target] = {
    "inspection": Target(_inspection),
    "head": Target(_head),
    **{
        f"removal-{media_type.extensions[0]}": Target(partial(_removal, media_type))
        for media_type in file_types.SUPPORTED
        # One walk serves both kinds of video.
        if media_type is not file_types.QUICKTIME
    },
    "video-facts": Target(_video_facts),
    "exif": Target(_exif),
    # The maximum request of a Lambda function.
    "multipart": Target(_multipart, 6 * MIB, is_in_memory=True),
    "names": Target(_names, 6 * MIB, is_in_memory=True),
}


def _busy(_: Repetitive) -> None:
    total = 0
    for number in range(20_000_000):
        total += number


def _large(_: Repetitive) -> None:
    bytearray(b"x") * (64 * MIB)


def _foreign(_: Repetitive) -> None:
    raise RuntimeError("no response for a client")


# Controls: defects that the fuzzer must report.
DEFECTS: dict[str, Target] = {"busy": Target(_busy), "large": Target(_large), "foreign": Target(_foreign)}


def from_input(data: bytes, *, grown_to: int | None) -> Repetitive:
    """Make the file of a fuzzer's input: its bytes or, `grown_to` a size, the repetition that they describe.

    They describe it by the lengths of prefix and unit, as two big-endian 16-bit numbers, then the bytes of both,
    and the suffix.
    """
    if grown_to is None:
        return Repetitive(data, b"\0", size=len(data))
    rest = data[4:]
    first = int.from_bytes(data[:2], "big")
    unit = max(1, int.from_bytes(data[2:4], "big"))
    prefix, repeated, suffix = rest[:first], rest[first : first + unit], rest[first + unit :]
    return Repetitive(prefix, repeated or b"\0", suffix).of_size(grown_to)


def to_input(file: Repetitive) -> bytes:
    """Build the input that describes a file to be grown."""
    lengths = len(file.prefix).to_bytes(2, "big") + len(file.unit).to_bytes(2, "big")
    return lengths + file.prefix + file.unit + file.suffix
