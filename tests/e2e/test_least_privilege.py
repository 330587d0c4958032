"""The emulator evaluates IAM for every call of every function: a policy that lacks a statement fails end to end.

Without this, all other end-to-end tests would say nothing of the permissions in `template.yaml`.
"""

import contextlib
import json
from collections.abc import Iterator

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack
from tests.e2e.permissions import NEEDED_FOR, World, not_shown
from tests.e2e.stand_in import StandIn
from tests.template.cloudformation import as_list, load


@contextlib.contextmanager
def without_statement(stack: LocalStack, role: str, policy: str, statement_id: str) -> Iterator[None]:
    """`role` (a logical id) with its inline `policy` less one statement; whole again afterwards."""
    iam = client(stack, "iam")
    names = {"RoleName": physical_id(stack, role), "PolicyName": policy}
    whole = iam.get_role_policy(**names)["PolicyDocument"]
    kept = [statement for statement in whole["Statement"] if statement["Sid"] != statement_id]
    assert len(kept) == len(whole["Statement"]) - 1
    iam.put_role_policy(**names, PolicyDocument=json.dumps({**whole, "Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(whole))


@contextlib.contextmanager
def without_action(stack: LocalStack, role: str, statement_id: str, action: str) -> Iterator[None]:
    """`role` (a logical id) less one action of one statement; whole again afterwards."""
    iam = client(stack, "iam")
    names = {"RoleName": physical_id(stack, role), "PolicyName": role.removesuffix("Role").lower()}
    whole = iam.get_role_policy(**names)["PolicyDocument"]
    (statement,) = (each for each in whole["Statement"] if each["Sid"] == statement_id)
    kept = [each for each in as_list(statement["Action"]) if each != action]
    assert len(kept) == len(as_list(statement["Action"])) - 1
    others = [each for each in whole["Statement"] if each["Sid"] != statement_id]
    less = [*others, {**statement, "Action": kept}] if kept else others
    iam.put_role_policy(**names, PolicyDocument=json.dumps({**whole, "Statement": less}))
    try:
        yield
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(whole))


@pytest.fixture
def world(stack: LocalStack, http: httpx.Client, stand_in: StandIn) -> World:
    return World(stack, http, stand_in)


@pytest.mark.parametrize(("role", "statement_id", "action"), NEEDED_FOR)
def test_without_any_single_action_something_fails(role: str, statement_id: str, action: str, world: World) -> None:
    prepare = NEEDED_FOR[role, statement_id, action]
    attempt = prepare(world)
    with without_action(world.stack, role, statement_id, action):
        assert not attempt()
    assert prepare(world)()


def test_every_action_of_every_role_is_shown_or_says_why_not() -> None:
    granted = {
        (name, statement["Sid"], action)
        for name, resource in load()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    assert NEEDED_FOR.keys() <= granted
    assert {each for each in granted if not_shown(*each) is None} == NEEDED_FOR.keys()


def test_a_function_without_a_permission_says_nothing_of_it(alice: Caller, stack: LocalStack) -> None:
    with without_statement(stack, "UploadRole", "upload", "PublishBytes"):
        assert refused(alice.upload("image.png", media.png()), 500) == "Internal server error"


def test_a_form_may_do_no_more_than_its_signer(alice: Caller, stack: LocalStack) -> None:
    upload = succeeded(alice.ask_for_form("clip.mp4"), 201)["upload"]
    with without_statement(stack, "UploadRole", "upload", "ReceiveFiles"):
        assert alice.post(upload, media.mp4()).status_code == 403
    assert alice.post(upload, media.mp4()).status_code == 201


def test_a_delete_without_its_permission_deletes_nothing(alice: Caller, stack: LocalStack) -> None:
    asset_id = alice.uploaded("image.png", media.png())["asset_id"]
    with without_statement(stack, "DeleteRole", "delete", "ReplaceAssetsByTombstones"):
        assert refused(alice.delete(asset_id), 500) == "Internal server error"
    assert alice.listed_ids() == [asset_id]
    succeeded(alice.delete(asset_id), 200)
