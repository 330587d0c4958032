"""The emulator evaluates IAM for every call of every function: a policy that lacks a statement fails end to end.

Without this, all other end-to-end tests would say nothing of the permissions in `template.yaml`.
"""

import contextlib
import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack


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


def lists(owner: Caller) -> httpx.Response:
    return owner.list_assets()


def asks_for_a_form(owner: Caller) -> httpx.Response:
    return owner.ask_for_form("clip.mp4")


def uploads(owner: Caller) -> httpx.Response:
    return owner.upload("image.png", media.png())


@pytest.mark.parametrize(
    ("role", "policy", "statement_id", "call", "status"),
    [
        ("ListRole", "list", "ReadAssetsAndJobs", lists, 200),
        ("UploadRole", "upload", "LimitUploadsAndRememberIdempotencyKeys", asks_for_a_form, 201),
        ("UploadRole", "upload", "ReceiveFiles", uploads, 201),
        ("UploadRole", "upload", "PublishBytes", uploads, 201),
        ("UploadRole", "upload", "RecordAssets", uploads, 201),
    ],
)
def test_a_function_without_a_permission_fails_and_says_nothing_of_it(
    role: str,
    policy: str,
    statement_id: str,
    call: Callable[[Caller], httpx.Response],
    status: int,
    alice: Caller,
    stack: LocalStack,
) -> None:
    succeeded(call(alice), status)
    with without_statement(stack, role, policy, statement_id):
        assert refused(call(alice), 500) == "Internal server error"
    succeeded(call(alice), status)


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
