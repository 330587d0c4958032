"""The emulator evaluates IAM for every call of every function: a policy that lacks a statement fails end to end.

Without this, all other end-to-end tests would say nothing of the permissions in `template.yaml`.
"""

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.local_stack import LocalStack
from tests.e2e.permissions import NEEDED_FOR, World, not_shown
from tests.e2e.roles import without_action, without_statement
from tests.e2e.stand_in import StandIn
from tests.template.cloudformation import as_list, load


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
