"""A token for the local stack's page, so that nobody has to paste one. Local only.

Pages of any site can send requests to this machine's ports, so only the stack's own page may get the token.
"""

import ipaddress
import re
from collections.abc import Mapping

PATH = "/local/token"
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")


def is_for(peer: str | None, headers: Mapping[str, str]) -> bool:
    """Tell whether the sender of these headers, connected from the address `peer`, may have the token.

    `Host` is what the browser's address bar shows, so a foreign name that resolves to this machine (DNS rebinding) does
    not pass. No page can forge `Sec-Fetch-Site` (W3C Fetch Metadata, section 2.4). Tunnels also connect from this
    machine, but name the client in a forwarding header.
    """
    return (
        peer is not None
        and ipaddress.ip_address(peer).is_loopback
        and _THIS_MACHINE.fullmatch(headers.get("Host", "")) is not None
        and headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        and not any(name in headers for name in ("Origin", "Forwarded", "X-Forwarded-For"))
    )
