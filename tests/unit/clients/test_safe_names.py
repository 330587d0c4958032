"""Names of downloads: safe for any server response, and with the file's extension."""

import unicodedata
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_upload_client.safe_names import numbered, safe_name

NAMES = [
    ("photo.jpg", "image/jpeg", "photo.jpg"),
    ("photo.JPEG", "image/jpeg", "photo.JPEG"),
    ("Ferien am Meer, 夏.png", "image/png", "Ferien am Meer, 夏.png"),
    ("family 👨\u200d👩\u200d👧.png", "image/png", "family 👨\u200d👩\u200d👧.png"),
    ("clip.mov", "video/quicktime; codecs=avc1", "clip.mov"),
    ("photo", "image/jpeg", "photo.jpg"),
    ("photo.gif", "image/jpeg", "photo.gif.jpg"),
    (".bashrc", "image/gif", "bashrc.gif"),
    ("...jpg", "image/jpeg", "jpg.jpg"),
    ("/etc/passwd", "image/png", "passwd.png"),
    ("..\\..\\boot.ini", "image/png", "boot.ini.png"),
    ("a\x1b]0;owned\x07.gif", "image/gif", "a]0;owned.gif"),
    ("gpj.\u202eexe", "image/png", "gpj.exe.png"),
    ('a<b>:"|?*.png', "image/png", "a_b______.png"),
    ("CON.png", "image/png", "download-CON.png"),
    ("lpt1", "image/png", "download-lpt1.png"),
    ("", "image/webp", "download.webp"),
    ("..", "video/mp4", "download.mp4"),
    ("page.html", "text/html", "page.html.bin"),
    ("x", "", "x.bin"),
]


@pytest.mark.parametrize(("name", "content_type", "safe"), NAMES)
def test_names_become_safe(name: str, content_type: str, safe: str) -> None:
    assert safe_name(name, content_type) == safe


@given(st.text(max_size=400), st.sampled_from(["image/jpeg", "video/mp4", "text/html", ""]))
def test_any_name_becomes_visible_short_and_without_a_path(name: str, content_type: str) -> None:
    safe = safe_name(name, content_type)
    assert Path(safe).name == safe
    assert not safe.startswith((".", " "))
    assert len(safe.encode()) <= 255
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in safe)
    assert safe_name(safe, content_type) == safe


def test_numbers_are_inserted_before_the_extension() -> None:
    names = [path.name for path in islice(numbered(Path("photos/a.b.jpg")), 3)]
    assert names == ["a.b.jpg", "a.b (1).jpg", "a.b (2).jpg"]
