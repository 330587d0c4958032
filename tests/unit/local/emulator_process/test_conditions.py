"""Conditions evaluated by MiniStack with our adjustment for `Fn::Split`."""

import json
from typing import Any

import pytest
from ministack.services.cloudformation import changesets, engine, handlers, stacks

from local.emulator_process import conditions
from tests.template.cloudformation import load


@pytest.fixture(autouse=True)
def _adjusted(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (engine, changesets, handlers, stacks):
        monkeypatch.setattr(module, "_evaluate_conditions", module._evaluate_conditions)
    conditions.install()


@pytest.mark.parametrize("count", range(6))
def test_each_url_has_one_receiver(count: int) -> None:
    template = load()
    parameters: dict[str, Any] = {
        name: {"Value": str(each.get("Default", ""))} for name, each in template["Parameters"].items()
    }
    parameters["WebhookUrls"]["Value"] = ",".join(f"https://{number}.example.com/" for number in range(count))
    # Through JSON, because YAML aliases would be shared objects.
    evaluated = stacks._evaluate_conditions(json.loads(json.dumps(template)), parameters)
    assert [evaluated[f"HasWebhook{number}"] for number in range(1, 6)] == [number <= count for number in range(1, 6)]
