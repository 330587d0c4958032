"""URLs that imports accept: never a private address, however it is written."""

import contextlib
import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asset_api.imports.public_hosts import PublicHosts
from asset_api.platform import outbound
from asset_api.platform.errors import ApiError
from asset_api.platform.locations import Location

PUBLIC = PublicHosts(allow_private=False)
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.1", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::",
    "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    "2600:1f18::5efe:7f00:1", "2600:1f18::200:5efe:a00:1",
]  # fmt: skip
REACHABLE = ["8.8.8.8", "1.1.1.1", "151.101.1.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", REACHABLE)
def test_addresses_on_the_internet_are_public(address: str) -> None:
    assert outbound.is_public(address)


@given(st.ip_addresses(v=6))
@example(ipaddress.IPv6Address("64:ff9b::1"))
def test_an_ipv6_address_is_public_only_if_it_is_global_unicast(address: object) -> None:
    text = str(address)
    if outbound.is_public(text):
        assert text[0] in "23" or text.startswith("::ffff:")


def refused_detail(url: str) -> str:
    with pytest.raises(ApiError) as refused:
        PUBLIC.require(url)
    assert refused.value.status == 422
    return refused.value.detail


@pytest.mark.parametrize("address", PRIVATE)
def test_a_url_with_a_private_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert "private address" in refused_detail(f"http://{host}/")


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "1.2.3.4.5",
     "256.1.1.1",
     "127.0.0.0x1", "0x", "a.example.0x7f", "[fe80::1%25eth0]", "[::1", "::1", "[v1.x]", "a..b", "", "-", "a%2eb",
     "127.0.0.1%00.example.com", "example.com%0d%0aHost:", "user@example.com", ":pw@example.com",
     "example.com\\@127.0.0.1", "xn--\u00e4", "\uff05\uff12\uff15"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_ambiguous_ip_address_is_refused(host: str, scheme: str) -> None:
    assert refused_detail(f"{scheme}://{host}/").startswith("url: ")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "private"),
        ("\uff11\uff12\uff17.0.0.1", "private"),
        ("127\u30020\u30020\u30021", "private"),
        ("\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3", None),
    ],
)
def test_other_scripts_are_normalized_by_idna(host: str, expected: str | None) -> None:
    if expected is None:
        assert PUBLIC.require(f"http://{host}/").host == "localhost"
    else:
        assert expected in refused_detail(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    ["https://example.com:22/", "https://example.com:8443/", "http://example.com:0/", "ftp://example.com/", "file:///etc",
     "gopher://example.com/", "data:,x", "//example.com/", "example.com", "https:example.com", "https:///a",
     "http://a\r\nHost: b/", "http://a/\n", "http://a/\x00", "http://a b/", "http://a/\u2028", "http://a/\ud800"],
)  # fmt: skip
def test_other_urls_are_refused(url: str) -> None:
    refused_detail(url)


@given(st.text(max_size=40) | st.text(max_size=30).map("http://{}".format))
def test_any_text_is_a_location_or_a_422(url: str) -> None:
    with contextlib.suppress(ApiError):
        assert PUBLIC.require(url).port in (80, 443)


@pytest.mark.parametrize("allow_private", [False, True])
def test_redirects_from_https_to_http_are_refused(allow_private: bool) -> None:
    rules = PublicHosts(allow_private)
    secure, plain = Location.from_url("https://a.example/"), Location.from_url("http://b.example/")
    assert "https to http" in (rules.refusal(plain, secure) or "")
    assert [rules.refusal(secure, plain), rules.refusal(plain, plain), rules.refusal(secure, secure)] == [None] * 3
