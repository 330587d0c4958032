"""Templates as data, with CloudFormation's short tags expanded to their long functions."""

import copy
import functools
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent


class _Loader(yaml.CSafeLoader):
    """A safe YAML loader with CloudFormation's tags."""


def _function(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)


def load(name: str = "template.yaml") -> dict[str, Any]:
    """Load a template, with anchors and merge keys resolved."""
    return copy.deepcopy(_parsed(name))


@functools.cache
def _parsed(name: str) -> dict[str, Any]:
    loader = _Loader((ROOT / name).read_text(encoding="utf-8"))
    template: dict[str, Any] = loader.get_single_data()
    return template


def as_list(value: Any) -> list[Any]:
    """Return a list for a property that may also be a single value."""
    return value if isinstance(value, list) else [value]
