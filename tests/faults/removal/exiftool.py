"""ExifTool, as writer of every tag it can write and as reader of every tag it finds."""

import json
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.media.removal import SECRET

NEWEST = Path(__file__).parent / "exiftool" / "node_modules" / "exiftool-vendored.pl" / "bin" / "exiftool"
_TEXTS = frozenset(("string", "lang-alt", "undef", "Unicode", "unicode", "digits", "?"))
# Of no file: what ExifTool does to files, and formats that are not taken.
_NOT_OF_A_FILE = frozenset(("System", "MacOS", "Composite", "ExifTool", "*", "All", "PDF", "PostScript", "Jpeg2000"))
_AT_ONCE = 400


@dataclass(frozen=True)
class ExifTool:
    name: str
    command: tuple[str, ...]

    def run(self, *arguments: str, given: Iterable[str] = ()) -> str:
        """Its output. Complaints about single tags are not errors; finding no file is."""
        done = subprocess.run(
            [*self.command, "-charset", "utf8", *arguments],
            input="\n".join(given),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return done.stdout

    @cache  # noqa: B019 -- there are two of them
    def writable_tags(self) -> tuple[tuple[str, str], ...]:
        """Each tag it can write, with its group, and its type."""
        found = {}
        for table in ET.fromstring(self.run("-listx", "-f", "-w")):  # noqa: S314 -- its own
            for tag in table.findall("tag"):
                group = tag.get("g1") or table.get("g1") or ""
                if tag.get("writable") == "true" and group not in _NOT_OF_A_FILE:
                    found[f"{group}:{tag.get('name')}"] = tag.get("type") or ""
        return tuple(found.items())

    def with_every_tag(self, data: bytes, extension: str) -> bytes:
        """The file with every tag that it can write into a file of this type."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file.{extension}"
            path.write_bytes(data)
            tags = [f"-{tag}={_value(kind)}" for tag, kind in self.writable_tags() if "Orientation" not in tag]
            given = []
            for start in range(0, len(tags), _AT_ONCE):
                given += [*tags[start : start + _AT_ONCE], str(path), "-execute"]
            self.run("-@", "-", "-common_args", "-n", "-m", "-q", "-q", "-overwrite_original", given=given)
            return path.read_bytes()

    def tags(self, data: bytes, extension: str) -> dict[str, object]:
        """Everything it finds, also in samples, unknown, more than once, and in whatever is embedded."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file.{extension}"
            path.write_bytes(data)
            everything = self.run("-j", "-G1:4", "-a", "-u", "-U", "-ee3", "-m", "-q", "-q", str(path))
        (found,) = json.loads(everything)
        return {name: value for name, value in found.items() if name.partition(":")[0] not in ("SourceFile", "System")}


def _value(kind: str) -> str:
    if kind in _TEXTS:
        return SECRET.decode()
    if kind == "date":
        return "2025:11:15 12:34:56"
    return "51"


def installed() -> Iterator[ExifTool]:
    """The system's, and the newest."""
    if system := shutil.which("exiftool"):
        yield ExifTool("system", (system,))
    yield ExifTool("newest", ("perl", str(NEWEST)))
