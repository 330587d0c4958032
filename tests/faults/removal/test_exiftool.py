"""ExifTool or FFmpeg writes every tag it can; after removal, ExifTool may find only what is needed to show the file."""

import io
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import pytest
from PIL import Image

from asset_api.media.file_types import GIF, JPEG, MP4, PNG, QUICKTIME, WEBP, MediaType
from tests import media
from tests.faults.removal.exiftool import ExifTool, installed
from tests.unit.media.removal import IMAGES, SECRET, clean, frames, orientation_of, published
from tests.unit.media.test_video import packets

READER = list(installed())[-1]

# What may remain, by group and name.
MAY_REMAIN = re.compile(
    r"ExifTool:ExifToolVersion"
    r"|File:(?:FileType|FileTypeExtension|MIMEType|ImageWidth|ImageHeight|BitsPerSample|ColorComponents"
    r"|EncodingProcess|YCbCrSubSampling|ExifByteOrder)"
    r"|Composite:(?:ImageSize|Megapixels|Rotation|AvgBitrate)"
    r"|IFD0:Orientation"
    r"|JFIF:(?:JFIFVersion|ResolutionUnit|XResolution|YResolution)"
    r"|APP14?:?Adobe:.*|Adobe:(?:DCTEncodeVersion|APP14Flags[01]|ColorTransform)"
    r"|ICC(?:_Profile|-\w+):.*"
    r"|PNG-pHYs:(?:PixelUnits|PixelsPerUnit[XY])"
    r"|PNG:(?:ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|ProfileName|Palette|Transparency)"
    r"|RIFF:(?:WebP_Flags|ImageWidth|ImageHeight|AlphaIsUsed|VP8Version|HorizontalScale|VerticalScale|ImageWidth)"
    r"|GIF:(?:GIFVersion|ImageWidth|ImageHeight|HasColorMap|ColorResolutionDepth|BitsPerPixel|BackgroundColor"
    r"|AnimationIterations|FrameCount|Duration|TransparentColor)"
    r"|(?:QuickTime|Track\d+|ItemList|UserData|Meta):(?:Free|Skip|Wide|Unknown_(?:free|wide|skip))"
    r"|QuickTime:(?:MajorBrand|MinorVersion|CompatibleBrands|MediaData(?:Offset|Size)|MovieHeaderVersion|TimeScale"
    r"|Duration|Preferred(?:Rate|Volume)|MatrixStructure|Preview(?:Time|Duration)|PosterTime|Selection(?:Time|Duration)"
    r"|CurrentTime|NextTrackID|Handler(?:Type|VendorID)|MediaData|SegmentIndex|MovieFragmentSequence"
    r"|Unknown_(?:mvex|mfra|mehd|trex|mfhd|tfhd|tfdt|trun|tfra|mfro|sidx))"
    r"|Track\d+:(?:TrackHeaderVersion|TrackID|TrackDuration|TrackLayer|TrackVolume|MatrixStructure|Image(?:Width|Height)"
    r"|GraphicsMode|OpColor|CompressorID|SourceImage(?:Width|Height)|[XY]Resolution|CompressorName|BitDepth"
    r"|VideoFrameRate|Media(?:HeaderVersion|TimeScale|Duration|LanguageCode)|Handler(?:Class|Type|Description|VendorID)"
    r"|VendorID|(?:Max|Average)Bitrate|BufferSize|PixelAspectRatio|Balance|Audio\w+|ColorProfiles|ColorPrimaries"
    r"|TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag|\w*Table|SampleSizes|SampleToChunk|ChunkOffset"
    r"|\w+Configuration|Unknown_(?:edts|esds|url|glbl|fiel|pasp|stz2))"
)
# These may remain, too, but must say nothing.
DATES = re.compile(r"(?:QuickTime|Track\d+):\w*(?:Create|Modify)Date")
_COPY = re.compile(r"(?<=:)Copy\d+:")

every_tool = pytest.mark.parametrize("tool", list(installed()), ids=lambda tool: tool.name)


def without_metadata(media_type: MediaType) -> bytes:
    return {MP4: media.mp4, QUICKTIME: media.mov}.get(media_type, lambda: clean(media_type))()


