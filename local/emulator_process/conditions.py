"""Resolves Fn::Split in a template's conditions, as CloudFormation does.

MiniStack 1.5.33 knows Fn::Select there, but takes what it selects from for a list already.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks


def install() -> None:
    """Have every part of MiniStack's CloudFormation evaluate conditions so."""
    evaluate = engine._evaluate_conditions

    def evaluate_with_lists(template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        conditions = _with_lists(template.get("Conditions", {}), parameters)
        return evaluate({**template, "Conditions": conditions}, parameters)

    # Each has imported it by name.
    for module in (engine, changesets, handlers, stacks):
        if module._evaluate_conditions is not evaluate:
            raise AttributeError(f"{module.__name__} evaluates conditions in another way")
        module._evaluate_conditions = evaluate_with_lists


def _with_lists(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, dict) and "Fn::Split" in value:
        return engine._resolve_refs(value, {}, parameters, {}, {}, "", "")
    if isinstance(value, dict):
        return {name: _with_lists(each, parameters) for name, each in value.items()}
    return [_with_lists(each, parameters) for each in value] if isinstance(value, list) else value
