"""The template's rules: sets of parameters that CloudFormation refuses before it creates anything."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.cloudformation import load

TEMPLATE = load()
DEFAULTS = {name: str(each.get("Default", "")) for name, each in TEMPLATE["Parameters"].items()}
SECRET = {"JwtSecrets": "a" * 32}
JWKS = {"JwtJwksUrl": "https://login.example.com/keys"}


def holds(condition: Any, parameters: Mapping[str, str]) -> bool:
    """Evaluate one of CloudFormation's condition functions."""
    ((function, arguments),) = condition.items()
    if function == "Fn::Equals":
        left, right = (parameters[each["Ref"]] if isinstance(each, dict) else each for each in arguments)
        return bool(left == right)
    results = [holds(each, parameters) for each in arguments]
    return {"Fn::Not": not results[0], "Fn::Or": any(results), "Fn::And": all(results)}[function]


def violated(**given: str) -> set[str]:
    """List the rules that refuse these parameters."""
    parameters = DEFAULTS | given
    return {
        name
        for name, rule in TEMPLATE["Rules"].items()
        if holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}), parameters)
        and not all(holds(each["Assert"], parameters) for each in rule["Assertions"])
    }


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        (SECRET, set()),
        ({}, {"TokensCanBeVerified"}),
        (JWKS, {"TokensAreForThisService"}),
        (SECRET | JWKS, {"TokensAreForThisService"}),
        (JWKS | {"JwtAudience": "assets"}, set()),
        (JWKS | {"JwtAnyAudience": "true"}, set()),
        (SECRET | {"JwtAnyAudience": "true"}, set()),
        (SECRET | {"DomainName": "assets.example.com"}, {"DomainHasCertificate"}),
        (SECRET | {"DomainName": "assets.example.com", "CertificateArn": "arn"}, set()),
        (SECRET | {"SnapStart": "true", "Runtime": "python3.11"}, {"RuntimeHasSnapStart", "RuntimeHasLibraries"}),
        (SECRET | {"Runtime": "python3.11"}, {"RuntimeHasLibraries"}),
        (SECRET | {"Runtime": "python3.11", "OnAws": "false"}, set()),
        (SECRET | {"SnapStart": "true", "Runtime": "python3.12"}, set()),
        (SECRET | {"WebhookUrls": "https://example.com/"}, {"WebhooksAreSigned"}),
        (SECRET | {"WebhookUrls": "https://example.com/", "WebhookSecrets": "whsec_"}, set()),
        (SECRET | {"MonthlyBudgetUsd": "10"}, {"BudgetHasTopic"}),
        (SECRET | {"MonthlyBudgetUsd": "10", "AlarmTopicArn": "arn"}, set()),
    ],
)
def test_incompatible_parameters_are_refused(given: dict[str, str], rules: set[str]) -> None:
    assert violated(**given) == rules


def test_every_rule_has_an_assertion_description() -> None:
    for rule in TEMPLATE["Rules"].values():
        assert all(each["AssertDescription"] for each in rule["Assertions"])
