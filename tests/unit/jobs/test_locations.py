"""Arbitrary texts as URLs of outputs: each is requested or permanently refused, and none is an internal error."""

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asset_api.generation import prediction_outputs
from asset_api.generation.prediction_outputs import NoVideoError
from asset_api.generation.provider_hosts import ProviderHosts
from asset_api.jobs.downloads import Downloader, DownloadFailedError, RefusedDownloadError
from asset_api.platform.locations import Location
from asset_api.platform.outbound import addresses_of

PROVIDER = "replicate.delivery"
VISIBLE_ASCII = re.compile(r"[!-~]+")
# Dots of other scripts that IDNA treats as dots, and other input that has broken parsers and resolvers.
ODD = "..\u3002\uff0e\u00df\u0130\u200d\x00\t\n\r /\\@:[]%#?&=;\ud800\U0001f600"
odd_texts = st.text(st.sampled_from(ODD) | st.characters(), max_size=12)
labels = st.one_of(
    st.sampled_from(["", "a", "-", "_", "xn--", "xn--zz", "x" * 63, "x" * 64, "1", "0x7f", "%00", "*", "\u00e4"]),
    odd_texts,
)
hosts = st.one_of(
    st.lists(labels, max_size=4).map(lambda parts: ".".join([*parts, PROVIDER])),
    st.sampled_from(["[::1]", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]", "[", "]", "[x]", "1.2.3.4", PROVIDER + "."]),
    odd_texts,
)
urls = st.one_of(
    st.text(),
    st.tuples(
        st.sampled_from(["https://", "http://", "HTTPS://", "https:", "//", "ftp://", ""]),
        st.sampled_from(["", "user@", "user:pw@"]),
        hosts,
        st.sampled_from(["", ":", ":0", ":443", ":65536", ":-1", ":\u0661", ": 1"]),
        st.sampled_from(["", "/"]),
        odd_texts,
    ).map("".join),
)


class ResolvedError(Exception):
    """The URL was accepted, and its host is being looked up."""


@given(urls)
@example(f"https://a..{PROVIDER}/video.mp4")
@example(f"https://{'x' * 64}.{PROVIDER}/video.mp4")
@example(f"https://{PROVIDER}/\ud800")
def test_any_url_parses_to_safe_parts_or_is_a_value_error(url: str) -> None:
    try:
        location = Location.from_url(url)
    except ValueError:
        return
    assert location.scheme in ("http", "https")
    assert 0 < location.port < 65536
    assert location.target.startswith("/")
    for part in (location.host, location.authority, location.target):
        assert VISIBLE_ASCII.fullmatch(part)
    assert location.host.encode("idna").decode() == location.host


@given(urls)
def test_any_url_is_resolved_or_refused_permanently(url: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        assert host == PROVIDER or host.endswith("." + PROVIDER)
        raise ResolvedError

    downloader = Downloader(ProviderHosts((f"https://{PROVIDER}",), allow_private=False), resolve)
    with (
        pytest.raises((RefusedDownloadError, ResolvedError)),
        downloader.open(url, max_bytes=1, max_seconds=1),
    ):
        pass


@given(st.text(st.sampled_from(ODD) | st.characters(), max_size=30))
@example("/a:99999/")
@example("/[")
def test_any_path_is_requested_or_refused_permanently(path: str) -> None:
    """Nothing listens there, so every accepted request is a retryable failure."""
    origin = "http://127.0.0.1:1"
    downloader = Downloader(ProviderHosts((origin,), allow_private=True))
    with (
        pytest.raises((RefusedDownloadError, DownloadFailedError)),
        downloader.open(f"{origin}/{path}", max_bytes=1, max_seconds=1),
    ):
        pass


@pytest.mark.parametrize("label", ["", "x" * 64, "a..b", "\x00"])
def test_an_impossible_host_name_is_refused_without_a_lookup(label: str) -> None:
    downloader = Downloader(ProviderHosts((f"https://{PROVIDER}",), allow_private=False), addresses_of)
    url = f"https://{label}.{PROVIDER}/video.mp4"
    with pytest.raises(RefusedDownloadError, match="malformed URL"), downloader.open(url, max_bytes=1, max_seconds=1):
        pass


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://A.example", Location("https", "a.example", 443, "/")),
        ("https://a.example:443/b?c#d", Location("https", "a.example", 443, "/b?c")),
        ("http://a.example:8080/b c/%C3%A4\u00e4", Location("http", "a.example", 8080, "/b%20c/%C3%A4%C3%A4")),
        ("https://m\u00fcnchen.example/", Location("https", "xn--mnchen-3ya.example", 443, "/")),
        ("http://[0::1]:81/", Location("http", "::1", 81, "/")),
    ],
)
def test_reads_urls_as_browsers_do(url: str, location: Location) -> None:
    assert Location.from_url(url) == location


def test_the_host_header_includes_only_a_non_default_port() -> None:
    authorities = [Location.from_url(url).authority for url in ("https://a:443/", "https://a:80/", "http://[::1]:81/")]
    assert authorities == ["a", "a:80", "[::1]:81"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | urls | odd_texts.map("data:,{}".format),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(json_values)
@example("data:,\ud800")
@example("data:;base64,\ud800")
def test_any_output_has_a_video_or_none(output: object) -> None:
    with contextlib.suppress(NoVideoError):
        url = prediction_outputs.video_url(output)
        assert url.startswith(("https://", "http://", "data:"))
        if url.startswith("data:"):
            assert len(prediction_outputs.decode_data_url(url, 100)) <= 100
