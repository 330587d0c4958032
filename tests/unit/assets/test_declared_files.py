"""The file name and type that a request declares."""

from asset_api.assets import filenames
from asset_api.assets.admissions import declared_file
from asset_api.media.file_types import JPEG
from tests.refusals import refusal_of


def test_accepts_a_short_name_after_a_long_path() -> None:
    folders = "folder/" * 584
    assert len(folders + "a.jpg") <= filenames.MAX_SENT_CHARACTERS
    assert declared_file(folders + "a.jpg", None) == ("a.jpg", JPEG)


def test_ignores_everything_beyond_the_name_limit() -> None:
    for name in ("x" * 6_000_000 + ".jpg", "folder/" * 1_000_000 + "a.jpg", "a.jpg" + "\0" * 6_000_000):
        refusal = refusal_of(lambda name=name: declared_file(name, None))  # type: ignore[misc]
        assert refusal is not None
        assert refusal.status == 422
        assert refusal.detail.startswith("filename: must")
