"""File names crafted to become something else: a header, a form field, a folder, another type."""

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests import media
from tests.functions.gateway import Caller, Response

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

HOSTILE = [
    "a\r\nSet-Cookie: s=1\r\n\r\n<script>.png",
    "a\"; filename*=UTF-8''evil.html; x=\".png",
    "a\nContent-Type: text/html\n\n.png",
    "a\u2028\u2029\u0085b.png",
    "a\0.html\0.png",
    "../../../etc/passwd.png",
    "..\\..\\windows\\a.png",
    "/absolute.png",
    "%2e%2e%2fa%0d%0ab.png",
    "${filename}.png",
    '","acl":"public-read","x":".png',
    "=?utf-8?B?YQ==?=.png",
    "\u202egpj.exe.png",
    "<img src=x onerror=alert(1)>.png",
    "{{7*7}}${7*7}#{7*7}.png",
    "'; DROP TABLE assets; --.png",
    ":owner#asset.png",
    "é" * 251 + ".png",
    "💣" * 251 + ".png",
]


def assert_plain_headers(response: Response) -> None:
    for name, value in response.headers.items():
        assert (name + value).isascii(), (name, value)
        assert (name + value).isprintable(), (name, value)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_the_name_in_a_form_stays_a_name(name: str, alice: Caller) -> None:
    response = alice.ask_for_form(filename=name)
    assert response.status == 201
    assert_plain_headers(response)
    fields = response.json()["upload"]["fields"]
    assert all(text.isascii() and text.isprintable() for field in fields.items() for text in field)
    assert "${" not in "".join(fields.values())  # S3 would expand ${filename}
    policy = json.loads(base64.b64decode(fields["policy"]))
    conditions = [condition for condition in policy["conditions"] if isinstance(condition, dict)]
    assert {"key": fields["key"]} in conditions
    assert not any("acl" in condition for condition in conditions)
    assert fields["key"] == f"uploads/{response.json()['asset_id']}"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_the_name_of_a_published_file_stays_a_name(name: str, alice: Caller, s3: "S3Client") -> None:
    response = alice.upload(name, media.png())
    assert response.status == 201, response.body
    assert_plain_headers(response)
    shown = response.json()["filename"]
    assert not set("\r\n\0/\\\u0085\u202e") & set(shown)
    stored = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{response.json()['asset_id']}")
    disposition = stored["ContentDisposition"]
    assert disposition.startswith('inline; filename="')
    assert disposition.isascii()
    assert disposition.isprintable()
    # Nothing in the name ends the quoted string.
    assert disposition.count('"') == 2
    assert stored["ContentType"] == "image/png"
    assert alice.list().json()["assets"][0]["filename"] == shown
