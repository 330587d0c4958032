"""A token for the page of the local stack, so that nobody has to paste one. AWS has no such thing.

Only that page gets it: any site's page can send requests to this machine's ports.
"""

import ipaddress
import re
from collections.abc import Mapping

PATH = "/local/token"
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")


def is_for(peer: str | None, headers: Mapping[str, str]) -> bool:
    """Whether the sender of these headers, connected from the address `peer`, may have it.

    `Host` is the host in the browser's address bar, so a name that was made to resolve to this machine (DNS rebinding)
    does not pass. No page can forge `Sec-Fetch-Site` (W3C Fetch Metadata, section 2.4). Tunnels connect from this
    machine too, but say for whom.
    """
    return (
        peer is not None
        and ipaddress.ip_address(peer).is_loopback
        and _THIS_MACHINE.fullmatch(headers.get("Host", "")) is not None
        and headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        and not any(name in headers for name in ("Origin", "Forwarded", "X-Forwarded-For"))
    )
