"""Downloads: allowed hosts and contents. All hosts are on this machine; each test decides what names resolve to."""

from collections.abc import Iterator
from itertools import count

import pytest

from asset_api.generation.provider_hosts import ProviderHosts
from asset_api.jobs.downloads import Downloader, DownloadFailedError, RefusedDownloadError
from asset_api.platform import outbound
from tests import fake_replicate
from tests.fake_replicate import FakeReplicate, File

REPLICATE = ("https://replicate.delivery",)
MAX_BYTES = 1000


@pytest.fixture(scope="module")
def host() -> Iterator[FakeReplicate]:
    with fake_replicate.running() as server:
        yield server


def read(downloader: Downloader, url: str, max_bytes: int = MAX_BYTES) -> bytes:
    with downloader.open(url, max_bytes=max_bytes, max_seconds=10) as download:
        return b"".join(download.chunks)


def local(host: FakeReplicate) -> Downloader:
    return Downloader(ProviderHosts((host.url,), allow_private=True))


@pytest.mark.parametrize(
    "url",
    [
        "http://replicate.delivery/a.mp4",
        "https://replicate.delivery.evil.example/a.mp4",
        "https://evilreplicate.delivery/a.mp4",
        "https://evil.example/replicate.delivery/a.mp4",
        "https://replicate.delivery@evil.example/a.mp4",
        "https://user:pw@replicate.delivery/a.mp4",
        "https://evil.example#@replicate.delivery/",
        "https://evil.example\\@replicate.delivery/",
        "https://replicate.delivery:8443/a.mp4",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.mp4",
        "https://[::1",
        "https:///a.mp4",
        "ftp://replicate.delivery/a.mp4",
        "file:///etc/passwd",
        "//replicate.delivery/a.mp4",
        "",
    ],
)
@pytest.mark.parametrize("allow_private", [False, True])
def test_refuses_other_hosts_than_the_providers(url: str, allow_private: bool) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise AssertionError("a host that is refused is not even looked up")

    with pytest.raises(RefusedDownloadError):
        read(Downloader(ProviderHosts(REPLICATE, allow_private), resolve), url)


@pytest.mark.parametrize("url", ["https://replicate.delivery/a", "https://a.b.replicate.delivery:443/a?b=c"])
def test_accepts_the_providers_hosts_and_their_subdomains(url: str) -> None:
    def resolve(_host: str, port: int) -> list[str]:
        assert port == 443
        raise DownloadFailedError("this far")

    with pytest.raises(DownloadFailedError, match="this far"):
        read(Downloader(ProviderHosts(REPLICATE, False), resolve), url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
     "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::"],
)  # fmt: skip
def test_refuses_names_that_resolve_to_private_addresses(address: str) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        return ["151.101.1.1", address]

    assert not outbound.is_public(address)
    with pytest.raises(RefusedDownloadError, match="private"):
        read(Downloader(ProviderHosts(REPLICATE, False), resolve), "https://replicate.delivery/a.mp4")


@pytest.mark.parametrize("address", ["151.101.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_recognizes_public_addresses(address: str) -> None:
    assert outbound.is_public(address)


def test_connects_to_the_checked_address(host: FakeReplicate) -> None:
    """A name that resolves to another address the next time (DNS rebinding) is looked up only once."""
    port = int(host.url.rpartition(":")[2])
    lookups = count()

    def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if next(lookups) == 0 else ["192.0.2.1"]

    host.put("a", File(b"bytes"))
    origin = f"http://a-name.invalid:{port}"
    assert read(Downloader(ProviderHosts((origin,), True), resolve), f"{origin}/outputs/a") == b"bytes"
    assert host.requests[-1][2]["Host"] == f"a-name.invalid:{port}"
    assert next(lookups) == 1


def test_downloads_whole_and_chunked_bodies(host: FakeReplicate) -> None:
    data = bytes(range(256)) * 3
    for name, length in (("whole", -1), ("chunked", None)):
        assert read(local(host), host.put(name, File(data, length=length))) == data


def test_accepts_exactly_the_size_limit(host: FakeReplicate) -> None:
    assert len(read(local(host), host.put("a", File(bytes(MAX_BYTES))))) == MAX_BYTES


@pytest.mark.parametrize("length", [-1, None])
def test_refuses_one_byte_over_the_limit(host: FakeReplicate, length: int | None) -> None:
    with pytest.raises(RefusedDownloadError, match="larger"):
        read(local(host), host.put("a", File(bytes(MAX_BYTES + 1), length=length)))


def test_refuses_a_content_length_over_the_limit_before_reading(host: FakeReplicate) -> None:
    with pytest.raises(RefusedDownloadError, match="larger"):
        read(local(host), host.put("a", File(b"", length=10**12)))


def test_a_truncated_body_is_retried(host: FakeReplicate) -> None:
    with pytest.raises(DownloadFailedError, match="broke off"):
        read(local(host), host.put("a", File(b"half", length=8)))


@pytest.mark.parametrize("status", [404, 410])
def test_a_404_or_410_means_that_the_output_is_gone(host: FakeReplicate, status: int) -> None:
    with pytest.raises(RefusedDownloadError, match="no longer"):
        read(local(host), host.put("a", File(b"", status)))


@pytest.mark.parametrize("status", [401, 403, 416, 204, 206, 304])
def test_other_statuses_are_permanent_failures(host: FakeReplicate, status: int) -> None:
    with pytest.raises(RefusedDownloadError):
        read(local(host), host.put("a", File(b"", status)))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_server_errors_are_retried(host: FakeReplicate, status: int) -> None:
    with pytest.raises(DownloadFailedError):
        read(local(host), host.put("a", File(b"", status)))


def test_an_unreachable_host_is_retried() -> None:
    with pytest.raises(DownloadFailedError):
        read(Downloader(ProviderHosts(("http://127.0.0.1:1",), True)), "http://127.0.0.1:1/a")


def test_follows_a_redirect_to_the_providers_hosts(host: FakeReplicate) -> None:
    host.put("b", File(b"bytes"))
    for location in ("/outputs/b", "b", f"{host.url}/outputs/b"):
        url = host.put("a", File(b"", 302, headers={"Location": location}))
        assert read(local(host), url) == b"bytes"


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/", "https://evil.example/", "file:///etc/passwd", "//[", ""])
def test_follows_no_redirect_to_another_host(host: FakeReplicate, location: str) -> None:
    url = host.put("a", File(b"", 302, headers={"Location": location}))
    with pytest.raises(RefusedDownloadError):
        read(local(host), url)


def test_stops_following_endless_redirects(host: FakeReplicate) -> None:
    url = host.put("a", File(b"", 301, headers={"Location": "/outputs/a"}))
    with pytest.raises(RefusedDownloadError, match="too often"):
        read(local(host), url)


def test_gives_up_on_a_host_that_takes_too_long(host: FakeReplicate) -> None:
    times = count(0, 6)
    downloader = Downloader(ProviderHosts((host.url,), True), monotonic=lambda: next(times))
    url = host.put("a", File(bytes(3 * 1024 * 1024)))
    with pytest.raises(DownloadFailedError, match="too long"):
        read(downloader, url, 4 * 1024 * 1024)


def test_sends_no_credentials(host: FakeReplicate) -> None:
    read(local(host), host.put("a", File(b"x")))
    assert not {"authorization", "cookie"} & {name.lower() for name in host.requests[-1][2]}
