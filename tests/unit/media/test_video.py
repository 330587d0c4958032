"""The boxes of MP4 and QuickTime files, and the samples in their media data."""

import io
import struct
import zlib

import av
import pytest

from asset_api.media.file_types import MP4, QUICKTIME
from asset_api.media.reader import MalformedFile
from asset_api.media.rewriting import NewBytes
from tests import media
from tests.media import box
from tests.unit.media.movie_parts import (
    IPHONE,
    LOCATIONS,
    PLACE,
    before_index,
    full,
    handler,
    in_movie,
    numbers,
    track,
    user_data,
)
from tests.unit.media.removal import SECRET, is_clean, planned, published


def packets(movie: bytes) -> list[bytes]:
    """Read the video and audio samples with FFmpeg."""
    with av.open(io.BytesIO(movie), "r") as container:
        streams = [stream for stream in container.streams if stream.type in ("video", "audio")]
        return [bytes(packet) for packet in container.demux(streams)]


def video_frames(movie: bytes) -> list[bytes]:
    with av.open(io.BytesIO(movie), "r") as container:
        return [b"".join(bytes(plane) for plane in frame.planes) for frame in container.decode(video=0)]


def cleaned(movie: bytes) -> bytes:
    """Remove the metadata; check the length, the absence of secret and location, and the samples."""
    assert SECRET in movie or PLACE in movie
    after = published(movie, MP4)
    assert is_clean(after)
    assert PLACE not in after
    assert len(after) == len(movie)
    assert packets(after) == packets(movie)
    return after


@pytest.mark.parametrize("location", LOCATIONS)
def test_blanks_locations_in_place(location: bytes) -> None:
    after = cleaned(in_movie(media.mp4(), location))
    assert after.startswith(media.mp4()[: media.mp4().rindex(b"moov") - 4])


def test_a_cleaned_video_plays_as_before() -> None:
    before = in_movie(media.mp4(), *LOCATIONS)
    assert video_frames(published(before, MP4)) == video_frames(before)


def test_leaves_a_video_without_metadata_unchanged() -> None:
    assert planned(media.mp4(), MP4) is None
    assert planned(media.mov(), QUICKTIME) is None


TEXT = box(b"data", numbers(1, 0) + SECRET)
STAMP = box(b"\xa9too", box(b"data", numbers(1, 0) + b"Lavf61.7.100"))


def itunes(*items: bytes) -> bytes:
    handled = full(b"hdlr", bytes(4) + b"mdirappl" + bytes(9))
    return full(b"meta", handled + box(b"ilst", b"".join(items)))


@pytest.mark.parametrize(
    "part",
    [
        user_data(itunes(STAMP, box(b"\xa9nam", TEXT))),
        user_data(itunes(box(b"\xa9too", TEXT))),
        user_data(itunes(box(b"\xa9too", STAMP[8:] + box(b"name", SECRET)))),
        user_data(full(b"meta", full(b"hdlr", bytes(4) + b"mdirappl" + bytes(9)) + box(b"xml ", SECRET))),
        user_data(box(b"\xa9too", b"\0\x0c\x55\xc4" + SECRET), box(b"CAME", SECRET), box(b"GPMF", SECRET)),
        user_data(box(b"name", SECRET)) + user_data(box(b"cprt", SECRET)),
        user_data(box(b"free", SECRET)),
        user_data(box(b"hnti", box(b"sdp ", SECRET))),
        user_data(SECRET[:7]) + box(b"free", SECRET),
        box(b"meta", SECRET),
        box(b"META", SECRET),
        box(b"gps ", SECRET),
        box(b"uuid", SECRET * 2),
        box(b"skip", bytes(20) + SECRET),
        IPHONE.replace(b"com.apple.quicktime.location.ISO6709", b"com.example.anything" + bytes(4) + SECRET),
        struct.pack(">I4s", 5, b"meta") + SECRET,
        struct.pack(">I4s", 999, b"meta") + SECRET,
    ],
    ids=lambda part: part[4:8].decode("latin-1"),
)
def test_blanks_unknown_boxes_in_the_index(part: bytes) -> None:
    cleaned(in_movie(media.mp4(), part))


