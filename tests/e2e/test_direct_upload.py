"""Upload, small: one request."""

from collections.abc import Iterator

import pytest

from tests import media
from tests.e2e.client import SUPPORTED, Caller, refused, succeeded
from tests.e2e.local_stack import LocalStack
from tests.samples import CLEAN, MIME

DIRECT_LIMIT = 4 * 1024 * 1024
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
OF_ANOTHER_TYPE = [
    ("image.jpg", media.gif()),
    ("image.png", media.jpeg()),
    ("clip.mp4", media.mov()),
    ("clip.mov", media.mp4()),
    ("image.webp", b"RIFF\x24\x00\x00\x00WAVEfmt "),
    ("page.jpg", b"<!doctype html><script>alert(1)</script>"),
    ("program.png", b"MZ" + bytes(512)),
]


@pytest.mark.parametrize("extension", CLEAN)
def test_a_small_file_is_public_and_listed_at_once(extension: str, alice: Caller, stack: LocalStack) -> None:
    name, data = f"sample.{extension}", CLEAN[extension]
    response = alice.upload(name, data)
    body = succeeded(response, 201)
    asset_id = body["asset_id"]
    url = f"{stack.url}/api/v2/assets/{asset_id}"
    assert body == {"success": True, "url": url, "asset_id": asset_id, "filename": name, "size_bytes": len(data)}
    assert response.headers["location"] == url
    public = alice.http.get(url)
    assert (public.status_code, public.headers["content-type"]) == (200, MIME[extension])
    assert public.content == data
    assert alice.listed_ids() == [asset_id]


def test_an_upper_case_extension_is_accepted(alice: Caller) -> None:
    asset_id = alice.uploaded("IMAGE.JPG", media.jpeg())["asset_id"]
    assert alice.metadata(asset_id).json()["file_type"] == "image/jpeg"


def test_an_unknown_content_type_is_derived_from_the_file_name(alice: Caller) -> None:
    asset_id = alice.uploaded("clip.mov", media.mov(), "application/octet-stream")["asset_id"]
    assert alice.get(asset_id).headers["content-type"] == "video/quicktime"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Übersicht 日本語 🦊.png", "Übersicht 日本語 🦊.png"),
        ("../../etc/image.png", "image.png"),
        (r"C:\Users\alice\image.png", "image.png"),
        ('say "cheese".png', 'say "cheese".png'),
    ],
)
def test_a_file_name_is_kept_without_its_folders(sent: str, kept: str, alice: Caller) -> None:
    body = alice.uploaded(sent, media.png())
    assert body["filename"] == kept
    assert alice.metadata(body["asset_id"]).json()["filename"] == kept


def test_exactly_4_mib_is_accepted(alice: Caller) -> None:
    data = media.padded_mp4(DIRECT_LIMIT)
    asset_id = alice.uploaded("clip.mp4", data)["asset_id"]
    assert alice.get(asset_id).content == data


def test_one_byte_over_4_mib_is_refused_with_a_hint_to_the_form(alice: Caller) -> None:
    assert_names_the_form(refused(alice.upload("clip.mp4", media.padded_mp4(DIRECT_LIMIT + 1)), 413))
    assert alice.listed_ids() == []


def test_a_much_larger_file_is_refused_by_its_content_length(alice: Caller) -> None:
    assert_names_the_form(refused(alice.upload("clip.mp4", media.padded_mp4(2 * DIRECT_LIMIT)), 413))


def test_a_file_over_the_limit_without_a_content_length_is_refused(alice: Caller) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n'
        yield media.padded_mp4(DIRECT_LIMIT + 100_000)
        yield b"\r\n--x--\r\n"

    response = alice.send("POST", "/api/v2/upload-asset", content=body(), headers=MULTIPART)
    assert_names_the_form(refused(response, 413))


@pytest.mark.parametrize(("name", "data"), OF_ANOTHER_TYPE)
def test_a_file_of_another_type_than_declared_is_refused(name: str, data: bytes, alice: Caller) -> None:
    detail = refused(alice.upload(name, data), 400)
    assert detail.startswith("Invalid file type")
    assert detail.endswith(f"Supported: {SUPPORTED}")
    assert alice.listed_ids() == []


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("note.txt", "text/plain"),
        ("page.html", "text/html"),
        ("image.svg", "image/svg+xml"),
        ("image.bmp", None),
        ("archive.jpg.zip", None),
        ("name-alone", None),
        ("image.jpg", "image/png"),
        ("image.jpg", "text/html"),
    ],
)
def test_an_unsupported_type_is_refused_with_the_supported_ones(
    name: str, content_type: str | None, alice: Caller
) -> None:
    detail = refused(alice.upload(name, media.jpeg(), content_type), 400)
    assert detail.startswith("Invalid file type")
    assert detail.endswith(f"Supported: {SUPPORTED}")


def test_an_empty_file_is_refused(alice: Caller) -> None:
    assert refused(alice.upload("image.jpg", b""), 400).startswith("Empty file")


def test_a_body_without_a_part_named_file_is_refused(alice: Caller) -> None:
    response = alice.send("POST", "/api/v2/upload-asset", files={"image": ("image.png", media.png())})
    assert refused(response, 422).startswith("file: ")


def test_two_files_in_one_request_are_refused(alice: Caller) -> None:
    files = [("file", ("one.png", media.png())), ("file", ("two.png", media.png()))]
    assert refused(alice.send("POST", "/api/v2/upload-asset", files=files), 422).startswith("file: ")


def test_a_part_without_a_file_name_is_refused(alice: Caller) -> None:
    content = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--\r\n'
    response = alice.send("POST", "/api/v2/upload-asset", content=content, headers=MULTIPART)
    assert refused(response, 422).startswith("file: ")


@pytest.mark.parametrize("content", [b"", b"no parts", b"--x\r\nContent-Disposition: form-data; na"])
def test_a_malformed_multipart_body_is_refused(content: bytes, alice: Caller) -> None:
    response = alice.send("POST", "/api/v2/upload-asset", content=content, headers=MULTIPART)
    assert refused(response, 422).startswith(("body: ", "file: "))


def test_refused_uploads_do_not_count(alice: Caller) -> None:
    refused(alice.upload("image.jpg", media.gif()), 400)
    refused(alice.upload("image.jpg", b""), 400)
    refused(alice.ask_for_form("note.txt"), 400)
    response = alice.upload("image.png", media.png())
    assert response.headers["ratelimit"] == '"uploads";r=9;t=60'


def assert_names_the_form(detail: str) -> None:
    assert "4 MiB" in detail
    assert "upload form" in detail
    assert "/api/v2/upload-asset as application/json" in detail
