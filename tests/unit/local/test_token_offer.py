"""The offer of a token, to the local stack's own page only."""

import pytest

from local import token_offer


@pytest.mark.parametrize("host", ["localhost:8000", "localhost", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("asks", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_the_page_itself_is_offered_a_token(host: str, asks: dict[str, str]) -> None:
    assert token_offer.is_for("127.0.0.1", {"Host": host, **asks})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example.com"},
        {"Host": "localhost.evil.example.com:8000"},
        {"Host": "evil.example.com:8000", "Sec-Fetch-Site": "same-origin"},
        {"Host": "localhost:8000", "Sec-Fetch-Site": "cross-site"},
        {"Host": "localhost:8000", "Sec-Fetch-Site": "same-site"},
        {"Host": "localhost:8000", "Origin": "https://evil.example.com"},
        {"Host": "localhost:8000", "Origin": "null"},
        {"Host": "localhost:8000", "X-Forwarded-For": "203.0.113.9"},
        {"Host": "localhost:8000", "Forwarded": "for=203.0.113.9"},
    ],
)
def test_other_pages_are_not_offered_a_token(headers: dict[str, str]) -> None:
    assert not token_offer.is_for("127.0.0.1", headers)


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::7", "172.17.0.1", None])
def test_other_machines_are_not_offered_a_token(peer: str | None) -> None:
    assert not token_offer.is_for(peer, {"Host": "localhost:8000"})


def test_the_page_on_ipv6_is_offered_a_token() -> None:
    assert token_offer.is_for("::1", {"Host": "localhost:8000"})