@pytest.mark.parametrize(
    "part",
    [
        box(b"uuid", bytes(16) + SECRET),
        box(b"meta", SECRET),
        box(b"udta", box(b"XMP_", SECRET)),
        box(b"PICT", SECRET),
        box(b"free", SECRET),
        box(b"wide", SECRET),
        box(b"mdat", SECRET),
        box(b"emsg", SECRET),
        box(b"prft", SECRET),
        box(b"moov", user_data(box(b"AUTH", SECRET))),
        struct.pack(">I4sQ", 1, b"uuid", 40) + SECRET + bytes(12),
    ],
    ids=lambda part: part[4:8].decode(),
)
def test_blanks_unknown_boxes_beside_the_index(part: bytes) -> None:
    cleaned(before_index(media.mp4(), part))


@pytest.mark.parametrize(
    "rest",
    [
        struct.pack(">I4s", 7, b"skip") + SECRET,
        struct.pack(">I4sQ", 1, b"skip", 0) + SECRET,
        struct.pack(">I4s", 999, b"uuid") + SECRET,
        struct.pack(">I4s", 0, b"uuid") + SECRET,
        bytes(3) + SECRET,
        SECRET[:7],
    ],
    ids=["too short", "too short in 64 bits", "too long", "to the end", "no box", "less than a box"],
)
def test_blanks_data_after_the_index(rest: bytes) -> None:
    after = published(media.mp4() + rest, MP4)
    assert SECRET[:7] not in after
    assert packets(after) == packets(media.mp4())


@pytest.mark.parametrize("padding", [box(b"free", bytes(99)), box(b"skip"), struct.pack(">I4s", 0, b"free"), bytes(12)])
def test_keeps_padding(padding: bytes) -> None:
    assert planned(media.mp4() + padding, MP4) is None


def test_keeps_the_stamp_of_an_encoder() -> None:
    assert planned(in_movie(media.mp4(), user_data(itunes(STAMP))), MP4) is None
    quicktime = user_data(box(b"\xa9swr", b"\0\x0c\x55\xc4Lavf61.7.100"), bytes(4))
    assert planned(in_movie(media.mp4(), quicktime), MP4) is None


@pytest.mark.parametrize("kind", [b"meta", b"mebx", b"text", b"sbtl", b"tmcd", b"subt", b"camm"])
def test_blanks_other_tracks_than_video_and_audio_with_their_samples(kind: bytes) -> None:
    samples = [PLACE, SECRET, b"\0\x12" + PLACE]
    start = media.mp4().rindex(b"moov") - 4 + 8
    movie = before_index(media.mp4(), box(b"mdat", b"".join(samples)))
    after = cleaned(in_movie(movie, track(kind, samples, start, user_data(box(b"name", SECRET)))))
    assert handler(kind) not in after


def test_blanks_media_data_outside_samples() -> None:
    """Dash cameras store positions there, and editors leave deleted material."""
    movie = media.mp4()
    data = movie.index(b"mdat") + 4
    end = movie.rindex(b"moov") - 4
    longer = struct.pack(">I", end - data + 8 + len(SECRET)) + b"mdat" + movie[data:end] + SECRET
    after = cleaned(movie[: data - 8] + longer + movie[end:])
    assert after[: data - 8] == movie[: data - 8]


def test_keeps_samples_at_any_offset() -> None:
    """After an impossible size, and in a padding box: crashed recorders leave such files."""
    movie = media.mp4()
    start = movie.index(b"mdat") - 4
    for header in (struct.pack(">I4s", 3, b"mdat"), movie[start : start + 4] + b"free"):
        damaged = media.index_first(movie)
        at = damaged.index(b"mdat") - 4
        damaged = damaged[:at] + header + damaged[at + 8 :]
        assert packets(published(damaged, MP4)) == packets(movie)
        assert cleaned(damaged + SECRET)


def test_blanks_dates() -> None:
    dated = media.mp4()
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        at = dated.index(kind) + 8
        assert dated[at : at + 8] == bytes(8)
        dated = dated[:at] + struct.pack(">II", 3_800_000_000, 3_800_000_001) + dated[at + 8 :]
    assert published(dated, MP4) == media.mp4()


