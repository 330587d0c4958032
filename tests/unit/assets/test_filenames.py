"""File names: stored names are harmless and headers well-formed, whatever clients send."""

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import filenames
from asset_api.media.file_types import JPEG
from asset_api.publishing.arrivals import Upload

# RFC 6266, section 4.1, with RFC 5987's ext-value and RFC 9110's quoted-string.
DISPOSITION = re.compile(
    r"inline; filename=\"([^\"\\\x00-\x1f\x7f]*)\"(?:; filename\*=UTF-8''((?:[\w.~-]|%[0-9A-F]{2})*))?"
)

awkward = st.sampled_from('"\\/%;=*\r\n\t\0\x7f\u202e\u2066\u2028é日😀 .')
names = st.one_of(st.text(max_size=255), st.text(awkward, max_size=255)).map(filenames.clean).filter(bool)


@given(st.one_of(st.text(), st.text(awkward)))
def test_a_cleaned_name_has_no_path_control_character_or_outer_space(name: str) -> None:
    cleaned = filenames.clean(name)
    assert not set(cleaned) & set("/\\\u202e\u2066")
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned)
    assert cleaned == cleaned.strip()
    assert filenames.clean(cleaned) == cleaned
    cleaned.encode()


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("image.jpg", "image.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\image.jpg", "image.jpg"),
        (" image.jpg\r\n", "image.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("folder/", ""),
        ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
    ],
)
def test_cleaning_a_name(name: str, cleaned: str) -> None:
    assert filenames.clean(name) == cleaned


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("image.jpg", "image.jpg"),
        ("image", "image.jpg"),
        ("2025.11.15", "2025.11.15"),
        (".image.jpg", "image.jpg"),
        (".. .image", "image.jpg"),
        (".jpg", "jpg.jpg"),
        ("...", ""),
        ("é" * 255, "é" * 251 + ".jpg"),
    ],
)
def test_a_published_name_is_visible_and_has_its_types_extension(name: str, published: str) -> None:
    assert filenames.with_type(name, JPEG.extensions) == published


@given(names)
def test_the_content_disposition_header_contains_the_name(name: str) -> None:
    header = filenames.content_disposition(name)
    header.encode("ascii")
    match = DISPOSITION.fullmatch(header)
    assert match
    fallback, extended = match.groups()
    if extended is None:
        assert fallback == name
    elif len(extended) < 1200:
        assert unquote(extended, errors="strict") == name or len(name) > 100


@given(st.text(awkward, min_size=100, max_size=255).map(filenames.clean).filter(bool))
def test_the_header_of_the_longest_name_fits_s3s_limit(name: str) -> None:
    """2 KB for all system-defined metadata of an object (S3 User Guide, "Working with object metadata")."""
    assert len(filenames.content_disposition(name)) <= 1600


@pytest.mark.parametrize(
    "name", ["😀" * 255, "." + "😀" * 254, "a." + "😀" * 253, "😀" * 251 + ".mp4", "😀" * 127 + "." + "😀" * 127]
)
def test_a_name_too_long_for_a_header_is_shortened_to_whole_characters(name: str) -> None:
    header = filenames.content_disposition(name)
    assert len(header) <= 1600
    match = DISPOSITION.fullmatch(header)
    assert match
    shown = unquote(match[2], errors="strict")
    assert shown
    assert name.startswith(shown.removesuffix(".mp4"))
    assert shown.endswith(".mp4") == name.endswith(".mp4")


@given(st.text())
def test_a_name_round_trips_through_metadata(text: str) -> None:
    value = filenames.to_metadata(text)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", value)
    assert filenames.from_metadata(value) == text


@given(st.one_of(st.text(), st.text("AQgw_-=+/!é")))
def test_arbitrary_metadata_decodes_to_text_or_none(value: str) -> None:
    text = filenames.from_metadata(value)
    assert text is None or isinstance(text.encode(), bytes)


@given(st.text(min_size=1, max_size=63), names)
def test_an_upload_round_trips_through_its_metadata(owner: str, filename: str) -> None:
    upload = Upload("id", owner, filename, JPEG, "ab" * 32)
    assert Upload.from_metadata("id", "image/jpeg", upload.to_metadata()) == upload


def test_the_longest_owner_and_name_fit_s3s_metadata_limit() -> None:
    """2 KB for the names and values of user-defined metadata, whether or not their prefix counts."""
    metadata = Upload("id", "😀" * 63 + "abc", "😀" * 255, JPEG, "ab" * 32).to_metadata()
    assert sum(len(f"x-amz-meta-{name}{value}") for name, value in metadata.items()) <= 2048
