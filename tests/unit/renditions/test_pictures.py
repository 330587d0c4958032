"""The picture of a frame as a player shows it: colors, shape and orientation."""

import io
import struct
from typing import Any

import pytest
from av.video.frame import VideoFrame

from asset_api.renditions import pictures, videos
from asset_api.renditions.renditions import UnrenderableError
from asset_api.renditions.videos import DecodedFrame
from tests.videos import video

ONE = 0x10000
RED, GREEN, BLUE, WHITE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128)
# Luma of red and blue (ITU-R BT.601-7, BT.709-6, BT.2020-2).
WEIGHTS = {"601": (0.299, 0.114), "709": (0.2126, 0.0722), "2020": (0.2627, 0.0593)}
MATRIX = {"601": 6, "709": 1, "2020": 9}
PQ, HLG = 16, 18


def yuv(color: tuple[float, float, float], matrix: str, *, full: bool = False, bits: int = 8) -> tuple[int, int, int]:
    """Convert a color to YUV samples."""
    (r, g, b), (kr, kb) = (level / 255 for level in color), WEIGHTS[matrix]
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)
    scale = 2 ** (bits - 8)
    if full:
        top = 2**bits - 1
        return round(top * y), *(min(round(top * chroma + 128 * scale), top) for chroma in (u, v))
    return round((16 + 219 * y) * scale), round((128 + 224 * u) * scale), round((128 + 224 * v) * scale)


def frame_of(samples: tuple[int, int, int], pixels: str = "yuv444p", size: tuple[int, int] = (64, 48)) -> VideoFrame:
    frame = VideoFrame(*size, pixels)
    for plane, sample in zip(frame.planes, samples, strict=True):
        one = sample.to_bytes(2, "little") if "10le" in pixels else bytes((sample,))
        plane.update(one * (plane.buffer_size // len(one)))
    return frame


def shown(frame: VideoFrame) -> tuple[int, ...]:
    image: Any = pictures.picture(DecodedFrame(frame, 1.0))
    return tuple(image(image.width // 2, image.height // 2))


@pytest.mark.parametrize("color", [RED, GREEN, BLUE, WHITE, GRAY])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", ["601", "709"])
def test_colors_follow_the_videos_metadata(matrix: str, full: bool, color: tuple[int, int, int]) -> None:
    frame = frame_of(yuv(color, matrix, full=full))
    frame.colorspace, frame.color_range = MATRIX[matrix], 2 if full else 1
    assert shown(frame) == pytest.approx(color, abs=3)


@pytest.mark.parametrize(("height", "matrix"), [(480, "601"), (718, "601"), (720, "709"), (1080, "709")])
def test_unspecified_colors_depend_on_the_size(height: int, matrix: str) -> None:
    assert shown(frame_of(yuv(RED, matrix), size=(64, height))) == pytest.approx(RED, abs=3)


def test_yuvj_pixels_are_full_range() -> None:
    assert shown(frame_of(yuv(GRAY, "601", full=True), "yuvj444p")) == pytest.approx(GRAY, abs=2)


def linear(level: float) -> float:
    """IEC 61966-2-1."""
    share = level / 255
    return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)


def curved(light: float) -> float:
    return 255 * float(12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


# From the primaries of sRGB to those of BT.2020 (ITU-R BT.2087).
TO_2020 = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))


@pytest.mark.parametrize("color", [GRAY, (200, 100, 50), (40, 90, 160), (90, 180, 90)])
def test_a_wide_gamut_becomes_srgb(color: tuple[int, int, int]) -> None:
    light = [linear(level) for level in color]
    wide = [curved(sum(weight * part for weight, part in zip(row, light, strict=True))) for row in TO_2020]
    frame = frame_of(yuv((wide[0], wide[1], wide[2]), "2020", bits=10), "yuv444p10le")
    frame.colorspace = frame.color_primaries = 9
    frame.color_range, frame.color_trc = 1, 14
    # Colors near the edge of sRGB make room for those beyond it.
    assert shown(frame) == pytest.approx(color, abs=12)


def pq(nits: float) -> float:
    """SMPTE ST 2084."""
    level = (nits / 10000) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * level) / (1 + 2392 / 128 * level)) ** (2523 / 32))


def mapped(light: float) -> float:
    """Compute the sRGB level of a gray after Chromium's tone mapping; 1 is graphics white, the peak is 1,000 nits."""
    return curved(min(1.0, light * (1 + light / (1000 / 203) ** 2) / (1 + light)))


