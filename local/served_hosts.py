"""The hosts that the local stack serves.

A page of another site can have its own name resolve to this machine (DNS rebinding). The browser then takes the local
stack for a part of that site. So only names that nobody else can own are served, and those that the developer names.
"""

import ipaddress
import socket
from collections.abc import Iterable


class ServedHosts:
    """IP addresses, `localhost`, this machine's own name, and `names`."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        machine = socket.gethostname().lower()
        self._names = {machine, f"{machine}.local", *(name.lower() for name in names)}

    def serve(self, host: str) -> bool:
        """`host` is a `Host` header. Only programs leave it empty; browsers cannot."""
        name = _name_in(host)
        if name in ("", "localhost") or name.endswith(".localhost") or name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name_in(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
