"""Facts about a video: its duration, frame rate and codecs, by FFmpeg's names.

The numbers are those that FFmpeg, and therefore browsers, derive from the index, wherever it is: before or after the
samples, compressed, or spread over fragments. A fact that the file does not state, or states inconsistently, is None.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import mul
from typing import NamedTuple

from asset_api.media import fragments, movie_codecs
from asset_api.media.boxes import Box, boxes, child
from asset_api.media.compressed_index import compressed_index
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.sample_tables import read_numbers

_PICTURES, _SOUND = b"vide", b"soun"
_HEADERS = {b"vmhd": _PICTURES, b"smhd": _SOUND}
_UNKNOWN_DURATIONS = (0, 2**32 - 1, 2**64 - 1)
# Larger numbers than in any real file are not shown.
_LONGEST_SECONDS, _MAX_FRAMES_PER_SECOND = 1e8, 1e5


class VideoFacts(NamedTuple):
    """The facts. Frames per second are an average; a codec is None if there is no such track."""

    duration_seconds: float | None = None
    frames_per_second: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None


def read(whole: Reader) -> VideoFacts:
    """Read the facts from the index and from fragments, if there are any. Never raises, whatever the file."""
    file, movie = whole.with_own_budget(), _Movie()
    try:
        for box in boxes(file, 0, file.size):
            if box.kind == b"moov":
                index = compressed_index(file, box)
                movie.add_index(*((index.file, index.moov) if index else (file, box)))
                if not movie.is_fragmented:
                    break
            elif box.kind == b"moof":
                movie.add_fragment(file, box)
    except MalformedFile:
        pass  # keep what was found so far
    return movie.facts


@dataclass(slots=True)
class _Track:
    kind: bytes
    time_scale: int
    codec: str | None = None
    samples: int = 0
    duration: int = 0

    def add(self, samples: int, duration: int) -> None:
        self.samples += samples
        self.duration += duration

    @property
    def seconds(self) -> float:
        return self.duration / self.time_scale if self.time_scale else 0


@dataclass(slots=True)
class _Movie:
    is_fragmented: bool = False
    stated_seconds: float = 0
    tracks: dict[int, _Track] = field(default_factory=dict)
    default_durations: dict[int, int] = field(default_factory=dict)

    def add_index(self, file: Reader, moov: Box) -> None:
        time_scale = 0
        for box in boxes(file, moov.data, min(moov.end, file.size)):
            if box.kind == b"mvhd":
                time_scale, duration = _time(file, box)
                self._state(duration, time_scale)
            elif box.kind == b"trak":
                self._add_track(file, box)
            elif box.kind == b"mvex":
                self.is_fragmented = True
                self._add_defaults(file, box, time_scale)

    def add_fragment(self, file: Reader, moof: Box) -> None:
        for track, samples, duration in fragments.durations(file, moof, self.default_durations):
            if track in self.tracks:
                self.tracks[track].add(samples, duration)

    def _state(self, duration: int, time_scale: int) -> None:
        if time_scale and duration not in _UNKNOWN_DURATIONS:
            self.stated_seconds = duration / time_scale

    def _add_track(self, file: Reader, trak: Box) -> None:
        media = child(file, trak, b"mdia")
        information = media and child(file, media, b"minf")
        times = media and child(file, media, b"mdhd")
        kind = media and information and _kind(file, media, information)
        if not media or not information or not kind or not times:
            return
        track = _Track(kind, _time(file, times)[0])
        number = _track_id(file, trak)
        self.tracks[number if number not in self.tracks else -len(self.tracks)] = track
        if not (table := child(file, information, b"stbl")):
            return
        if descriptions := child(file, table, b"stsd"):
            track.codec = movie_codecs.codec(file, descriptions, is_sound=kind == _SOUND)
        if times_to_samples := child(file, table, b"stts"):
            track.add(*_counts(file, times_to_samples))

    def _add_defaults(self, file: Reader, mvex: Box, time_scale: int) -> None:
        for box in boxes(file, mvex.data, mvex.end):
            if box.kind == b"mehd":
                self._state(_number(file, box.data + 4, is_long=_is_long(file, box)), time_scale)
            elif box.kind == b"trex":
                fields = file.read(box.data + 4, 12)
                self.default_durations[int.from_bytes(fields[:4], "big")] = int.from_bytes(fields[8:], "big")

    @property
    def facts(self) -> VideoFacts:
        pictures, sound = self._first(_PICTURES), self._first(_SOUND)
        seconds = self.stated_seconds
        if self.is_fragmented or not seconds:
            # The index states only the duration of its own samples.
            seconds = max((seconds, *(track.seconds for track in self.tracks.values())))
        rate = pictures.samples / pictures.seconds if pictures and pictures.seconds else 0
        return VideoFacts(
            duration_seconds=_plausible(seconds, _LONGEST_SECONDS),
            frames_per_second=_plausible(rate, _MAX_FRAMES_PER_SECOND),
            video_codec=pictures.codec if pictures else None,
            audio_codec=sound.codec if sound else None,
        )

    def _first(self, kind: bytes) -> _Track | None:
        return next((track for track in self.tracks.values() if track.kind == kind), None)


def _plausible(number: float, most: float) -> float | None:
    return round(number, 3) if 0.001 <= number <= most else None


def _kind(file: Reader, media: Box, information: Box) -> bytes | None:
    """Tell whether a track is pictures, sound or neither (None). Some writers leave out one of the two boxes."""
    handler = child(file, media, b"hdlr")
    stated = file.read_up_to(handler.data + 8, 4) if handler else b""
    if stated in (_PICTURES, _SOUND):
        return stated
    return next((_HEADERS[box.kind] for box in _within(file, information) if box.kind in _HEADERS), None)


def _within(file: Reader, parent: Box) -> Iterator[Box]:
    return boxes(file, parent.data, parent.end)


def _is_long(file: Reader, box: Box) -> bool:
    return file.read(box.data, 1) == b"\1"


def _number(file: Reader, at: int, *, is_long: bool) -> int:
    return int.from_bytes(file.read(at, 8 if is_long else 4), "big")


def _time(file: Reader, header: Box) -> tuple[int, int]:
    """Read the time scale and the duration in a header of a movie or media."""
    is_long = _is_long(file, header)
    start = header.data + (20 if is_long else 12)
    return _number(file, start, is_long=False), _number(file, start + 4, is_long=is_long)


def _track_id(file: Reader, trak: Box) -> int:
    header = child(file, trak, b"tkhd")
    if header is None:
        return 0
    return _number(file, header.data + (20 if _is_long(file, header) else 12), is_long=False)


def _counts(file: Reader, times_to_samples: Box) -> tuple[int, int]:
    """Return the number of samples in a table, and the sum of their durations."""
    count = _number(file, times_to_samples.data + 4, is_long=False)
    start = times_to_samples.data + 8
    whole = min(count, max(times_to_samples.end - start, 0) // 8)
    numbers = read_numbers(file, start, 8 * whole, 4)
    counts: Iterable[int] = numbers[0::2]
    return sum(counts), sum(map(mul, counts, numbers[1::2]))
