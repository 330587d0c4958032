"""Names of renditions."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import public_urls, rendition_names
from asset_api.assets.rendition_names import Rendition

ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
SIZES = [f"w{width}.{ending}" for width, ending in itertools.product((160, 320, 640, 960, 1280, 1920), ("webp", "jpg"))]
FRAMES = [
    f"frame-{frame}{rest}"
    for frame in ("first", "last", "poster")
    for rest in (".png", *(f"-{size}" for size in SIZES))
]


@pytest.mark.parametrize("name", [*SIZES, *FRAMES])
def test_every_supported_name_round_trips(name: str) -> None:
    rendition = Rendition.parse(name)
    assert rendition is not None
    assert rendition.name == name
    assert rendition.kind == ("video" if name.startswith("frame-") else "image")
    assert rendition.public_path(ASSET_ID) == f"/api/v2/assets/{ASSET_ID}/{name}"
    folder = "frames/" if name.startswith("frame-") else ""
    assert rendition.object_key(ASSET_ID) == f"api/v2/assets/{ASSET_ID}/{folder}{name}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "w320",
        "w320.png",
        "w321.webp",
        "w0320.webp",
        "W320.webp",
        "w320.webp\n",
        " w320.webp",
        "w320.jpeg",
        "w\u0663\u0662\u0660.webp",
        "frame-last",
        "frame-last.webp",
        "frame-middle.png",
        "frame-last-w320.png",
        "frame-w320.webp",
        "frame-first-w321.jpg",
        "frames/frame-last.png",
    ],
)
def test_other_names_are_not_renditions(name: str) -> None:
    assert Rendition.parse(name) is None


@given(st.from_regex(r"(frame-)?(first|last|poster|w)?-?w?[0-9]{1,4}\.(webp|jpg|png)", fullmatch=True))
def test_a_parsed_name_formats_to_itself(name: str) -> None:
    rendition = Rendition.parse(name)
    assert rendition is None or rendition.name == name


def test_lists_show_thumbnails_of_images_and_posters_of_videos() -> None:
    assert public_urls.thumbnail_path(ASSET_ID, "image") == rendition_names.THUMBNAIL.public_path(ASSET_ID)
    assert public_urls.thumbnail_path(ASSET_ID, "video") == rendition_names.POSTER.public_path(ASSET_ID)
