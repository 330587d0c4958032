"""Bombs and broken files, each in a separate process with the function's memory and time."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from asset_api.media import file_types
from asset_api.media.inspection import inspect
from asset_api.media.reader import InMemory, MalformedFile, Reader
from asset_api.platform import errors
from tests import limited_process
from tests.corpus.image_bombs import DECODABLE, TOO_LARGE, UNDECODABLE
from tests.limited_process import MAX_MEGABYTES
from tests.unit.media.removal import published

DISTRIBUTIONS = sorted(
    path
    for path in (Path(__file__).parents[2] / "corpus" / "distributions").glob("*/*")
    if path.suffix in {".png", ".gif", ".jpg"}
)
# Of one CPU, within the 28 seconds of an invocation.
MAX_CPU_SECONDS = 10
RENDER = """
import json, sys
from pathlib import Path
from asset_api.assets.rendition_names import Rendition
from asset_api.media import file_types
from asset_api.renditions import images
from asset_api.renditions.renditions import UnrenderableError
ends = {}
for path in map(Path, sys.argv[1:]):
    try:
        ends[path.name] = len(images.render(path, file_types.declared(path.name, None), Rendition(320, "webp")))
    except UnrenderableError as error:
        ends[path.name] = error.reason
print(json.dumps(ends))
"""


def rendered(files: Mapping[str, Callable[[], bytes]], scratch: Path) -> dict[str, Any]:
    """Return the size of each rendition, or the reason for none."""
    for name, make in files.items():
        (scratch / name).write_bytes(make())
    paths = [scratch / name for name in files]
    ends, megabytes = limited_process.run(RENDER, paths, cpu_seconds=MAX_CPU_SECONDS, timeout_seconds=600)
    assert megabytes < MAX_MEGABYTES
    assert ends.keys() == files.keys()
    return dict(ends)


@pytest.mark.parametrize("name", DECODABLE)
def test_valid_bombs_take_little_time_and_memory(name: str, tmp_path: Path) -> None:
    assert isinstance(rendered({name: DECODABLE[name]}, tmp_path)[name], int)


def test_more_than_a_hundred_megapixels_are_refused_by_the_header(tmp_path: Path) -> None:
    assert all("100 megapixels" in end for end in rendered(TOO_LARGE, tmp_path).values())


def test_other_formats_are_refused(tmp_path: Path) -> None:
    assert set(rendered(UNDECODABLE, tmp_path).values()) == {"the file cannot be decoded"}


def test_images_that_crashed_decoders_have_a_rendition_or_a_reason(tmp_path: Path) -> None:
    ends = rendered({path.name: path.read_bytes for path in DISTRIBUTIONS}, tmp_path)
    assert len(ends) == 29
    assert {name for name, end in ends.items() if isinstance(end, int)} == {
        "badadler.png",
        "badcrc.png",
        "broken_exif_dpi.jpg",
        "decompression_bomb_extents.gif",
        "empty_ancillary_chunks.png",
        "huge_IDAT.png",
        "invalid-exif-without-x-resolution.jpg",
        "truncated_jpeg.jpg",
    }


@pytest.mark.parametrize("path", DISTRIBUTIONS, ids=lambda path: path.name)
def test_images_that_crashed_decoders_are_cleaned_or_refused(path: Path) -> None:
    data, declared = path.read_bytes(), file_types.declared(path.name, None)
    assert declared is not None
    with suppress(errors.ApiError, MalformedFile):  # the API responds with 400
        inspect(Reader(InMemory(data), len(data)), declared)
        published(data, declared)
