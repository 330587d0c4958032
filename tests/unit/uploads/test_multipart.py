from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.platform import http_api
from asset_api.platform.errors import ApiError
from asset_api.uploads import multipart
from tests.refusals import refusal_of

BOUNDARY = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
END = b"\r\n--b--\r\n"


def encoded(files: Any) -> tuple[str, bytes]:
    request = httpx.Request("POST", "http://x", files=files)
    return request.headers["content-type"], request.read()


@given(st.binary(max_size=5000))
def test_keeps_the_bytes_unchanged(data: bytes) -> None:
    part = multipart.file_part(*encoded({"file": ("a.jpg", data, "image/jpeg")}))
    assert (part.filename, part.content_type, part.data) == ("a.jpg", "image/jpeg", data)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda name: "%" not in name))
def test_decodes_the_name_as_browsers_encode_it(name: str) -> None:
    escaped = name.replace('"', "%22").replace("\\", "\\\\")
    body = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{escaped}"\r\n\r\nx'.encode() + END
    assert multipart.file_part(BOUNDARY, body).filename == name


def test_ignores_other_parts() -> None:
    content_type, body = encoded([("note", (None, b"hello")), ("file", ("a.jpg", b"x")), ("more", ("b.jpg", b"y"))])
    assert multipart.file_part(content_type, body).data == b"x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", HEAD + b"\r\nx" + END),
        ("multipart/form-data; boundary=", HEAD + b"\r\nx" + END),
        (f"multipart/form-data; boundary={'b' * 500}", HEAD + b"\r\nx" + END),
        ("multipart/form-data; boundary=€", HEAD + b"\r\nx" + END),
        (BOUNDARY, b"no boundary"),
        (BOUNDARY, b"--b\r\nX: y\r\n\r\nx" + END),
        (BOUNDARY, HEAD + b"Content-Transfer-Encoding: zip\r\n\r\nx" + END),
        (BOUNDARY, (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n') * 101 + b"--b--\r\n"),
    ],
)
def test_refuses_a_body_that_is_malformed(content_type: str, body: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        multipart.file_part(content_type, body)
    assert (refusal.value.status, refusal.value.detail) == (422, "body: is not a well-formed multipart/form-data body")


@pytest.mark.parametrize(
    ("body", "came"), [(b"", 0), (HEAD + b"\r\ncut off", 0), (HEAD + b"\r\nx\r\n" + HEAD + b"\r\ny" + END, 2)]
)
def test_refuses_anything_but_one_file(body: bytes, came: int) -> None:
    with pytest.raises(ApiError, match=f"exactly one file is required in a part named file, not {came}"):
        multipart.file_part(BOUNDARY, body)


@given(st.one_of(st.binary(max_size=300), st.lists(st.sampled_from([HEAD, END, b"\r\n", b"--b", b"x"])).map(b"".join)))
def test_any_bytes_yield_a_file_or_a_422(body: bytes) -> None:
    refusal = refusal_of(lambda: multipart.file_part(BOUNDARY, body))
    assert refusal is None or refusal.status == 422


@given(st.text(max_size=100))
def test_any_boundary_is_accepted_or_refused(boundary: str) -> None:
    with pytest.raises(ApiError):
        multipart.file_part(f"multipart/form-data; boundary={boundary}", b"\0")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("multipart/form-data; boundary=x", True),
        ("Multipart/Form-Data ;x", True),
        ("application/json", False),
        ("", False),
    ],
)
def test_recognizes_multipart_content_types(content_type: str, expected: bool) -> None:
    assert http_api.is_multipart(content_type) == expected
