"""The weight of the page and of what it loads at once."""

import posixpath
import re

from local import site
from tests.template.cloudformation import ROOT

MAX_BYTES = 90_000
PRELOAD = re.compile(r'<link rel="modulepreload" href="([^"]+)">')
FIRST = ("index.html", "style.css", "icon.svg", "page/main.js")
# Everything imported before the page runs; `import()` loads what only some visitors need.
IMPORT = re.compile(r"""^(?:import|export) (?:[^;"]* from )?"([^"]+)";$""", re.MULTILINE)


def loaded() -> dict[str, int]:
    """Compute the published sizes of the files that the page loads when opened."""
    files, sizes, to_load = site.files(ROOT), dict[str, int](), list(FIRST)
    for key in to_load:
        content = site.published(files[key])
        sizes[key] = len(content)
        imported = IMPORT.findall(content.decode()) if key.endswith(".js") else []
        paths = [posixpath.normpath(posixpath.join("/", posixpath.dirname(key), name))[1:] for name in imported]
        to_load += [path for path in dict.fromkeys(paths) if path not in to_load]
    return sizes


def test_the_page_and_its_client_are_under_90_kb_uncompressed() -> None:
    sizes = loaded()
    assert {"page/gallery.js", "client/index.js", "client/transport.js"} <= sizes.keys()
    assert sum(sizes.values()) < MAX_BYTES, sizes


def test_the_page_preloads_all_of_its_modules() -> None:
    """Without preloading, each level of imports costs a phone another round trip before the gallery appears."""
    linked = PRELOAD.findall((ROOT / "web/index.html").read_text())
    assert sorted(linked) == sorted(f"/{key}" for key in loaded() if key.endswith(".js") and key != "page/main.js")


def test_the_page_does_not_preload_optional_client_modules() -> None:
    late = ("downloads", "jobs", "many", "node_files", "pacing", "parts", "sources", "states", "webhooks")
    assert {f"client/{name}.js" for name in late} & loaded().keys() == set()
