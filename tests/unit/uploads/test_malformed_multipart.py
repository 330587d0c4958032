"""Malformed `multipart/form-data` bodies: each yields the complete, unchanged file or a 422."""

import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import filenames
from asset_api.platform.errors import ApiError
from asset_api.uploads import multipart
from asset_api.uploads.multipart import FilePart
from tests import machine
from tests.refusals import refusal_of

TYPE = "multipart/form-data; boundary=b"
START = b"--b\r\n"
DISPOSITION = b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
END = b"\r\n--b--\r\n"
BODY = START + DISPOSITION + b"\r\nx" + END
MALFORMED = "body: is not a well-formed multipart/form-data body"
NOT_A_FILE = "file: must be a file: its part has no file name"


def disposition(rest: bytes) -> bytes:
    return START + b'Content-Disposition: form-data; name="file"' + rest + b"\r\n\r\nx" + END


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="b"',
        "multipart/form-data;boundary=b",
        "MULTIPART/FORM-DATA; BOUNDARY=b",
        "multipart/form-data; charset=utf-8; boundary=b",
        "multipart/form-data; boundary=b; charset=utf-8",
        "multipart/form-data; " + 'a="; ' * 1000 + "boundary=b",
    ],
    ids=range(6),
)
def test_accepts_every_valid_form_of_boundary(content_type: str) -> None:
    assert multipart.file_part(content_type, BODY) == FilePart("a.jpg", None, b"x")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary*=utf-8''b",
        'multipart/form-data; boundary="b\r\nX: y"',
        'multipart/form-data; boundary="b\0"',
        "multipart/form-data; boundary=\udcff",
        "multipart/form-data; boundary=B",
        f"multipart/form-data; boundary={'b' * 100_000}",
    ],
    ids=range(10),
)
def test_refuses_a_missing_or_different_boundary(content_type: str) -> None:
    with pytest.raises(ApiError) as refusal:
        multipart.file_part(content_type, BODY)
    assert (refusal.value.status, refusal.value.detail) == (422, MALFORMED)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (BODY.replace(b"\r\n", b"\n"), MALFORMED),
        (BODY.replace(b"\r\n", b"\r"), MALFORMED),
        (b"preamble\r\n" + BODY, MALFORMED),
        (START + DISPOSITION + b"no colon\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b"X\0: y\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b": y\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b" folded\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b"X: " + b"y" * 1_000_000 + b"\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b"X: y\r\n" * 10_000 + b"\r\nx" + END, MALFORMED),
        (disposition(b"; a=b" * 10_000), MALFORMED),
        (disposition(b'; filename="' + b'\\"' * 10_000 + b'"'), MALFORMED),
        (START + b"\r\nx" + END, MALFORMED),
        (START + b'Content-Disposition: form-data; filename="a.jpg"\r\n\r\nx' + END, MALFORMED),
        (START + b"Content-Disposition: form-data; name*=utf-8''file; filename=\"a.jpg\"\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b"Content-Transfer-Encoding: base64\r\n\r\ne!!" + END, MALFORMED),
        (START + DISPOSITION + b"Content-Transfer-Encoding: gzip\r\n\r\nx" + END, MALFORMED),
        (START + DISPOSITION + b"Content-Transfer-Encoding: \xff\r\n\r\nx" + END, MALFORMED),
        (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n' * 20_000 + BODY, MALFORMED),
        (disposition(b""), NOT_A_FILE),
        # RFC 7578, section 4.2, forbids these forms: they could hide a name from code that reads the plain parameter.
        (disposition(b"; filename*=UTF-8''%E2%82%AC.jpg"), NOT_A_FILE),
        (disposition(b"; filename*=UTF-8''%FF.jpg"), NOT_A_FILE),
        (disposition(b"; filename*=zlib''x.jpg"), NOT_A_FILE),
        (disposition(b"; filename*=x.jpg"), NOT_A_FILE),
        (disposition(b'; filename*0="a"; filename*1=".jpg"'), NOT_A_FILE),
        (
            START + b'Content-Disposition: form-data; name="file"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n'
            b'--c\r\nContent-Disposition: file; filename="a.jpg"\r\n\r\nx\r\n--c--' + END,
            NOT_A_FILE,
        ),
    ],
    ids=range(25),
)
def test_refuses_malformed_bodies_and_bodies_without_a_file(body: bytes, detail: str) -> None:
    with pytest.raises(ApiError) as refusal:
        multipart.file_part(TYPE, body)
    assert (refusal.value.status, refusal.value.detail) == (422, detail)


def test_a_truncated_body_is_refused() -> None:
    """A file is never incomplete: the closing boundary is required."""
    whole = START + b'Content-Disposition: form-data; name="note"\r\n\r\nhi\r\n' + BODY
    for length in range(len(whole) - len(b"\r\n")):
        refusal = refusal_of(partial(multipart.file_part, TYPE, whole[:length]))
        assert refusal is not None, whole[:length]
        assert refusal.status == 422
    assert multipart.file_part(TYPE, whole[:-2]).data == multipart.file_part(TYPE, whole).data == b"x"


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        (b"; filename=\"a.jpg\"; filename*=UTF-8''evil.html", "a.jpg"),
        (b'; filename="a.jpg"; filename="b.png"', "b.png"),
        (b"; filename=a.jpg", "a.jpg"),
        (b'; filename="a;b.jpg"', "a;b.jpg"),
        (b'; filename="C:\\\\fakepath\\\\a.jpg"', "a.jpg"),  # as by old browsers
        (b'; filename="a%22b.jpg"', 'a"b.jpg'),
        (b'; filename="a%0D%0ASet-Cookie: b.jpg"', "a\r\nSet-Cookie: b.jpg"),
        (b'; filename="a\0.jpg"', "a\0.jpg"),
        (b'; filename="\xff\xfe.jpg"', "\ufffd\ufffd.jpg"),
        (b'; filename=""', ""),
    ],
    ids=range(10),
)
def test_any_filename_parameters_yield_one_name(rest: bytes, name: str) -> None:
    part = multipart.file_part(TYPE, disposition(rest))
    assert (part.filename, part.data) == (name, b"x")
    assert not set("\r\n\0/\\") & set(filenames.clean(part.filename))


