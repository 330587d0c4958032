"""ExifTool, to write every tag that it can write and to read every tag that it finds."""

import json
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.media.removal import SECRET

NEWEST = Path(__file__).parent / "exiftool" / "node_modules" / "exiftool-vendored.pl" / "bin" / "exiftool"
_TEXTS = frozenset(("string", "lang-alt", "undef", "Unicode", "unicode", "digits", "?"))
# Properties of files as such, shortcuts for other tags, unsupported formats, and maker's notes, which ExifTool changes
# but does not create.
_SKIPPED = frozenset(
    (
        *("System", "MacOS", "Trailer", "Composite", "*", "All", "PDF", "PostScript", "Jpeg2000"),
        "MakerNotes",
    )
)


@dataclass(frozen=True)
class ExifTool:
    name: str
    command: tuple[str, ...]

    def run(self, *arguments: str, given: Iterable[str] = (), folder: str | None = None) -> str:
        """Run ExifTool; return its output. Unwritable tags are no error. Some tags create files, in `folder`."""
        done = subprocess.run(
            [*self.command, "-charset", "utf8", *arguments],
            cwd=folder,
            input="\n".join(given),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return done.stdout

    def with_every_tag(self, data: bytes, extension: str) -> bytes:
        """Write every tag that it can write into a file of this type, one group at a time."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file.{extension}"
            path.write_bytes(data)
            given: list[str] = []
            for tags in writable_tags(self):
                given += [*tags, str(path), "-execute"]
            options = ("-@", "-", "-common_args", "-n", "-m", "-q", "-q", "-overwrite_original")
            self.run(*options, given=given, folder=folder)
            return path.read_bytes()

    def tags(self, data: bytes, extension: str) -> dict[str, object]:
        """Read every tag, including in-sample, unknown, repeated and embedded ones."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"file.{extension}"
            path.write_bytes(data)
            everything = self.run("-j", "-G1:4", "-a", "-u", "-U", "-ee3", "-m", "-q", "-q", str(path))
        (found,) = json.loads(everything)
        return {name: value for name, value in found.items() if not name.startswith(("SourceFile", "System:"))}


@cache
def writable_tags(tool: ExifTool) -> tuple[tuple[str, ...], ...]:
    """Return the assignments that write every tag, by group."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table in ET.fromstring(tool.run("-listx", "-f", "-w")):  # noqa: S314 -- its own
        for tag in table.findall("tag"):
            family, group, name = (tag.get(key) or table.get(key) or "" for key in ("g0", "g1", "name"))
            skipped = bool(_SKIPPED & {family, group, name}) or "Orientation" in name
            if tag.get("writable") != "true" or skipped:
                continue
            # A tag that fails may prevent those that are written in the same run, except tags of XMP.
            found[family if family == "XMP" else group][f"{group}:{name}"] = _value(tag.get("type") or "")
    return tuple(tuple(f"-{name}={value}" for name, value in names.items()) for _, names in sorted(found.items()))


def _value(kind: str) -> str:
    if kind in _TEXTS:
        return SECRET.decode()
    return "2025:11:15 12:34:56" if kind == "date" else "51"


def installed() -> Iterator[ExifTool]:
    """Return Debian's version, and the newest one."""
    if system := shutil.which("exiftool"):
        yield ExifTool("Debian's", (system,))
    yield ExifTool("the newest", ("perl", str(NEWEST)))
