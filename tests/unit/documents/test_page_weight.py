"""The page is quick because it is small."""

from local import site
from tests.template.cloudformation import ROOT

MAX_BYTES = 90_000
# Not loaded by the page: the API's document and its reference, and the client's modules for webhooks and React.
APART = ("api/", "reference.", "client/webhooks.", "client/react.")


def test_the_page_with_its_client_weighs_less_than_90_kb_before_compression() -> None:
    sizes = {key: len(site.published(path)) for key, path in site.files(ROOT).items() if not key.startswith(APART)}
    assert {"index.html", "style.css", "page/main.js", "client/index.js"} <= sizes.keys()
    assert sum(sizes.values()) < MAX_BYTES, sizes
