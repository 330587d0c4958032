"""Pitfalls of a first deployment into a stranger's account."""

import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.template.cloudformation import load
from tests.template.resources import FUNCTIONS, RESOURCES, TEMPLATE, events, of_type

PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
_BOTOCORE = botocore.session.get_session()
REGIONS = [
    region
    for partition in _BOTOCORE.get_available_partitions()
    for region in _BOTOCORE.get_available_regions("s3", partition)
]
# With longer names, function names would exceed Lambda's 64 characters (docs/operations.md).
LONGEST_STACK_NAME = "s" * 50
# Functions up to this timeout are not considered long-running.
SHORT_SECONDS = 30
SMALL_ACCOUNT_EXECUTIONS = 10
# Names that are unique in an account, by the part of the properties that contains them.
ACCOUNT_WIDE = {
    "AWS::Budgets::Budget": ("Budget", "BudgetName"),
    "AWS::CloudFront::CachePolicy": ("CachePolicyConfig", "Name"),
    "AWS::CloudFront::Function": ("Name",),
    "AWS::CloudFront::KeyGroup": ("KeyGroupConfig", "Name"),
    "AWS::CloudFront::KeyValueStore": ("Name",),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::OriginRequestPolicy": ("OriginRequestPolicyConfig", "Name"),
    "AWS::CloudFront::PublicKey": ("PublicKeyConfig", "Name"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
}
LONGEST = {"AWS::Budgets::Budget": 100, "AWS::CloudWatch::Dashboard": 255}
USUAL_LONGEST = 64


def put_in(value: Any, names: dict[str, str]) -> str:
    """Evaluate an expression of the template; only the functions used in names are supported."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return names[name]
        case {"Fn::Sub": [str(text), dict(further)]}:
            return put_in({"Fn::Sub": text}, names | {name: put_in(each, names) for name, each in further.items()})
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: names[found[1]], text)
        case {"Fn::Select": [index, {"Fn::Split": [separator, text]}]}:
            return put_in(text, names).split(separator)[int(index)]
    raise AssertionError(value)


def in_region(region: str, stack: str = LONGEST_STACK_NAME) -> dict[str, str]:
    stack_id = f"arn:aws:cloudformation:{region}:123456789012:stack/{stack}/01234567-89ab-cdef-0123-456789abcdef"
    return {"AWS::Region": region, "AWS::StackName": stack, "AWS::StackId": stack_id, "Service": stack}


def account_wide_names() -> Iterator[tuple[str, str, Any]]:
    """Yield the logical id, type and name of each named resource."""
    for name, resource in (RESOURCES | load("observability.yaml")["Resources"]).items():
        if path := ACCOUNT_WIDE.get(resource["Type"]):
            found = resource["Properties"]
            for key in path:
                found = found[key]
            yield name, resource["Type"], found


every_account_wide_name = pytest.mark.parametrize(
    ("kind", "name"), [pytest.param(kind, name, id=logical_id) for logical_id, kind, name in account_wide_names()]
)


@every_account_wide_name
def test_the_same_stack_name_can_be_used_in_several_regions(kind: str, name: Any) -> None:
    assert len(REGIONS) > 30
    names = {region: put_in(name, in_region(region)) for region in REGIONS}
    assert all(region in made for region, made in names.items())
    assert max(map(len, names.values())) <= LONGEST.get(kind, USUAL_LONGEST)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", made) for made in names.values())


def test_no_other_resource_has_an_account_wide_name() -> None:
    for name, resource in RESOURCES.items():
        if resource["Type"].startswith(("AWS::CloudFront::", "AWS::IAM::", "AWS::S3::Bucket", "AWS::Budgets")):
            named = set(re.findall(r'"(\w*Name)": ', json.dumps(resource["Properties"])))
            # Names within resources: a policy's within its role, a domain, a header.
            named -= {"PolicyName", "DomainName", "HeaderName"}
            assert resource["Type"] in ACCOUNT_WIDE or not named, name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_names_fit_lambdas_limit(name: str) -> None:
    assert len(put_in(FUNCTIONS[name]["FunctionName"], in_region("us-east-1"))) <= 64


def test_queues_leave_room_in_an_account_with_ten_executions() -> None:
    taken = 0
    for name, function in FUNCTIONS.items():
        if function["Timeout"] <= SHORT_SECONDS:
            continue
        for event in events(name, "SQS"):
            bound = PARAMETERS[event["ScalingConfig"]["MaximumConcurrency"]["Ref"]]
            # Lambda's minimum: "Configuring maximum concurrency for Amazon SQS event sources".
            assert (bound["Default"], bound["MinValue"]) == (2, 2)
            taken += bound["Default"]
        for event in events(name, "DynamoDB"):
            assert PARAMETERS[event["ParallelizationFactor"]["Ref"]]["Default"] == 1
    assert taken <= SMALL_ACCOUNT_EXECUTIONS // 2


def test_long_running_functions_are_invoked_by_bounded_sources() -> None:
    for name, function in FUNCTIONS.items():
        if function["Timeout"] > SHORT_SECONDS:
            for event in function.get("Events", {}).values():
                assert event["Type"] in {"SQS", "DynamoDB", "Schedule"}, name


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_have_defaults(name: str) -> None:
    parameter = PARAMETERS[name]
    default = parameter["Default"]
    assert re.search(parameter.get("AllowedPattern", ""), str(default))
    assert default in parameter.get("AllowedValues", [default])
    if parameter["Type"] == "Number":
        assert parameter.get("MinValue", default) <= default <= parameter.get("MaxValue", default)


def test_only_authentication_must_be_configured() -> None:
    """Conditional rules apply only to optional features."""
    unconditional = [name for name, rule in TEMPLATE["Rules"].items() if "RuleCondition" not in rule]
    assert unconditional == ["TokensCanBeVerified"]
    for rule in TEMPLATE["Rules"].values():
        if condition := rule.get("RuleCondition"):
            is_negated = "Fn::Not" in condition
            parameter, value = (condition["Fn::Not"][0] if is_negated else condition)["Fn::Equals"]
            assert (str(PARAMETERS[parameter["Ref"]]["Default"]) == value) is is_negated


def test_every_parameter_is_in_a_group_of_the_console() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


# API Gateway logs "-" for a variable without a value.
@pytest.mark.parametrize("error", ["-", "Not Found", "Too Many Requests", "Internal Server Error", "Request Too Long"])
def test_every_line_of_the_access_log_is_json(error: str) -> None:
    template = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    values = {"error.message": error, "error.messageString": f'"{error}"', "status": "404"}
    line = re.sub(r"\$context\.([\w.]+)", lambda found: values.get(found[1], "-"), template)
    assert "\n" not in line
    assert json.loads(line)["error"] == error


def test_the_access_log_needs_no_resource_policy() -> None:
    """ "Enabling logging from AWS services", Amazon CloudWatch Logs user guide: the policy's size is limited."""
    group = of_type("AWS::Logs::LogGroup")["ApiAccessLogs"]["LogGroupName"]
    assert put_in(group, in_region("us-east-1")).startswith("/aws/vendedlogs/")
