"""Hosts that the local stack serves."""

import socket

import pytest

from local.served_hosts import ServedHosts


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST:8000",
        "app.localhost:8000",
        "127.0.0.1:8000",
        "127.9.9.9",
        "192.168.1.5:8000",
        "[::1]:8000",
        "[fd00::5]",
        "",
        socket.gethostname(),
        f"{socket.gethostname()}.local:8000",
    ],
)
def test_reserved_local_names_are_served(host: str) -> None:
    assert ServedHosts().serve(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "127.0.0.1:8000.evil.example:8000@x",
        "[evil.example]",
        "a-tunnel.example.com.evil.example",
    ],
)
def test_other_names_are_not_served(host: str) -> None:
    assert not ServedHosts(["a-tunnel.example.com"]).serve(host)


@pytest.mark.parametrize("host", ["a-tunnel.example.com", "A-Tunnel.example.com:443", "host.docker.internal:8000"])
def test_configured_names_are_served(host: str) -> None:
    assert ServedHosts(["a-Tunnel.example.com", "host.docker.internal"]).serve(host)
