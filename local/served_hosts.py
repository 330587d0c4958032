"""The hosts that the local stack serves.

A page of another site can have its own name resolve to this machine (DNS rebinding). The browser then takes the local
stack for a part of that site. So only names that nobody else can own are served, and those that the developer names.
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
        """`host` is a `Host` header. Only programs leave it empty; browsers cannot."""
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
