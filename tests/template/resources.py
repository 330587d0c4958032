"""Resources of template.yaml by kind, and helpers for their tests."""

from itertools import chain
from typing import Any

import pytest

from tests.template.cloudformation import as_list, load

TEMPLATE = load()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(resource_type: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == resource_type}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
TABLES = of_type("AWS::DynamoDB::Table")
BUCKETS = of_type("AWS::S3::Bucket")
DISTRIBUTION = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
BEHAVIORS = {each["PathPattern"]: each for each in DISTRIBUTION["CacheBehaviors"]}

# The Init phase, which does not count towards a function's timeout ("Lambda execution environment lifecycle").
COLD_START_SECONDS = 10

every_function = pytest.mark.parametrize("name", FUNCTIONS)
every_bucket = pytest.mark.parametrize("name", BUCKETS)
every_table = pytest.mark.parametrize("name", TABLES)


def logical_id(reference: Any) -> str:
    """Return the resource named by a !Ref or !GetAtt."""
    return str(reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0])


def role_of(function: str) -> dict[str, Any]:
    role: dict[str, Any] = RESOURCES[logical_id(FUNCTIONS[function]["Role"])]["Properties"]
    return role


def statements(function: str) -> list[dict[str, Any]]:
    return list(chain.from_iterable(each["PolicyDocument"]["Statement"] for each in role_of(function)["Policies"]))


def actions(function: str) -> set[str]:
    return set(chain.from_iterable(as_list(each["Action"]) for each in statements(function)))


def events(function: str, event_type: str) -> list[dict[str, Any]]:
    found = FUNCTIONS[function].get("Events", {}).values()
    return [event["Properties"] for event in found if event["Type"] == event_type]
