"""Metadata in MP4 (ISO/IEC 14496-12) and QuickTime files, blanked in place.

No sample moves: a removed box becomes a `free` box of the same size. Only pictures and sound are kept. Other tracks are
removed with their samples (timed metadata, time codes, subtitles, chapters), and so are bytes in the media data that
belong to no sample, where cameras also store positions.
"""

from collections.abc import Iterator

from asset_api.media import blanking, user_data
from asset_api.media.boxes import Box, boxes, child, descendant
from asset_api.media.compressed_index import CompressedIndex, compressed_index
from asset_api.media.content_credentials import BOX_UUID, Manifest
from asset_api.media.fragments import add_fragment
from asset_api.media.ranges import Ranges
from asset_api.media.reader import MIB, MalformedFile, Reader
from asset_api.media.rewriting import Edit
from asset_api.media.sample_tables import add_track

# Boxes to keep, by their parent. A parent without an entry here or a rule in `_kept` is kept whole.
_KEPT: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset((b"mvhd", b"trak", b"mvex", b"iods", b"udta", b"cmov", b"ctab", b"clip")),
    b"cmov": frozenset((b"dcom", b"cmvd")),
    b"mvex": frozenset((b"mehd", b"trex", b"leva")),
    b"trak": frozenset((b"tkhd", b"mdia", b"edts", b"tref", b"tapt", b"udta", b"clip", b"matt", b"load")),
    b"tref": frozenset((b"dpnd", b"sync", b"scal", b"sbas", b"vdep", b"auxl", b"fall", b"folw", b"forc")),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf", b"elng", b"udta")),
    b"minf": frozenset((b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl")),
    b"dinf": frozenset((b"dref",)),
    b"stbl": frozenset((b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss"))
    | frozenset((b"stps", b"stsh", b"sdtp", b"stdp", b"padb", b"subs", b"sbgp", b"sgpd", b"saiz", b"saio")),
    b"moof": frozenset((b"mfhd", b"traf")),
    b"traf": frozenset((b"tfhd", b"tfdt", b"trun", b"sdtp", b"subs", b"sbgp", b"sgpd", b"saiz", b"saio", b"senc")),
}
_KEPT_AT_TOP = frozenset((b"ftyp", b"styp", b"pdin", b"mfra", b"sidx", b"ssix"))
_DATES = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_PICTURES, _SOUND = b"vide", b"soun"


def edits(file: Reader) -> Iterator[Edit]:
    """Yield the edits that blank metadata. Raises `MalformedFile` for an index that cannot be parsed."""
    samples, default_sizes = Ranges(file.size), dict[int, int]()
    compressed: CompressedIndex | None = None
    for box in boxes(file, 0, file.size):
        if box.kind == b"moov":
            default_sizes |= _add_samples(file, box, samples)
            if found := compressed_index(file, box):
                if compressed:
                    raise MalformedFile("the video has two compressed indexes")
                compressed = found
                default_sizes |= _add_samples(found.file, found.moov, samples)
        elif box.kind == b"moof":
            add_fragment(file, box, default_sizes, samples)
    samples.merge()
    yield from _top_level(file, samples)
    if compressed is not None:
        yield from compressed.rewritten(_contents(compressed.file, compressed.moov))


def _add_samples(file: Reader, moov: Box, samples: Ranges) -> dict[int, int]:
    """Add the samples of tracks that are shown; return those tracks' default sample sizes for fragments."""
    tracks = set()
    for track in boxes(file, moov.data, moov.end):
        if track.kind == b"trak" and (kind := _track_kind(file, track)):
            if header := child(file, track, b"tkhd"):
                is_long = file.read(header.data, 1) == b"\1"
                tracks.add(int.from_bytes(file.read(header.data + (20 if is_long else 12), 4), "big"))
            if table := descendant(file, track, b"mdia", b"minf", b"stbl"):
                add_track(file, table, samples, is_sound=kind == _SOUND)
    defaults = child(file, moov, b"mvex")
    sizes = dict(_default_size(file, box) for box in boxes(file, defaults.data, defaults.end)) if defaults else {}
    return {track: sizes.get(track, 0) for track in tracks}


def _default_size(file: Reader, trex: Box) -> tuple[int, int]:
    fields = file.read_up_to(trex.data, min(trex.end - trex.data, 20)) if trex.kind == b"trex" else b""
    return int.from_bytes(fields[4:8], "big"), int.from_bytes(fields[16:20], "big")


def _track_kind(file: Reader, track: Box) -> bytes | None:
    """Tell whether a track is pictures, sound or neither (None). Some writers leave out one of the two boxes."""
    media = child(file, track, b"mdia")
    if media is None:
        return None
    handler = child(file, media, b"hdlr")
    kind = file.read_up_to(handler.data + 8, 4) if handler else b""
    if kind in (_PICTURES, _SOUND):
        return kind
    information = child(file, media, b"minf")
    if information and child(file, information, b"vmhd"):
        return _PICTURES
    return _SOUND if information and child(file, information, b"smhd") else None


def _top_level(file: Reader, samples: Ranges) -> Iterator[Edit]:
    manifest, position = Manifest(), 0
    for box in boxes(file, 0, file.size):
        position = box.end
        if box.kind in (b"moov", b"moof"):
            yield from _contents(file, box)
        elif box.kind == b"uuid" and file.read_up_to(box.data, min(16, box.end - box.data)) == BOX_UUID:
            for start in range(box.data, box.end, MIB):
                manifest.feed(file.read(start, min(MIB, box.end - start)))
            yield from blanking.free_box(file, box, manifest)
        elif box.kind not in _KEPT_AT_TOP:
            if box.kind != b"mdat":
                yield from blanking.free_type(box)
            yield from _zeros_between(samples, file, box.data, box.end)
    # Bytes after a box with an impossible size; they may hold samples.
    yield from _zeros_between(samples, file, position, file.size)


def _zeros_between(samples: Ranges, file: Reader, start: int, end: int) -> Iterator[Edit]:
    for gap_start, gap_end in samples.gaps(start, end):
        yield from blanking.zeros(file, gap_start, gap_end)


def _contents(file: Reader, parent: Box, *, is_sound: bool = False) -> Iterator[Edit]:
    position = parent.data
    with file.one_level_deeper():
        for box in boxes(file, parent.data, parent.end):
            position = box.end
            if box.kind in _KEPT[parent.kind]:
                yield from _kept(file, box, is_sound=is_sound)
            else:
                yield from blanking.free_box(file, box)
    yield from blanking.zeros(file, position, parent.end)


def _kept(file: Reader, box: Box, *, is_sound: bool) -> Iterator[Edit]:
    if box.kind == b"trak":
        kind = _track_kind(file, box)
        yield from _contents(file, box, is_sound=kind == _SOUND) if kind else blanking.free_box(file, box)
    elif box.kind in _DATES:
        start = box.data + 4
        length = 16 if file.read_up_to(box.data, 1) == b"\1" else 8
        yield from blanking.zeros(file, start, min(start + length, box.end))
    elif box.kind == b"hdlr":
        yield from user_data.handler_name(file, box)
    elif box.kind == b"udta":
        yield from user_data.user_data(file, box)
    elif box.kind == b"stsd":
        yield from user_data.sample_descriptions(file, box, is_sound=is_sound)
    elif box.kind == b"dref":
        yield from user_data.data_references(file, box)
    elif box.kind in _KEPT:
        yield from _contents(file, box, is_sound=is_sound)
