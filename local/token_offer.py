"""A token for the page of the local stack, so that nobody has to paste one. There is no such thing on AWS.

Only for that page itself: another website could otherwise ask for it too, as this machine's ports are open to every
page that its browser shows.
"""

import re
from collections.abc import Mapping

PATH = "/local/token"
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")


def is_for(headers: Mapping[str, str]) -> bool:
    """Whether whoever sent these headers may have it.

    `Host` is what the browser's address bar says: a name that was made to resolve to this machine (DNS rebinding) is
    none of its own. `Sec-Fetch-Site` says who asks (W3C Fetch Metadata, section 2.4), and no page can forge it;
    without an answer to CORS, others could not read it anyway.
    """
    return (
        _THIS_MACHINE.fullmatch(headers.get("Host", "")) is not None
        and headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        and "Origin" not in headers
    )
