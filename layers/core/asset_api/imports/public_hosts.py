"""Rules for the hosts from which files are imported, applied to the URL and to every redirect.

They judge a URL by itself. `platform.outbound` resolves the host's name and connects only to public addresses.
"""

import ipaddress
from typing import NamedTuple

from asset_api.jobs.downloads import DownloadMessages
from asset_api.platform import errors, outbound
from asset_api.platform.locations import Location

PORTS = (80, 443)


class PublicHosts(NamedTuple):
    """Hosts on the internet. `allow_private` is for the local stack, whose hosts are on this machine, on any port."""

    allow_private: bool
    max_redirects: int = 5
    named_by_clients: bool = True
    messages: DownloadMessages = DownloadMessages(
        file="The URL",
        gone="The URL's host has no such file",
        not_sent="The URL's host responded with {status} instead of the file",
        too_large="File too large: more than {max_bytes} bytes",
    )

    def refusal(self, location: Location, before: Location | None) -> str | None:
        if before is not None and before.scheme == "https" and location.scheme != "https":
            return "is redirected from https to http"
        if self.allow_private:
            return None
        if location.port not in PORTS:
            return "has a port other than 80 and 443"
        if not _may_be_public(location.host):
            return "is on a host with a private address"
        return None

    def require(self, url: str) -> Location:
        """Parse a client's URL. Raises the 422 for a violation that is visible without resolving names."""
        if any(character.isspace() or not character.isprintable() for character in url):
            raise errors.invalid_request("url", "must not contain spaces or control characters")
        try:
            location = Location.from_url(url)
        except ValueError as error:
            raise errors.invalid_request("url", "must be an http or https URL without credentials") from error
        if why := self.refusal(location, None):
            raise errors.invalid_request("url", why)
        return location


def _may_be_public(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:  # a host name, whose addresses are checked before connecting
        return True
    return outbound.is_public(host)
