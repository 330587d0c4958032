"""Files made to be slow, with as many, as small or as deep structures as their format allows.

They can have any size: see `Repetitive`.
"""

import struct
import zlib

from asset_api.media.file_types import GIF, JPEG, MP4, PNG, QUICKTIME, WEBP, MediaType
from tests import media
from tests.corpus.extremes import png_chunk
from tests.corpus.repetitive import Repetitive
from tests.media import box, boxes

KIB = 1024
_JPEG_SCAN = media.jpeg().index(b"\xff\xda")
_GIF_BLOCKS = 13 + 3 * (2 << (media.gif()[10] & 7))
_FTYP, _INDEX = boxes(media.mp4())[0], boxes(media.mp4())[-1]
_GREEDY = b"\x7f\xff\xff\xff"
# A profile by its header, of a size that no file has.
_PROFILE = _GREEDY + bytes(32) + b"acsp" + bytes(88)


Worst = tuple[MediaType, Repetitive]


def exif_block(entries: int) -> bytes:
    """An EXIF block with many entries, none of them an orientation."""
    return b"MM\0*" + struct.pack(">IH", 8, entries) + struct.pack(">HHII", 0x010E, 2, 1, 0) * entries + bytes(4)


def _segment(code: int, payload: bytes = b"") -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def _jpeg(unit: bytes, *, at: int = 2) -> Worst:
    return JPEG, Repetitive(media.jpeg()[:at], unit, media.jpeg()[at:])


def _png(unit: bytes, *, at: int = 33) -> Worst:
    return PNG, Repetitive(media.png()[:at], unit, media.png()[at:])


def _gif(unit: bytes, *, before: bytes = b"", after: bytes = b"") -> Worst:
    return GIF, Repetitive(media.gif()[:_GIF_BLOCKS] + before, unit, after + media.gif()[_GIF_BLOCKS:])


def _webp(unit: bytes, *, whole_bytes: int = 64 * KIB) -> Worst:
    """A WebP of about `whole_bytes`, which RIFF states at the start."""
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(10)
    return WEBP, Repetitive(b"RIFF" + struct.pack("<I", whole_bytes - 100) + b"WEBP" + canvas, unit)


def _mp4(unit: bytes, *, within: bytes = b"", after: bytes = b"") -> Worst:
    """Units at the top level, or within boxes that end far beyond the file."""
    return MP4, Repetitive(_FTYP + within, unit, after)


def _open(*kinds: bytes) -> bytes:
    """Boxes that end far beyond the file; an index ends with the file, because it would otherwise be truncated."""
    return b"".join((b"\0\0\0\0" if kind == b"moov" else _GREEDY) + kind for kind in kinds)


_MANY = 2**31 - 1


def _in_table(kind: bytes, fields: bytes, unit: bytes, *before: bytes) -> Worst:
    """A table of a video track, after others, that ends with the file."""
    media_of_pictures = box(b"hdlr", bytes(8) + b"vide" + bytes(12)) + _open(b"minf") + box(b"vmhd", bytes(12))
    within = _open(b"moov", b"trak", b"mdia") + media_of_pictures + _open(b"stbl") + b"".join(before) + _open(kind)
    return _mp4(unit, within=within + bytes(4) + fields)


def _full(kind: bytes, *fields: int) -> bytes:
    """A box with version, flags, and fields of 32 bits."""
    return box(kind, bytes(4) + struct.pack(f">{len(fields)}I", *fields))


_ONE_BYTE_SAMPLES = _full(b"stsz", 1, _MANY)
_ONE_SAMPLE_CHUNKS = _full(b"stsc", 1, 1, 1, 1)
_FRAGMENT = _INDEX + _open(b"moof", b"traf") + _full(b"tfhd", 1)


def _deflated(inner: bytes) -> Repetitive:
    """A compressed index (QuickTime File Format, "Compressed movie resources")."""
    packed = box(b"cmvd", struct.pack(">I", len(inner)) + zlib.compress(inner, 9))
    return Repetitive(box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + packed)), box(b"wide"), box(b"mdat", bytes(8)))


