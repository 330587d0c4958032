"""The ladder, by its names."""

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
def test_every_name_of_the_ladder_is_read_and_written_alike(name: str) -> None:
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
def test_nothing_else_is_a_rendition(name: str) -> None:
    assert Rendition.parse(name) is None


@given(st.from_regex(r"(frame-)?(first|last|poster|w)?-?w?[0-9]{1,4}\.(webp|jpg|png)", fullmatch=True))
def test_a_name_that_is_read_is_written_alike(name: str) -> None:
    rendition = Rendition.parse(name)
    assert rendition is None or rendition.name == name


def test_lists_show_the_thumbnail_of_an_image_and_the_poster_of_a_video() -> None:
    assert public_urls.thumbnail_path(ASSET_ID, "image") == rendition_names.THUMBNAIL.public_path(ASSET_ID)
    assert public_urls.thumbnail_path(ASSET_ID, "video") == rendition_names.POSTER.public_path(ASSET_ID)
