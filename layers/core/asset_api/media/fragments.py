"""Samples of fragmented videos (ISO/IEC 14496-12, 8.8)."""

import struct
from collections.abc import Iterator, Mapping

from asset_api.media.boxes import Box, boxes
from asset_api.media.ranges import Ranges
from asset_api.media.reader import Reader
from asset_api.media.sample_tables import read_numbers

# Flags of `tfhd`: which fields are present, in this order, and what offsets are relative to.
_TFHD_BASE, _TFHD_DESCRIPTION, _TFHD_DURATION, _TFHD_SIZE, _TFHD_BASE_IS_MOOF = 0x1, 0x2, 0x8, 0x10, 0x20000
_LONGEST_TFHD = 32
# Flags of `trun`: which fields are present, for the whole run and for each sample.
_TRUN_OFFSET, _TRUN_FIRST_FLAGS = 0x1, 0x4
_TRUN_DURATION, _TRUN_SIZE, _TRUN_FIELDS = 0x100, 0x200, (0x100, 0x200, 0x400, 0x800)


def add_fragment(file: Reader, moof: Box, default_sizes: Mapping[int, int], ranges: Ranges) -> None:
    """Add the samples in one `moof` of the tracks in `default_sizes`, which is keyed by track number."""
    end = moof.start
    for traf in boxes(file, moof.data, moof.end):
        if traf.kind == b"traf":
            end = _add_track_fragment(file, moof, traf, end, default_sizes, ranges)


def _add_track_fragment(
    file: Reader, moof: Box, traf: Box, implied_base: int, default_sizes: Mapping[int, int], ranges: Ranges
) -> int:
    """Add the samples of one `traf`, and return their end: the next one's begin there unless it says otherwise."""
    track, size, base = 0, 0, implied_base
    end = base
    for box in boxes(file, traf.data, traf.end):
        if box.kind == b"tfhd":
            track, size, base = _header(file, box, moof.start, implied_base, default_sizes)
            end = base
        elif box.kind == b"trun":
            start, end = _run(file, box, base, end, size)
            if track in default_sizes:
                ranges.add(start, end)
    return end


def _header(
    file: Reader, tfhd: Box, moof_start: int, implied_base: int, default_sizes: Mapping[int, int]
) -> tuple[int, int, int]:
    """Read a `tfhd`: the track's number, the default sample size, and the base of data offsets."""
    fields = file.read_up_to(tfhd.data, min(tfhd.end - tfhd.data, _LONGEST_TFHD)).ljust(_LONGEST_TFHD, b"\0")
    flags, track = struct.unpack_from(">II", fields)
    position, base = 8, moof_start if flags & _TFHD_BASE_IS_MOOF else implied_base
    if flags & _TFHD_BASE:
        (base,) = struct.unpack_from(">Q", fields, position)
        position += 8
    position += 4 * bool(flags & _TFHD_DESCRIPTION) + 4 * bool(flags & _TFHD_DURATION)
    size = default_sizes.get(track, 0)
    if flags & _TFHD_SIZE:
        (size,) = struct.unpack_from(">I", fields, position)
    return track, size, base


def _run(file: Reader, trun: Box, base: int, previous_end: int, default_size: int) -> tuple[int, int]:
    """Return the range of one run of samples."""
    flags, count = struct.unpack(">II", file.read(trun.data, 8))
    position, start = trun.data + 8, previous_end
    if flags & _TRUN_OFFSET:
        start = base + int.from_bytes(file.read(position, 4), "big", signed=True)
        position += 4
    position += 4 * bool(flags & _TRUN_FIRST_FLAGS)
    if not flags & _TRUN_SIZE:
        return start, start + count * default_size
    width = sum(bool(flags & field) for field in _TRUN_FIELDS)
    whole = min(count, max(trun.end - position, 0) // (4 * width))
    numbers = read_numbers(file, position, 4 * width * whole, 4)
    return start, start + sum(numbers[bool(flags & _TRUN_DURATION) :: width])


def durations(file: Reader, moof: Box, defaults: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield each run of samples in one `moof`: its track's number, the number of samples, and their total duration.

    `defaults` has each track's sample duration, for runs and fragments that do not state one.
    """
    for traf in boxes(file, moof.data, moof.end):
        if traf.kind != b"traf":
            continue
        track = duration = 0
        for box in boxes(file, traf.data, traf.end):
            if box.kind == b"tfhd":
                track, duration = _track_and_duration(file, box, defaults)
            elif box.kind == b"trun":
                yield track, *_run_duration(file, box, duration)


def _track_and_duration(file: Reader, tfhd: Box, defaults: Mapping[int, int]) -> tuple[int, int]:
    fields = file.read_up_to(tfhd.data, min(tfhd.end - tfhd.data, _LONGEST_TFHD)).ljust(_LONGEST_TFHD, b"\0")
    flags, track = struct.unpack_from(">II", fields)
    if not flags & _TFHD_DURATION:
        return track, defaults.get(track, 0)
    position = 8 + 8 * bool(flags & _TFHD_BASE) + 4 * bool(flags & _TFHD_DESCRIPTION)
    return track, int.from_bytes(fields[position : position + 4], "big")


def _run_duration(file: Reader, trun: Box, default: int) -> tuple[int, int]:
    """Return the number of samples in one run, and the sum of their durations."""
    flags, count = struct.unpack(">II", file.read(trun.data, 8))
    if not flags & _TRUN_DURATION:
        return count, count * default
    position = trun.data + 8 + 4 * bool(flags & _TRUN_OFFSET) + 4 * bool(flags & _TRUN_FIRST_FLAGS)
    width = sum(bool(flags & field) for field in _TRUN_FIELDS)
    whole = min(count, max(trun.end - position, 0) // (4 * width))
    # A sample's duration is the first of its fields.
    return whole, sum(read_numbers(file, position, 4 * width * whole, 4)[::width])
