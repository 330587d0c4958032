import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.media import file_types
from asset_api.media.file_types import GIF, JPEG, MP4, PNG, QUICKTIME, SUPPORTED, SUPPORTED_EXTENSIONS, WEBP, MediaType
from asset_api.platform.errors import ApiError
from tests.refusals import refusal_of

EXTENSIONS = {"jpg": JPEG, "jpeg": JPEG, "png": PNG, "gif": GIF, "webp": WEBP, "mp4": MP4, "mov": QUICKTIME}


def test_the_supported_list_is_that_of_the_contract() -> None:
    assert ", ".join(SUPPORTED_EXTENSIONS) == "jpg, jpeg, png, gif, webp, mp4, mov"
    assert file_types.MAX_BYTES == 52_428_800


@pytest.mark.parametrize(("extension", "expected"), EXTENSIONS.items())
@pytest.mark.parametrize("content_type", [None, "", "application/octet-stream", "Application/Octet-Stream; x=y"])
def test_without_a_content_type_the_name_decides(extension: str, expected: MediaType, content_type: str | None) -> None:
    assert file_types.declared(f"a.b.{extension.upper()}", content_type) is expected


@pytest.mark.parametrize("expected", SUPPORTED, ids=lambda each: each.mime)
@pytest.mark.parametrize("name", ["photo", ".hidden", "name with spaces"])
def test_without_an_extension_the_content_type_decides(expected: MediaType, name: str) -> None:
    assert file_types.declared(name, f"{expected.mime.upper()}; charset=x") is expected


@given(st.sampled_from(sorted(EXTENSIONS)), st.sampled_from(SUPPORTED))
def test_name_and_content_type_must_agree(extension: str, typed: MediaType) -> None:
    if EXTENSIONS[extension] is typed:
        assert file_types.declared(f"a.{extension}", typed.mime) is typed
    else:
        with pytest.raises(ApiError, match="Invalid file type: the name says"):
            file_types.declared(f"a.{extension}", typed.mime)


@given(st.text(max_size=50), st.one_of(st.none(), st.text(max_size=80)))
def test_anything_else_is_refused_with_the_supported_list(name: str, content_type: str | None) -> None:
    if refusal := refusal_of(lambda: file_types.declared(name, content_type)):
        assert (refusal.status, refusal.title) == (400, "Invalid file type")
        assert refusal.detail.endswith("Supported: jpg, jpeg, png, gif, webp, mp4, mov")
        assert len(refusal.detail) < 250


@pytest.mark.parametrize(
    ("mime", "expected"),
    [("image/jpeg", JPEG), ("IMAGE/JPG ; q=1", JPEG), ("video/quicktime", QUICKTIME), ("text/html", None), ("", None)],
)
def test_reads_a_media_type(mime: str, expected: MediaType | None) -> None:
    assert file_types.from_mime(mime) is expected
