"""The page of the OpenAPI document: complete, and without scripts."""

import json
import re
from html.parser import HTMLParser

import pytest

from tests.template.cloudformation import ROOT
from tools.openapi.__main__ import specification
from tools.openapi.reference import Reference, page

DOCUMENT = specification()
PAGE = page(DOCUMENT)
OPERATIONS = re.findall(r'"operationId": "(\w+)", "tags"', json.dumps(DOCUMENT))


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ELEMENTS = Elements(PAGE).found


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_section_and_a_navigation_link(name: str) -> None:
    assert ("a", {"href": f"#{name}"}) in ELEMENTS
    assert any(tag == "section" and attributes["id"] == name for tag, attributes in ELEMENTS)


def test_every_path_and_method_is_an_operation() -> None:
    items = [*DOCUMENT["paths"].values(), *DOCUMENT["webhooks"].values()]
    methods = [method for item in items for method in item if method != "parameters"]
    assert len(OPERATIONS) == len(methods) == PAGE.count("<section")


def test_it_shows_every_error_message() -> None:
    details = re.findall(r'"detail": ("(?:[^"\\]|\\.)*")', json.dumps(DOCUMENT))
    assert details
    for detail in map(json.loads, details):
        assert detail.replace("'", "&#39;").replace('"', "&#34;") in PAGE


def test_it_has_no_script_inline_style_or_external_resource() -> None:
    assert not {tag for tag, _ in ELEMENTS} & {"script", "style", "iframe", "object"}
    for _, attributes in ELEMENTS:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "/").startswith(("/", "#"))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Asset"}, "Asset"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Job"}}, "list of Job"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"enum": ["image", "video"], "type": "string"}, "image | video"),
        ({}, "anything"),
    ],
)
def test_types_are_described_in_words(schema: dict[str, object], words: str) -> None:
    assert Reference(DOCUMENT).type_of(schema) == words


def test_the_committed_page_is_up_to_date() -> None:
    assert (ROOT / "web/reference.html").read_text(encoding="utf-8") == PAGE
