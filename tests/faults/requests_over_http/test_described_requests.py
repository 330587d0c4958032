"""Fewer requests generated from our OpenAPI document, over HTTP: front door, routes, IAM, buckets."""

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given, seed, settings
from schemathesis import Case, GenerationMode

from tests.e2e.local_stack import LocalStack
from tests.faults.openapi_document import AS_DOCUMENTED, DOCUMENTED, REPEATABLE
from tools.openapi.__main__ import specification

REQUESTS_OF_AN_OPERATION = 25  # of each mode: an invocation of the emulator takes some 50 ms
HAVE_ONE_REQUEST = {"getHealth", "getOpenApi"}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", sorted(DOCUMENTED.keys() - HAVE_ONE_REQUEST))
def test_every_response_is_as_documented(name: str, mode: GenerationMode, stack: LocalStack) -> None:
    operation = schemathesis.openapi.from_dict(specification()).find_operation_by_id(name)
    headers = {"Authorization": f"Bearer {stack.token(name)}"}
    statuses = Counter[int]()
    session = requests.Session()

    @seed(11)
    @settings(REPEATABLE, max_examples=REQUESTS_OF_AN_OPERATION)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        response = case.call_and_validate(stack.url, session, headers, checks=AS_DOCUMENTED)
        statuses[response.status_code] += 1

    with session:
        ask()
    assert statuses.total() >= REQUESTS_OF_AN_OPERATION
