"""The reference page, `web/reference.html`: the OpenAPI document as plain HTML without scripts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

Schema = Mapping[str, Any]

_TEMPLATE = Path(__file__).with_name("reference.html.jinja")
_METHODS = ("get", "head", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a JSON body, or one parameter of a request."""

    name: str
    type: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One path and method on the page. The path of a webhook is the type of its event."""

    path: str
    method: str
    described: Mapping[str, Any]
    parameters: tuple[Member, ...]

    @property
    def anchor(self) -> str:
        return str(self.described["operationId"])

    @property
    def needs_token(self) -> bool:
        return self.described.get("security") != []


class Reference:
    """The parts of an OpenAPI document, for the page template."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def operations(self, tag: str) -> Iterator[Operation]:
        for path, item in {**self.document["paths"], **self.document["webhooks"]}.items():
            shared = item.get("parameters", [])
            for method in _METHODS:
                if method in item and tag in item[method]["tags"]:
                    parameters = (*shared, *item[method].get("parameters", []))
                    yield Operation(path, method.upper(), item[method], tuple(map(self._parameter, parameters)))

    def members(self, schema: Schema) -> list[Member]:
        """Return an object's members, or the union of the members of its alternatives."""
        found: dict[str, Member] = {}
        for alternative in self._alternatives(schema):
            required = alternative.get("required", ())
            for name, each in alternative.get("properties", {}).items():
                member = Member(name, self.type_of(each), name in required, each.get("description", ""))
                found.setdefault(name, member)
        return list(found.values())

    def type_of(self, schema: Schema) -> str:
        """Describe a type for readers, such as `string or null` or `list of Asset`."""
        if "$ref" in schema:
            return str(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.type_of(each) for each in schema["anyOf"]))
        if schema.get("type") == "array":
            return f"list of {self.type_of(schema.get('items', {}))}"
        if "enum" in schema:
            return " | ".join(map(str, schema["enum"]))
        return str(schema.get("format") or schema.get("type", "anything"))

    def schemas_within(self, schema: Schema) -> list[str]:
        """Return the names of all objects nested in this one, directly or in lists."""
        names: list[str] = []
        for alternative in self._alternatives(schema):
            for each in alternative.get("properties", {}).values():
                within = [part for part in (each, each.get("items", {}), *each.get("anyOf", ())) if "$ref" in part]
                for part in within:
                    if self._resolved(part).get("properties"):
                        names += [self.type_of(part), *self.schemas_within(part)]
        return list(dict.fromkeys(names))

    def _parameter(self, parameter: Mapping[str, Any]) -> Member:
        schema = parameter["schema"]
        words = [schema.get("description", "")]
        if "default" in schema:
            words.append(f"Default: {schema['default']}.")
        return Member(
            parameter["name"],
            self.type_of(schema),
            parameter["required"],
            " ".join(filter(None, words)),
            parameter["in"],
        )

    def _alternatives(self, schema: Schema) -> list[Schema]:
        resolved = self._resolved(schema)
        return [self._resolved(each) for each in resolved["anyOf"]] if "anyOf" in resolved else [resolved]

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        resolved: Schema = self.document["components"]["schemas"][self.type_of(schema)]
        return resolved


def page(document: Mapping[str, Any]) -> str:
    """Render a document as HTML."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["as_json"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(document=document, reference=Reference(document)) + "\n"
