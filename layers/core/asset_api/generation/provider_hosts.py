"""The provider's hosts: a model's output is downloaded only from these."""

from typing import NamedTuple

from asset_api.jobs.downloads import DownloadMessages
from asset_api.platform.locations import Location


class ProviderHosts(NamedTuple):
    """Hosts of `origins` (scheme, host and port; with https, subdomains too)."""

    origins: tuple[str, ...]
    allow_private: bool
    max_redirects: int = 3
    named_by_clients: bool = False
    messages: DownloadMessages = DownloadMessages(
        file="The model's output",
        gone="The provider no longer has the model's output",
        not_sent="The provider responded with {status} instead of the model's output",
        too_large="The model's video is larger than the {max_bytes} bytes allowed",
    )

    def refusal(self, location: Location, _before: Location | None) -> str | None:
        is_plain = location.scheme != "https"
        if (is_plain and not self.allow_private) or not any(_is_on(location, origin) for origin in self.origins):
            return "is on a host that is not the provider's"
        return None


def _is_on(location: Location, origin: str) -> bool:
    allowed = Location.from_url(origin)
    if (location.scheme, location.port) != (allowed.scheme, allowed.port):
        return False
    is_subdomain = allowed.scheme == "https" and location.host.endswith("." + allowed.host)
    return location.host == allowed.host or is_subdomain