# Names state what is small and many. Boxes that end far beyond the file used to be read again by each enclosing box.
WORST: dict[str, Worst] = {
    "jpeg of empty segments": _jpeg(_segment(0xE5)),
    "jpeg of empty comments": _jpeg(_segment(0xFE)),
    "jpeg of segments without a length": _jpeg(b"\xff\xe5\0\0"),
    "jpeg of restarts": _jpeg(b"\xff\xd0", at=20),
    "jpeg of fill bytes": _jpeg(b"\xff", at=20),
    "jpeg of escaped bytes": _jpeg(b"\xff\0", at=20),
    "jpeg of escaped bytes in its scan": _jpeg(b"\xff\0", at=_JPEG_SCAN + 14),
    "jpeg of restarts in its scan": _jpeg(b"\xff\xd0", at=_JPEG_SCAN + 14),
    "jpeg of scans": _jpeg(b"\xff\xda\0\2", at=_JPEG_SCAN + 14),
    "jpeg of comments between scans": _jpeg(_segment(0xFE) + _segment(0xDA), at=_JPEG_SCAN + 14),
    "jpeg of stray bytes between comments": _jpeg(b"x" + _segment(0xFE)),
    "jpeg of small EXIF": _jpeg(_segment(0xE1, b"Exif\0\0")),
    "jpeg of large EXIF": _jpeg(_segment(0xE1, b"Exif\0\0" + exif_block(5_000))),
    "jpeg of manifests": _jpeg(_segment(0xEB, b"JP\0\1\0\0\0\1")),
    "jpeg of profiles": _jpeg(_segment(0xE2, b"ICC_PROFILE\0\1\2" + _PROFILE)),
    "jpeg of empty parts of a profile": _jpeg(_segment(0xE2, b"ICC_PROFILE\0\2\2")),
    "jpeg of ends": _jpeg(b"\xff\xd9", at=len(media.jpeg()) - 2),
    "png of empty texts": _png(png_chunk(b"tEXt", b"")),
    "png of empty unknown chunks": _png(png_chunk(b"abCd", b"")),
    "png of empty pixels": _png(png_chunk(b"IDAT", b"")),
    "png of empty EXIF": _png(png_chunk(b"eXIf", b"")),
    "png of large EXIF": _png(png_chunk(b"eXIf", exif_block(5_000))),
    "png of profiles": _png(png_chunk(b"iCCP", b"a\0\0" + zlib.compress(_PROFILE, 9))),
    "png of empty profiles": _png(png_chunk(b"iCCP", b"")),
    "png of profiles that inflate to nothing": _png(png_chunk(b"iCCP", b"a\0\0\x78\1" + b"\0\0\0\xff\xff" * 200)),
    "png of manifests": _png(png_chunk(b"caBX", b"")),
    "gif of small sub-blocks": _gif(b"\1x", before=b"\x21\xfe", after=b"\0"),
    "gif of large sub-blocks": _gif(b"\xff" + bytes(255), before=b"\x21\xfe", after=b"\0"),
    "gif of small sub-blocks in its picture": _gif(b"\1x", before=b"\x2c" + bytes(9) + b"\2", after=b"\0"),
    "gif of empty comments": _gif(b"\x21\xfe\0"),
    "gif of empty applications": _gif(b"\x21\xff\x0bNETSCAPE2.0\0"),
    "gif of graphic controls": _gif(b"\x21\xf9\4\0\0\0\0\0"),
    "gif of small sub-blocks of a profile": _gif(b"\1x", before=b"\x21\xff\x0bICCRGBG1012", after=b"\0"),
    "gif of empty profiles": _gif(b"\x21\xff\x0bICCRGBG1012\0"),
    "gif of empty pictures": _gif(b"\x2c" + bytes(9) + b"\2\0"),
    "gif of zeros": _gif(b"\0"),
    "gif of zeros between comments": _gif(b"\0\x21\xfe\0"),
    "webp of empty chunks": _webp(b"abcd\0\0\0\0"),
    "webp of empty EXIF": _webp(b"EXIF\0\0\0\0"),
    "webp of empty chunks at 50 MB": _webp(b"abcd\0\0\0\0", whole_bytes=50 * KIB * KIB),
    "webp of empty EXIF at 50 MB": _webp(b"EXIF\0\0\0\0", whole_bytes=50 * KIB * KIB),
    "webp of empty profiles": _webp(b"ICCP\0\0\0\0"),
    "webp of profiles at 50 MB": _webp(
        b"ICCP\x80\0\0\0" + struct.pack(">I", 128) + _PROFILE[4:], whole_bytes=50 * KIB * KIB
    ),
    "webp of empty frames": _webp(b"ANMF\0\0\0\0"),
    "mp4 of empty boxes": _mp4(box(b"free"), after=_INDEX),
    "mp4 of boxes of 64 bits": _mp4(b"\0\0\0\1free" + (16).to_bytes(8, "big"), after=_INDEX),
    "mp4 of indices": _mp4(box(b"moov", box(b"udta"))),
    "mp4 of empty boxes in its index": _mp4(box(b"free"), within=_open(b"moov")),
    "mp4 of empty tracks": _mp4(box(b"trak"), within=_open(b"moov")),
    "mp4 of greedy tracks": _mp4(_open(b"trak"), within=_open(b"moov")),
    "mp4 of greedy tracks and media": _mp4(_open(b"trak", b"mdia", b"minf", b"stbl"), within=_open(b"moov")),
    "mp4 of greedy media": _mp4(_open(b"mdia"), within=_open(b"moov", b"trak")),
    "mp4 of greedy media information": _mp4(_open(b"minf"), within=_open(b"moov", b"trak", b"mdia")),
    "mp4 of handlers": _mp4(box(b"hdlr"), within=_open(b"moov", b"trak", b"mdia")),
    "mp4 of media headers": _mp4(box(b"vmhd"), within=_open(b"moov", b"trak", b"mdia", b"minf")),
    "mp4 of tables": _mp4(box(b"stsd"), within=_open(b"moov", b"trak", b"mdia", b"minf", b"stbl")),
    "mp4 of greedy everything": _mp4(
        _open(b"trak", b"tkhd", b"mdia", b"hdlr", b"minf", b"vmhd", b"stbl", b"stsd"), within=_open(b"moov")
    ),
    "mp4 of user data": _mp4(box(b"udta"), within=_open(b"moov")),
    "mp4 of greedy user data": _mp4(_open(b"udta"), within=_open(b"moov")),
    "mp4 of small user data": _mp4(box(b"\xa9xyz"), within=_open(b"moov", b"udta")),
    "mp4 of metadata": _mp4(box(b"meta", bytes(4)), within=_open(b"moov")),
    "mp4 of greedy metadata": _mp4(_open(b"meta") + bytes(4), within=_open(b"moov", b"udta")),
    "mp4 of entries of metadata": _mp4(
        box(b"\xa9nam"), within=_open(b"moov", b"udta", b"meta") + bytes(4) + _open(b"ilst")
    ),
    "mp4 of unique boxes": _mp4(box(b"uuid", bytes(16)), after=_INDEX),
    "mp4 of movie fragments": _mp4(box(b"moof") + box(b"mdat"), after=_INDEX),
    "mp4 of chunk offsets": _in_table(
        b"stco", struct.pack(">I", _MANY), b"\0\0\0\x28", _ONE_BYTE_SAMPLES, _ONE_SAMPLE_CHUNKS
    ),
    "mp4 of scattered chunk offsets": _in_table(
        b"stco", struct.pack(">I", _MANY), b"\0\0\xf0\0\0\0\0\x28", _ONE_BYTE_SAMPLES, _ONE_SAMPLE_CHUNKS
    ),
    **{
        f"mp4 of {count} chunk offsets": _in_table(
            b"stco",
            struct.pack(">I", count),
            b"\0\0\xf0\0\0\0\0\x28",
            _full(b"stsz", 1, count),
            _ONE_SAMPLE_CHUNKS,
        )
        for count in (15_000, 12_000_000)
    },
    **{
        f"mp4 of {count} sample sizes": _in_table(
            b"stsz", struct.pack(">II", 0, count), b"\0\0\0\1", _ONE_SAMPLE_CHUNKS, _full(b"stco", 1, 40)
        )
        for count in (15_000, 12_000_000)
    },
    "mp4 of long chunk offsets": _in_table(
        b"co64", struct.pack(">I", _MANY), b"\xff" * 8, _ONE_BYTE_SAMPLES, _ONE_SAMPLE_CHUNKS
    ),
    "mp4 of sample sizes": _in_table(b"stsz", struct.pack(">II", 0, _MANY), b"\0\0\0\1"),
    "mp4 of chunk lengths": _in_table(b"stsc", struct.pack(">I", _MANY), struct.pack(">III", 1, _MANY, 1)),
    "mp4 of chunks of many samples": _in_table(
        b"stco", struct.pack(">I", _MANY), b"\0\0\0\x28", _ONE_BYTE_SAMPLES, _full(b"stsc", 1, 1, _MANY, 1)
    ),
    "mp4 of many tables": _in_table(b"free", b"", _ONE_BYTE_SAMPLES + _ONE_SAMPLE_CHUNKS + _full(b"stco", _MANY)),
    "mp4 of sample descriptions": _in_table(b"stsd", struct.pack(">I", _MANY), box(b"avc1", bytes(78))),
    "mp4 of runs": _mp4(_full(b"trun", _MANY), within=_FRAGMENT),
    "mp4 of entries of a run": _mp4(b"\0\0\0\1", within=_FRAGMENT + _open(b"trun") + struct.pack(">II", 0x200, _MANY)),
    "mp4 of fragments": _mp4(box(b"moof", box(b"traf", _full(b"tfhd", 1) + _full(b"trun", _MANY))), within=_INDEX),
    "mov whose index inflates to 16 MiB": (QUICKTIME, _deflated(box(b"mvhd", bytes(100)) + bytes(16 * KIB * KIB))),
    "mov whose index inflates to atoms": (QUICKTIME, _deflated(box(b"moov", box(b"free") * 200_000))),
    "mov of atoms": (QUICKTIME, Repetitive(b"", box(b"wide"), media.mov())),
}
