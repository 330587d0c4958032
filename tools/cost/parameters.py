"""Default values of the template's parameters."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """A SafeLoader that ignores CloudFormation's tags."""


_Loader.add_multi_constructor("!", lambda *_: None)


@cache
def _parameters() -> dict[str, Any]:
    text = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8")
    parameters: dict[str, Any] = yaml.load(text, _Loader)["Parameters"]  # noqa: S506  a SafeLoader
    return parameters


def default(name: str) -> float:
    """Return the default of a numeric parameter."""
    return float(_parameters()[name]["Default"])
