"""A provider's messages, which may quote a URL by which anyone could read a private asset."""

import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets.signed_urls import UrlSigner
from asset_api.generation import provider_messages
from tests import machine

PATH = "/api/v2/assets/019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
KEYS = st.text(min_size=43, max_size=43)
QUOTED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in quotes": repr,
    "percent-encoded": lambda url: quote(url, safe=""),
    "percent-encoded to the last character": lambda url: "".join(
        f"%{byte:02X}" if byte in b"-_=&?" else chr(byte) for byte in url.encode()
    ),
    "percent-encoded twice": lambda url: quote(quote(url, safe=""), safe=""),
    "as JSON": json.dumps,
    "as JSON for HTML": lambda url: json.dumps(url).replace("&", "\\u0026").replace("=", "\\u003d"),
    "as HTML": html.escape,
    "as HTML, all of it": lambda url: html.escape(url).replace("=", "&#61;"),
    "in capital letters": lambda url: url.replace("signature", "SIGNATURE"),
    "as parsed": lambda url: str(dict(pair.split("=") for pair in urlsplit(url).query.split("&"))),
    "as arguments": lambda url: urlsplit(url).query.replace("&", ", ").replace("=", " = "),
    "by its signature": lambda url: url.rpartition("=")[2],
    "cut": lambda url: url[:-20],
    "on two lines": lambda url: url.replace("&", "\n&").replace("signature=", "signature=\n"),
}


@pytest.mark.parametrize("how", QUOTED)
@given(key=KEYS, before=st.text(max_size=600), after=st.text(max_size=50), expires=st.integers(10**9, 10**10 - 1))
def test_no_quoted_url_keeps_its_signature(how: str, key: str, before: str, after: str, expires: int) -> None:
    url = "https://assets.example.com" + UrlSigner((key,)).sign(PATH, expires)
    signature = url.rpartition("=")[2]
    shown = provider_messages.redact(f"{before} {QUOTED[how](url)} {after}")
    known = "".join(shown.split())
    assert signature[:8] not in known
    assert quote(signature[:8]) not in known
    assert len(shown) <= provider_messages.MAX_CHARACTERS


@pytest.mark.parametrize(
    "words",
    [
        "image: the file at https://assets.example.com/api/v2/assets/1/w320.jpg?a=b cannot be read",
        "version 5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa does not exist",
        "The signature of the model expires soon; the prediction a1b2c3d4e5f6g7h8i9j0k1l2m3 failed",
        "été, 映画: 5 > 4",
    ],
)
def test_other_messages_are_unchanged(words: str) -> None:
    assert provider_messages.redact(words) == words


def test_the_rest_of_a_quoted_url_is_kept() -> None:
    url = "https://assets.example.com" + UrlSigner(("k" * 43,)).sign(PATH, 1_800_000_000)
    words = provider_messages.redact(f"E006: cannot read {url}: 403")
    assert words == f"E006: cannot read https://assets.example.com{PATH}?expires=[removed]&signature=[removed]: 403"


def test_a_non_text_error_is_shown_as_json() -> None:
    assert provider_messages.redact([{"loc": ["é"]}]) == '[{"loc": ["é"]}]'


@pytest.mark.parametrize("part", ["signature", "signature ", "expires=", "a", "-", "%25", "signature=%", "\\", "&#0"])
def test_a_hostile_message_is_cleaned_in_linear_time(part: str) -> None:
    words = part * (64 * 1024 // len(part))
    began = time.process_time()
    provider_messages.redact(words)
    assert time.process_time() - began < 0.1 * machine.slowness()
