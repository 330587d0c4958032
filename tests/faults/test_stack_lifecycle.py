"""Users' files survive updates, failed updates and the deletion of the stack.

These tests make the CloudFormation calls of `sam deploy` and `sam delete` on a stack of their own.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
import yaml
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local.stack import NAME, processed_template
from tests import media
from tests.e2e.client import Caller, eventually, jwt_secret, refused, someone
from tests.e2e.emulated_aws import client
from tests.e2e.identity_provider import identity_provider
from tests.e2e.local_stack import LocalStack, local_stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

CAPABILITIES: "tuple[CapabilityType, ...]" = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
# Resources with user data. The other stateful ones hold queues, forms and limits, which expire within a day.
USER_DATA = {"AssetsTable", "AssetsBucket"}
# The property by which CloudFormation imports each.
IDENTIFIER = {"AssetsTable": "TableName", "AssetsBucket": "BucketName"}


# The functions whose response a person waits for.
INTERACTIVE = {"upload", "parts", "list", "delete", "change", "generate"}


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    # With a nested stack, so that every update below includes one.
    with local_stack(tmp_path_factory.mktemp("lifecycle"), parameters="WebhookUrls=http://localhost:9/") as started:
        started.start()
        yield started


@pytest.fixture(scope="module")
def cloudformation(own_stack: LocalStack) -> "CloudFormationClient":
    made: CloudFormationClient = client(own_stack, "cloudformation")
    return made


@pytest.fixture
def owner(own_stack: LocalStack) -> Iterator[Caller]:
    with httpx.Client(base_url=own_stack.url, timeout=120) as requests:
        yield someone(own_stack, requests)


def status(cloudformation: "CloudFormationClient") -> str:
    return cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]


def final_status(cloudformation: "CloudFormationClient") -> str:
    """Wait until nothing is in progress, and return the stack's status."""

    def look() -> str | None:
        found = status(cloudformation)
        return None if found.endswith("IN_PROGRESS") else found

    return eventually("no stack operation is in progress", look)


def resources(cloudformation: "CloudFormationClient") -> dict[str, tuple[str, str]]:
    """Return each resource's type and physical id, by logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=NAME)
    return {
        each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def parameters(cloudformation: "CloudFormationClient", changes: Mapping[str, str]) -> "list[ParameterTypeDef]":
    """Return all of the stack's parameters, with `changes`."""
    described = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["Parameters"]
    names = [each["ParameterKey"] for each in described]
    assert changes.keys() <= set(names)
    return [
        {"ParameterKey": name, "ParameterValue": changes[name]}
        if name in changes
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in names
    ]


def update(cloudformation: "CloudFormationClient", changes: Mapping[str, str]) -> None:
    """Update the stack with these parameters, and nothing else."""
    cloudformation.update_stack(
        StackName=NAME,
        UsePreviousTemplate=True,
        Parameters=parameters(cloudformation, changes),
        Capabilities=CAPABILITIES,
    )
    assert final_status(cloudformation) == "UPDATE_COMPLETE"


def in_service(stack: LocalStack) -> dict[str, dict[str, Any]]:
    """Return the configuration of every function with settings, by its alias if it has one."""
    functions = client(stack, "lambda")
    there = functions.list_functions()["Functions"]
    called: dict[str, dict[str, Any]] = {}
    for name in (each["FunctionName"] for each in there if each.get("Environment", {}).get("Variables")):
        aliases = functions.list_aliases(FunctionName=name)["Aliases"]
        qualified = {"Qualifier": aliases[0]["Name"]} if aliases else {}
        called[name] = functions.get_function_configuration(FunctionName=name, **qualified)
    return called


def versions(stack: LocalStack) -> dict[str, list[str]]:
    """Return the published versions of every function that has any."""
    functions = client(stack, "lambda")
    pages = {
        each["FunctionName"]: functions.list_versions_by_function(FunctionName=each["FunctionName"])["Versions"]
        for each in functions.list_functions()["Functions"]
    }
    return {name: [each["Version"] for each in page[1:]] for name, page in pages.items() if len(page) > 1}