def hdr_frame(samples: tuple[int, int, int], transfer: int) -> VideoFrame:
    frame = frame_of(samples, "yuv444p10le")
    frame.colorspace = frame.color_primaries = 9
    frame.color_range, frame.color_trc = 1, transfer
    return frame


@pytest.mark.parametrize("nits", [0, 1, 20, 100, 203, 400, 700, 1000, 4000])
def test_hdr_is_tone_mapped_as_in_a_browser(nits: float) -> None:
    red, green, blue = shown(hdr_frame((round(64 + 876 * pq(nits)), 512, 512), PQ))
    assert red == green == blue == pytest.approx(mapped(nits / 203), abs=2)


def test_hdr_highlights_keep_their_hue() -> None:
    """Clipping every channel above white would turn an orange of 800 nits into a flat yellow."""
    light = [share * 800 / 203 for share in (1.0, 0.5, 0.25)]
    wide = [sum(weight * part for weight, part in zip(row, light, strict=True)) for row in TO_2020]
    coded = tuple(255 * pq(part * 203) for part in wide)
    red, green, blue = shown(hdr_frame(yuv((coded[0], coded[1], coded[2]), "2020", bits=10), PQ))
    brightest = max(wide)
    scale = (1 + brightest / (1000 / 203) ** 2) / (1 + brightest)
    assert (red, green, blue) == pytest.approx([curved(min(1.0, part * scale)) for part in light], abs=4)


def test_hlg_and_pq_have_the_same_graphics_white() -> None:
    """75 % of the signal, on a display of 1,000 nits: ITU-R BT.2408."""
    assert shown(hdr_frame((64 + 657, 512, 512), HLG))[0] == pytest.approx(mapped(1), abs=2)


def test_hlg_grays_stay_in_order() -> None:
    levels = [shown(hdr_frame((64 + round(8.76 * signal), 512, 512), HLG))[0] for signal in range(0, 101, 10)]
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert levels[-1] == pytest.approx(255, abs=1)


def with_matrix(matrix: tuple[int, int, int, int]) -> bytes:
    data = bytearray(video(frames=1, size=(64, 48)))
    struct.pack_into(">ii4xii", data, data.index(b"tkhd") + 4 + 40, *(ONE * number for number in matrix))
    return bytes(data)


def corners(data: bytes) -> tuple[int, int, str]:
    """Return the size, and whether the bar is on the left and the dark end of the gradient at the top."""
    image: Any = pictures.picture(videos.frame(io.BytesIO(data), "first"))
    points = {"tl": (2, 2), "tr": (-3, 2), "bl": (2, -3), "br": (-3, -3)}
    seen = {name: image(x % image.width, y % image.height) for name, (x, y) in points.items()}
    dark = {name for name, (red, *_) in seen.items() if red < 60}
    bars = {name for name, (red, green, _) in seen.items() if red > green + 80}
    assert len(bars) == 2, seen
    assert len(dark) == 1, seen
    return image.width, image.height, f"{'+'.join(sorted(bars))} {'+'.join(dark)}"


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), (64, 48, "bl+tl tr")),
        ((0, 1, -1, 0), (48, 64, "tl+tr br")),
        ((-1, 0, 0, -1), (64, 48, "br+tr bl")),
        ((0, -1, 1, 0), (48, 64, "bl+br tl")),
        # Mirrored, as by front cameras.
        ((-1, 0, 0, 1), (64, 48, "br+tr tl")),
        ((1, 0, 0, -1), (64, 48, "bl+tl br")),
        ((0, 1, 1, 0), (48, 64, "tl+tr bl")),
        ((0, -1, -1, 0), (48, 64, "bl+br tr")),
    ],
)
def test_the_matrix_rotates_and_mirrors(matrix: tuple[int, int, int, int], expected: tuple[int, int, str]) -> None:
    assert corners(with_matrix(matrix)) == expected


@pytest.mark.parametrize(("ratio", "size"), [(1.0, (64, 48)), (2.0, (128, 48)), (0.5, (64, 96)), (12 / 11, (70, 48))])
def test_non_square_pixels_become_square(ratio: float, size: tuple[int, int]) -> None:
    image: Any = pictures.picture(DecodedFrame(frame_of(yuv(GRAY, "601")), ratio))
    assert (image.width, image.height) == size
    assert tuple(image(10, 10)) == pytest.approx(GRAY, abs=3)


def test_an_extreme_aspect_ratio_is_refused() -> None:
    for ratio in (60_000.0, 1 / 60_000):
        with pytest.raises(UnrenderableError, match="would be shown with"):
            pictures.picture(DecodedFrame(frame_of(yuv(GRAY, "601"), size=(640, 480)), ratio))
