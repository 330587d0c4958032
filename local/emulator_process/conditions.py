"""Support for Fn::Split in a template's conditions.

MiniStack 1.5.33 supports Fn::Select there, but only from a literal list.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks


def install() -> None:
    """Patch every module of MiniStack that evaluates conditions."""
    evaluate = engine._evaluate_conditions

    def evaluate_with_lists(template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        conditions = _with_lists(template.get("Conditions", {}), parameters)
        return evaluate({**template, "Conditions": conditions}, parameters)

    # Each module has imported the function by name.
    for module in (engine, changesets, handlers, stacks):
        if module._evaluate_conditions is not evaluate:
            raise AttributeError(f"{module.__name__} does not use engine._evaluate_conditions")
        module._evaluate_conditions = evaluate_with_lists


def _with_lists(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, dict) and "Fn::Split" in value:
        return engine._resolve_refs(value, {}, parameters, {}, {}, "", "")
    if isinstance(value, dict):
        return {name: _with_lists(each, parameters) for name, each in value.items()}
    return [_with_lists(each, parameters) for each in value] if isinstance(value, list) else value
