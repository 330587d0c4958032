"""Roles of the running stack with a permission removed temporarily."""

import contextlib
import json
from collections.abc import Iterator

from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack
from tests.template.cloudformation import as_list


@contextlib.contextmanager
def without_statement(stack: LocalStack, role: str, policy: str, statement_id: str) -> Iterator[None]:
    """Remove one statement of `role`'s inline `policy` within the block (`role` is a logical id)."""
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
    """Remove one action of one statement of `role` (a logical id) within the block."""
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