def remaining(data: bytes, media_type: MediaType) -> dict[str, object]:
    """Return the tags that are not on the list."""
    return {
        name: value
        for name, value in READER.tags(data, media_type.extensions[0]).items()
        if MAY_REMAIN.fullmatch(_COPY.sub("", name)) is None
        and not (DATES.fullmatch(_COPY.sub("", name)) and value == "0000:00:00 00:00:00")
    }


@every_tool
@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP, GIF, MP4, QUICKTIME], ids=lambda one: one.extensions[0])
def test_no_writable_tag_remains(
    tool: ExifTool, media_type: MediaType, record_testsuite_property: Callable[[str, object], None]
) -> None:
    data = without_metadata(media_type)
    full = tool.with_every_tag(data, media_type.extensions[0])
    written = remaining(full, media_type)
    record_testsuite_property(f"{media_type.extensions[0]} by {tool.name}", len(written))
    assert len(written) > 3000, "ExifTool has written too little to prove anything"
    after = published(full, media_type)
    assert remaining(after, media_type) == {}
    assert SECRET not in after
    if media_type in IMAGES:
        assert frames(after) == frames(data)
    else:
        assert packets(after) == packets(full)


@pytest.mark.parametrize("media_type", [JPEG, PNG, WEBP], ids=lambda one: one.extensions[0])
def test_the_orientation_remains(media_type: MediaType) -> None:
    block = Image.Exif()
    block[0x0112] = 6
    data = media.encoded(media.picture(48, 32), media_type.extensions[-1].upper(), exif=block.tobytes())
    after = published(READER.with_every_tag(data, media_type.extensions[0]), media_type)
    assert remaining(after, media_type) == {}
    assert orientation_of(after) == 6


# FFmpeg's names for what it writes into `udta`, `meta` and `loci`.
KEYS = (
    *("title", "author", "album_artist", "album", "grouping", "composer", "comment", "copyright", "genre", "lyrics"),
    *(
        "description",
        "synopsis",
        "show",
        "episode_id",
        "network",
        "keywords",
        "location",
        "location-eng",
        "make",
        "model",
    ),
    *("model", "artist", "encoder", "com.apple.quicktime.location.ISO6709", "com.android.version"),
)


def written_by_ffmpeg(media_type: MediaType, flags: str) -> bytes:
    """Make a video with every field that FFmpeg knows, a time code, subtitles, chapters and a data track."""
    buffer = io.BytesIO()
    container = {MP4: "mp4", QUICKTIME: "mov"}[media_type]
    with av.open(buffer, "w", format=container, options={"movflags": flags} if flags else {}) as output:
        for key in KEYS:
            output.metadata[key] = "+51.5074-000.1278/" if "location" in key else SECRET.decode()
        output.metadata["creation_time"] = output.metadata["date"] = "2025-11-15T12:34:56Z"
        video = output.add_stream("mpeg4", rate=10)
        video.time_base = Fraction(1, 10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.metadata.update({"handler_name": SECRET.decode(), "title": SECRET.decode(), "timecode": "12:34:56:00"})
        chapter: Any = {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000)}
        output.set_chapters([chapter | {"metadata": {"title": SECRET.decode()}}])
        for number in range(10):
            frame = av.VideoFrame(64, 48, "rgb24")
            frame.planes[0].update(media.picture(64, 48, phase=number).tobytes())
            frame.pts = number
            output.mux(video.encode(frame))
        output.mux(video.encode())
    return buffer.getvalue()


@pytest.mark.parametrize("media_type", [MP4, QUICKTIME], ids=lambda one: one.extensions[0])
@pytest.mark.parametrize(
    "flags", ["", "use_metadata_tags", "frag_keyframe+empty_moov", "frag_keyframe+default_base_moof"]
)
def test_no_metadata_written_by_ffmpeg_remains(media_type: MediaType, flags: str) -> None:
    full = written_by_ffmpeg(media_type, flags)
    assert SECRET in full
    assert len(remaining(full, media_type)) > 10
    after = published(full, media_type)
    assert remaining(after, media_type) == {}
    assert SECRET not in after
    assert b"+51.5074" not in after
    assert packets(after) == packets(full)
