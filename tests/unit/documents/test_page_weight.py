"""The page is quick because it is small."""

from local import site
from tests.template.cloudformation import ROOT

MAX_BYTES = 60_000
# Read by who asks for them: the API's own document and its reference.
APART = ("api/", "reference.")


def test_the_page_with_its_client_weighs_less_than_60_kb_before_compression() -> None:
    sizes = {key: path.stat().st_size for key, path in site.files(ROOT).items() if not key.startswith(APART)}
    assert {"index.html", "style.css", "page/main.js", "client/index.js"} <= sizes.keys()
    assert sum(sizes.values()) < MAX_BYTES, sizes
