"""Colors of renditions: converted to sRGB from the file's color space."""

from pathlib import Path
from typing import Any

import pytest
import pyvips

from asset_api.assets.rendition_names import Rendition
from asset_api.media import file_types
from asset_api.renditions import images

ORANGE = (220, 110, 40)


def rendered(path: Path, media_type: file_types.MediaType) -> Any:
    opened: Any = pyvips.Image.new_from_buffer(images.render(path, media_type, Rendition(160, "webp")), "")
    return opened


@pytest.mark.parametrize("profile", ["srgb", "p3"])
def test_a_profile_is_converted_and_removed(profile: str, tmp_path: Path) -> None:
    srgb: Any = (pyvips.Image.black(200, 200, bands=3) + list(ORANGE)).cast("uchar").copy(interpretation="srgb")
    path = tmp_path / "image.jpg"
    converted = srgb.icc_transform(profile, input_profile="srgb")
    converted.jpegsave(str(path), Q=95)
    is_same = all(abs(a - b) < 3 for a, b in zip(converted(9, 9), ORANGE, strict=True))
    assert is_same == (profile == "srgb")
    shown = rendered(path, file_types.JPEG)
    assert all(abs(a - b) < 5 for a, b in zip(shown(80, 80), ORANGE, strict=True))
    assert not shown.get_typeof("icc-profile-data")


def test_sixteen_bit_gray_keeps_its_brightness(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    gray: Any = (pyvips.Image.black(200, 200) + 0x8080).cast("ushort").copy(interpretation="grey16")
    gray.pngsave(str(path), bitdepth=16)
    shown = rendered(path, file_types.PNG)
    assert (shown.bands, shown.format) == (3, "uchar")
    assert all(abs(value - 0x80) < 3 for value in shown(80, 80))