def test_blanks_dates_of_64_bits() -> None:
    header = b"\1\0\0\0" + struct.pack(">QQIQ", 3_800_000_000, 3_800_000_001, 1000, 1000) + bytes(80)
    movie = box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", box(b"mvhd", header))
    assert published(movie, MP4) == movie.replace(header[4:20], bytes(16))


@pytest.mark.parametrize("name", [b"GoPro AVC", b"\x0cAda Lovelace", b"Ada Lovelace\0"])
def test_blanks_names_of_tracks(name: bytes) -> None:
    movie = media.mp4()
    assert b"VideoHandler" in movie
    named = movie.replace(b"VideoHandler\0", name.ljust(13, b"\0"))
    assert published(named, MP4) == movie.replace(b"VideoHandler\0", bytes(13))


def test_blanks_names_of_unknown_encoders() -> None:
    entry = media.mov().index(b"mp4v")
    vendor, name = entry + 4 + 12, entry + 4 + 42
    rest = media.mov()[name + 32 :]
    assert planned(media.mov()[:name] + b"\x13Lavc61.19.101 mpeg4".ljust(32, b"\0") + rest, QUICKTIME) is None
    camera = media.mov()[:vendor] + b"GoPr" + media.mov()[vendor + 4 : name] + b"\x0dGoPro encoder".ljust(32, b"\0")
    after = published(camera + rest, QUICKTIME)
    assert after[vendor : vendor + 4] == bytes(4)
    assert after[name : name + 32] == bytes(32)
    assert packets(after) == packets(media.mov())


def test_blanks_file_paths() -> None:
    movie = media.mp4()
    at = movie.index(b"url ")
    alias = movie[: at - 4] + struct.pack(">I", 12 + len(SECRET)) + b"alis" + movie[at + 4 : at + 8] + SECRET
    # The enclosing boxes grow with it.
    for kind in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        start = movie.rindex(kind, 0, at) - 4
        size = int.from_bytes(alias[start : start + 4], "big") + len(SECRET)
        alias = alias[:start] + struct.pack(">I", size) + alias[start + 4 :]
    cleaned(alias + movie[at + 8 :])


def test_cleans_a_compressed_index() -> None:
    movie = in_movie(media.mp4(), *LOCATIONS)
    start = movie.rindex(b"moov") - 4
    index = zlib.compress(movie[start:], 1)
    compressed = box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", numbers(len(movie) - start) + index))
    before = movie[:start] + box(b"moov", compressed)
    after = published(before, MP4)
    assert len(after) == len(before)
    inflated = zlib.decompressobj().decompress(after[start + 8 + 8 + 12 + 12 :])
    assert inflated == published(movie, MP4)[start:]
    assert packets(after) == packets(movie)


@pytest.mark.parametrize(
    "payload",
    [b"", b"no zlib", zlib.compress(bytes(100)), zlib.compress(bytes(5 << 20)), zlib.compress(box(b"moov"))[:-4]],
    ids=["empty", "not compressed", "no index", "too large", "cut off"],
)
def test_refuses_a_malformed_compressed_index(payload: bytes) -> None:
    movie = box(b"ftyp", b"qt  " + bytes(4)) + box(b"moov", box(b"cmov", box(b"cmvd", numbers(9) + payload)))
    with pytest.raises(MalformedFile, match=r"compressed index|more parts"):
        planned(movie, QUICKTIME)


def test_blanks_large_boxes_with_little_memory() -> None:
    pieces = planned(in_movie(media.mp4(), user_data(box(b"\xa9xyz", PLACE * 400_000))), MP4)
    assert pieces is not None
    assert max(len(piece.data) for piece in pieces if isinstance(piece, NewBytes)) == 4


def test_recognizes_a_video_track_by_either_of_two_boxes() -> None:
    for kind in (b"vmhd", b"vide"):
        movie = media.mp4()
        at = movie.index(kind)
        other = movie[:at] + b"none" + movie[at + 4 :]
        assert planned(movie, MP4) is None
        assert packets(published(other, MP4)) == packets(movie), kind


def test_handlers_have_a_name_or_none() -> None:
    for name in (b"", b"\x0cSoundHandler", b"SoundHandler\0"):
        assert planned(in_movie(media.mp4(), user_data(full(b"meta", handler(b"mdir", name)))), MP4) is None
