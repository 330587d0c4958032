"""C2PA manifests (content credentials): how to recognize one, and whether it holds personal metadata.

A manifest signs every other byte of its file, so it stays valid only in a file that is published unchanged.
"""

import re
from typing import Literal

ContentCredentials = Literal["kept", "removed", "none"]
"""The fate of a file's manifest at publication."""

# "C2PA Technical Specification", appendix A: how each format embeds a manifest.
MANIFEST_UUID = bytes.fromhex("6332706100110010800000aa00389b71")
"""The type of the JUMBF box that holds a manifest."""
BOX_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The type of the `uuid` box that holds a manifest in MP4."""

# Labels of assertions that copy EXIF, IPTC or XMP into the manifest, with places, devices and dates.
_PERSONAL = re.compile(rb"stds\.(?:exif|iptc)|(?:c2pa|cawg)\.metadata|c2pa\.location")
_LONGEST_LABEL = 13


class Manifest:
    """One manifest, passed to `feed` in pieces and in order."""

    def __init__(self) -> None:
        self.is_personal = False
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Scan the next bytes. A label may straddle two calls."""
        seen = self._tail + data
        self.is_personal = self.is_personal or _PERSONAL.search(seen) is not None
        self._tail = seen[-_LONGEST_LABEL:]
