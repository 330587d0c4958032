"""Host names that the local stack serves.

Another site can make its own name resolve to this machine (DNS rebinding); the browser then takes the local stack for
part of that site. So the stack serves only names that nobody else can own, and those that the developer lists.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable

_HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^:@\[\]]*))(:[0-9]+)?")


class ServedHosts:
    """IP addresses, `localhost`, this machine's own name, and `names`."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        machine = socket.gethostname().lower()
        self._names = {machine, f"{machine}.local", *(name.lower() for name in names)}

    def serve(self, host: str) -> bool:
        """Tell whether to serve a `Host` header. Programs may leave it empty; browsers cannot."""
        split = _HOST.fullmatch(host.lower())
        if split is None:
            return False
        name = split["address"] or split["name"]
        if name in ("", "localhost") or name.endswith(".localhost") or name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