def log_levels(stack: LocalStack) -> set[str]:
    return {each["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] for each in in_service(stack).values()}


def unversioned(resources: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {name: each for name, each in resources.items() if each[0] != "AWS::Lambda::Version"}


def assert_served(owner: Caller, asset: Mapping[str, Any], data: bytes) -> None:
    assert asset["asset_id"] in owner.listed_ids()
    assert owner.get(asset["asset_id"]).content == data


def test_an_update_of_parameters_reaches_every_function_and_replaces_nothing(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    asset, before = owner.uploaded("image.png", media.png()), resources(cloudformation)
    update(cloudformation, {"LogLevel": "DEBUG"})
    assert log_levels(own_stack) == {"DEBUG"}
    assert unversioned(resources(cloudformation)) == unversioned(before)
    assert_served(owner, asset, media.png())
    assert owner.upload("image.png", media.png()).status_code == 201


def test_a_replaced_secret_takes_effect_at_once(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    secret, rotated = jwt_secret(own_stack), "a-secret-that-was-rotated-in".ljust(40, "!")
    update(cloudformation, {"JwtSecrets": rotated})
    token = jwt.encode({"sub": "dave", "exp": int(time.time()) + 3600}, rotated, "HS256")
    assert Caller(owner.http, token).list_assets().status_code == 200
    assert refused(owner.list_assets(), 401) == "Invalid or expired token"
    update(cloudformation, {"JwtSecrets": secret})
    assert owner.list_assets().status_code == 200


def test_each_update_publishes_a_version_and_deletes_the_previous_one(
    own_stack: LocalStack, cloudformation: "CloudFormationClient"
) -> None:
    before = versions(own_stack)
    assert {name.removeprefix(f"{NAME}-") for name in before} == INTERACTIVE
    update(cloudformation, {"JobDeadlineSeconds": "1800"})
    after = versions(own_stack)
    assert after.keys() == before.keys()
    for name, published in after.items():
        assert len(published) == 1
        assert published != before[name]


def test_functions_start_from_snapshots_if_configured(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    update(cloudformation, {"SnapStart": "true"})
    optimized = {
        name.removeprefix(f"{NAME}-")
        for name, each in in_service(own_stack).items()
        if each["SnapStart"]["OptimizationStatus"] == "On"
    }
    assert optimized == INTERACTIVE
    asset = owner.uploaded("image.png", media.png())
    assert_served(owner, asset, media.png())
    update(cloudformation, {"SnapStart": "false"})
    assert not any(each["SnapStart"]["OptimizationStatus"] == "On" for each in in_service(own_stack).values())
    assert owner.delete(asset["asset_id"]).status_code == 200


def test_a_change_of_parameters_does_not_touch_user_data(cloudformation: "CloudFormationClient") -> None:
    changes = {"LogLevel": "ERROR", "RemovePersonalMetadata": "false", "CorsAllowOrigin": "https://example.com"}
    cloudformation.create_change_set(
        StackName=NAME,
        ChangeSetName="parameters",
        UsePreviousTemplate=True,
        Parameters=parameters(cloudformation, changes),
        Capabilities=CAPABILITIES,
    )
    cloudformation.get_waiter("change_set_create_complete").wait(
        StackName=NAME, ChangeSetName="parameters", WaiterConfig={"Delay": 1, "MaxAttempts": 300}
    )
    planned = cloudformation.describe_change_set(StackName=NAME, ChangeSetName="parameters")["Changes"]
    touched = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]["Action"] for each in planned}
    cloudformation.delete_change_set(StackName=NAME, ChangeSetName="parameters")
    assert "UploadFunction" in touched
    assert set(touched.values()) == {"Modify"}
    assert not touched.keys() & USER_DATA


def test_a_failed_update_is_rolled_back_completely(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    asset, before, levels = owner.uploaded("image.png", media.png()), resources(cloudformation), log_levels(own_stack)
    body: Any = cloudformation.get_template(StackName=NAME, TemplateStage="Processed")["TemplateBody"]
    template = yaml.safe_load(body) if isinstance(body, str) else body
    aliases = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::Lambda::Alias"]
    functions = [
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Lambda::Function" and "Environment" in each["Properties"]
    ]
    for name in functions:
        template["Resources"][name]["Properties"]["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"
    # A version of each function is published, too.
    template["Resources"]["Release"]["Properties"]["Change"] = "another"
    template["Resources"]["Handle"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    # Nothing signals the handle, so the condition fails a second after the functions have changed.
    template["Resources"]["NeverMet"] = {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": [*functions, *aliases],
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
    }
    s3 = client(own_stack, "s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="broken.json", Body=json.dumps(template, default=str).encode())
    cloudformation.update_stack(
        StackName=NAME,
        TemplateURL=f"{own_stack.emulator_url}/templates/broken.json",
        Parameters=parameters(cloudformation, {}),
        Capabilities=CAPABILITIES,
    )
    assert final_status(cloudformation) == "UPDATE_ROLLBACK_COMPLETE"
    assert log_levels(own_stack) == levels
    assert resources(cloudformation) == before
    assert_served(owner, asset, media.png())


def test_an_update_can_switch_to_an_identity_provider(cloudformation: "CloudFormationClient", owner: Caller) -> None:
    keys: dict[str, Any] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
    }
    with identity_provider(keys) as url:
        update(cloudformation, {"JwtJwksUrl": url, "JwtAnyAudience": "true"})
        for algorithm, key in keys.items():
            claims = {"sub": "carol", "exp": int(time.time()) + 3600}
            token = jwt.encode(claims, key, algorithm, headers={"kid": algorithm})
            carol = Caller(owner.http, token)
            asset = carol.uploaded("image.png", media.png())
            assert_served(carol, asset, media.png())
            other = jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": algorithm})
            assert refused(Caller(owner.http, other).list_assets(), 401) == "Invalid or expired token"
        # The shared secret is not accepted beside an identity provider.
        assert refused(owner.list_assets(), 401) == "Invalid or expired token"
        update(cloudformation, {"JwtJwksUrl": "", "JwtAnyAudience": "false"})
    assert owner.list_assets().status_code == 200


def test_a_new_stack_can_adopt_the_data_of_a_deleted_one(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    # A deploy without the import is not tested: MiniStack would give the new table the old one's name and empty it.
    asset, before = owner.uploaded("image.png", media.png()), resources(cloudformation)
    retained = {name: processed_template(cloudformation)["Resources"][name] for name in USER_DATA}
    cloudformation.delete_stack(StackName=NAME)
    eventually("the stack is gone", lambda: _is_gone(cloudformation))
    cloudformation.create_change_set(
        StackName=NAME,
        ChangeSetName="adopt",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": retained}),
        ResourcesToImport=[
            {
                "ResourceType": before[name][0],
                "LogicalResourceId": name,
                "ResourceIdentifier": {IDENTIFIER[name]: before[name][1]},
            }
            for name in retained
        ],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(
        StackName=NAME, ChangeSetName="adopt", WaiterConfig={"Delay": 1, "MaxAttempts": 300}
    )
    cloudformation.execute_change_set(StackName=NAME, ChangeSetName="adopt")
    assert final_status(cloudformation) == "IMPORT_COMPLETE"
    own_stack.stop()
    own_stack.start()
    assert "sam deploy" in own_stack.output
    after = resources(cloudformation)
    assert {name: after[name] for name in retained} == {name: before[name] for name in retained}
    assert_served(owner, asset, media.png())
    assert owner.delete(asset["asset_id"]).status_code == 200


def test_a_deleted_stack_leaves_only_user_data(
    own_stack: LocalStack, cloudformation: "CloudFormationClient", owner: Caller
) -> None:
    asset, before = owner.uploaded("image.png", media.png()), resources(cloudformation)
    s3, dynamodb = client(own_stack, "s3"), client(own_stack, "dynamodb")
    bucket, table = before["AssetsBucket"][1], before["AssetsTable"][1]
    cloudformation.delete_stack(StackName=NAME)
    eventually("the stack is gone", lambda: _is_gone(cloudformation))
    stored = s3.get_object(Bucket=bucket, Key=f"api/v2/assets/{asset['asset_id']}")
    assert stored["Body"].read() == media.png()
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    assert f"asset#{asset['asset_id']}" in [item["sk"]["S"] for page in pages for item in page["Items"]]
    assert dynamodb.list_tables()["TableNames"] == [table]
    ours = {name for _, name in before.values()}
    assert ours & {each["Name"] for each in s3.list_buckets()["Buckets"]} == {bucket}
    assert client(own_stack, "lambda").list_functions()["Functions"] == []
    assert client(own_stack, "sqs").list_queues().get("QueueUrls", []) == []
    assert ours.isdisjoint(role["RoleName"] for role in client(own_stack, "iam").list_roles()["Roles"])


def _is_gone(cloudformation: "CloudFormationClient") -> bool:
    try:
        return status(cloudformation) == "DELETE_COMPLETE"
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationError", error  # noqa: PT017  no stack of that name
        return True
