"""The documentation site: `make docs`. Its sources are the repository's own Markdown files, where they are."""

import base64
import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import samples  # noqa: E402 - it lies beside this file

project = "Asset Upload API"
author = "The Asset Upload API authors"
copyright = "the Asset Upload API authors, MIT license"  # noqa: A001 - Sphinx's name
root_doc = "docs/index"
language = "en"

extensions = ["myst_parser"]
include_patterns = ["docs/*.md", "docs/**/*.md", "*.md", "clients/*/README.md"]
exclude_patterns = ["docs/site/**"]
# Sphinx walks into every folder that no pattern excludes.
exclude_patterns += [
    f"{name}/**" for name in sorted({path.name for path in ROOT.iterdir() if path.is_dir()} - {"docs", "clients"})
]
exclude_patterns += ["clients/*/node_modules/**", "clients/python/src/**"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]

html_title = project
html_theme = "furo"
html_static_path = ["static", str(ROOT / ".tools" / "docs-scripts")]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = [("mermaid.tiny.js", {"defer": "defer"}), ("diagrams.js", {"defer": "defer"})]
html_search_scorer = str(HERE / "scorer.js")
html_copy_source = False
html_show_sphinx = False
pygments_style = "tango"
pygments_dark_style = "github-dark"

# Furo's one inline script chooses between light and dark before anything is painted.
_THEME_SCRIPT = """
      document.body.dataset.theme = localStorage.getItem("theme") || "auto";
    """
_HASH = base64.b64encode(hashlib.sha256(_THEME_SCRIPT.encode()).digest()).decode()
_POLICY = {
    "default-src": "'none'",
    "script-src": f"'self' 'sha256-{_HASH}'",
    "style-src": "'self' 'unsafe-inline'",  # Furo's colors, diagrams, and the reference set styles
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
# "Test request" calls whatever server its reader chooses, and shows pictures of it.
_REFERENCE_POLICY = {
    **_POLICY,
    "script-src": "'self'",
    "connect-src": "'self' https: http://localhost:*",
    "img-src": "'self' data: blob: https: http://localhost:*",
    "media-src": "blob: https: http://localhost:*",
}
REFERENCE = "docs/reference/api"
# Its demos call whatever deployment their reader chooses.
UPLOADER = "docs/uploader"
_UPLOADER_POLICY = {
    **_POLICY,
    "connect-src": _REFERENCE_POLICY["connect-src"],
    "img-src": "'self' data: blob:",
}
_POLICIES = {REFERENCE: _REFERENCE_POLICY, UPLOADER: _UPLOADER_POLICY}


# Pages that no navigation lists are found below these. On GitHub, a table of contents would be a block of code.
BELOW = {"docs/adr/README": "0*", "docs/architecture": "reports/*"}


def list_pages_below(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname in BELOW:
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:glob:\n\n{BELOW[docname]}\n```\n"


_DEMO = re.compile(r"<!-- demo -->\n```html\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def add_demos(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put a live demo below each marked example. Elsewhere, such as on GitHub, the example is readable alone."""
    if docname == UPLOADER:
        text = source[0].replace("<!-- connection -->", (HERE / "connection.html").read_text())
        live = '<asset-uploader class="demo"'
        source[0] = _DEMO.sub(lambda demo: f"{demo[0]}\n\n{demo[1].replace('<asset-uploader', live)}", text)


def prepare_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> str | None:
    """Set the page's policy, and give the API reference a page of its own, without the theme."""
    if pagename == UPLOADER:
        app.add_js_file("demos.js", type="module")
    policy = _POLICIES.get(pagename, _POLICY)
    context["content_security_policy"] = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    return "reference.html" if pagename == REFERENCE else None


def copy_what_pages_load(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    shutil.copytree(ROOT / "docs" / "images", app.outdir / "docs" / "images", dirs_exist_ok=True)
    shutil.copytree(ROOT / "clients" / "js" / "src", app.outdir / "_static" / "client", dirs_exist_ok=True)
    samples.write(ROOT / "web" / "api" / "v2" / "openapi.json", app.outdir / "_static" / "openapi.json")
    (app.outdir / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>Asset Upload API</title>'
        '<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">Documentation</a>\n'
    )


def setup(app: Sphinx) -> None:
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", list_pages_below)
    app.connect("source-read", add_demos)
    app.connect("html-page-context", prepare_page)
    app.connect("build-finished", copy_what_pages_load)