@pytest.mark.parametrize("encoding", [b"base64", b"BASE64", b"quoted-printable", b"7bit", b"8bit", b"binary"])
def test_a_known_transfer_encoding_is_decoded(encoding: bytes) -> None:
    sent = {b"base64": b"eHg=", b"quoted-printable": b"x=78"}.get(encoding.lower(), b"xx")
    body = START + DISPOSITION + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + sent + END
    assert multipart.file_part(TYPE, body).data == b"xx"


@pytest.mark.parametrize(
    "data",
    [b"\r" * 4_000_000, b"\r\n--" * 1_000_000, (b"\r\n--" + b"b" * 69) * 50_000, b"\r\n" * 2_000_000],
    ids=["CR", "CRLF--", "almost the boundary", "CRLF"],
)
def test_boundary_like_bytes_cost_no_extra_time(data: bytes) -> None:
    """The cost is linear in their number; otherwise 4 MiB could occupy a function until its timeout."""
    boundary = b"b" * 70
    body = b"--" + boundary + b"\r\n" + DISPOSITION + b"\r\n" + data + b"\r\n--" + boundary + b"--\r\n"
    started = time.process_time()
    assert multipart.file_part(f"multipart/form-data; boundary={boundary.decode()}", body).data == data
    assert time.process_time() - started < 10 * machine.slowness()


@given(st.binary(max_size=400), st.integers(0, len(BODY)), st.integers(0, len(BODY)))
def test_any_damage_yields_a_file_or_a_422(noise: bytes, start: int, end: int) -> None:
    refusal = refusal_of(lambda: multipart.file_part(TYPE, BODY[:start] + noise + BODY[end:]))
    assert refusal is None or refusal.status == 422
