"""Valid and invalid requests generated from our OpenAPI document: each response conforms to the document."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.specs.openapi.checks import negative_data_rejection

from asset_api.platform import principals
from tests import media
from tests.faults.bad_requests.in_process import Api
from tests.faults.openapi_document import AS_DOCUMENTED, DOCUMENTED, REPEATABLE
from tests.functions import triggers
from tests.functions.gateway import SECRET
from tests.functions.generation.stack import Stack
from tools.openapi.__main__ import specification

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

FAR_FUTURE = 9_999_999_999
REQUESTS_OF_AN_OPERATION = 500  # of each mode
SCENARIOS, STEPS = 60, 20
ABOUT_PARTS = {"getUpload", "abortUpload", "completeParts"}
# Operations of the bucket, and health, which has no input.
NOT_OF_A_FUNCTION = {"getAsset", "headAsset", "getOpenApi", "getHealth"}
# Unknown query parameters are ignored, because clients add cache busters.
MAY_IGNORE = ("listAssets", "listJobs")
# The walk must have seen these, or it proves nothing.
REACHED = {
    ("uploadAsset", 201),
    ("completeUpload", 201),
    ("getAssetMetadata", 200),
    ("deleteAsset", 200),
    ("listAssets", 200),
    ("generate", 202),
    ("getJob", 200),
    ("cancelJob", 200),
    ("listJobs", 200),
}
OPERATIONS = sorted(DOCUMENTED.keys() - NOT_OF_A_FUNCTION)


@pytest.fixture
def api(stack: Stack) -> Api:
    """Advance the clock by three seconds per request, so that the rate limit admits some uploads and refuses others."""
    return Api(before=lambda: stack.clock.advance(3))


def authorization(owner: str) -> dict[str, str]:
    return {"Authorization": "Bearer " + principals.sign(owner, SECRET, expires_at=FAR_FUTURE)}


def described(api: Api) -> Any:
    schema = schemathesis.openapi.from_dict(specification()).exclude(operation_id=list(NOT_OF_A_FUNCTION))
    schema.app = api
    return schema


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_response_is_as_documented(name: str, mode: GenerationMode, api: Api) -> None:
    operation = described(api).find_operation_by_id(name)
    rejected = [negative_data_rejection] if mode is GenerationMode.NEGATIVE and name not in MAY_IGNORE else []

    @seed(5)
    @settings(REPEATABLE, max_examples=REQUESTS_OF_AN_OPERATION)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(headers=authorization("alice"), checks=[*AS_DOCUMENTED, *rejected])

    ask()
    assert api.requests >= REQUESTS_OF_AN_OPERATION


@dataclass
class Client:
    """A client that follows the responses' links, and records deletes."""

    owner: str
    s3: "S3Client"
    linked: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def ask(self, name: str, case: Case[Any], choice: int) -> int:
        """Follow the link to the operation that `choice` selects; return the response's status."""
        if links := self.linked.get(name):
            follow(case, links[choice % len(links)])
        elif name == "uploadAsset" and choice % 2:  # generated names have no file type
            case.media_type, case.body = "application/json", {"filename": "a.png"}
        response = case.call_and_validate(headers=authorization(self.owner), checks=AS_DOCUMENTED)
        self.learn(name, response)
        asset_id = (case.path_parameters or {}).get("asset_id", "")
        if name == "deleteAsset" and response.status_code == 200:
            self.deleted.add(asset_id)
        elif asset_id in self.deleted:
            # The body is validated before the asset is looked up.
            expected = {404, 422} if "requestBody" in DOCUMENTED[name] else {404}
            assert response.status_code in expected
        return int(response.status_code)

    def learn(self, name: str, response: Response) -> None:
        if response.status_code >= 400:
            return
        body = response.json()
        is_in_parts = "part_count" in body.get("upload", {})
        for link in DOCUMENTED[name]["responses"][str(response.status_code)].get("links", {}).values():
            if is_in_parts and link["operationId"] not in ABOUT_PARTS:
                continue  # no parts are sent here, so such an asset never exists
            values = {parameter: pointed_at(body, pointer) for parameter, pointer in link["parameters"].items()}
            if None not in values.values():
                self.linked.setdefault(link["operationId"], []).append(values)
        if "upload" in body and not is_in_parts:
            triggers.post(self.s3, body["upload"], media.png())


def pointed_at(body: Any, expression: str) -> Any:
    """Resolve a link's expression, `$response.body#` and a JSON pointer; None if it points to nothing."""
    value = body
    for step in expression.partition("#/")[2].split("/"):
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if value else None
    return value


def follow(case: Case[Any], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if f"{{{name}}}" in case.path:
            case.path_parameters = {**(case.path_parameters or {}), name: value}
        else:
            case.query = {**(case.query or {}), name: value}


def test_every_response_of_a_sequence_is_as_documented(api: Api, s3: "S3Client") -> None:
    """Walk through uploads, forms, lists, deletes and jobs in any order, each linked from an earlier response."""
    schema, owners = described(api), itertools.count()
    cases = {name: schema.find_operation_by_id(name).as_strategy() for name in OPERATIONS}
    statuses = Counter[tuple[str, int]]()

    @seed(7)
    @settings(REPEATABLE, max_examples=SCENARIOS)
    @given(data=st.data())
    def scenario(data: st.DataObject) -> None:
        client = Client(f"owner {next(owners)}", s3)

        def ask(name: str, choice: int) -> None:
            statuses[name, client.ask(name, data.draw(cases[name]), choice)] += 1

        ask("uploadAsset", choice=1)  # so that there are links to follow
        # In turn and not at random: draws depend on the loaded modules, and could miss an operation.
        first = data.draw(st.integers(0, len(OPERATIONS) - 1))
        for step in range(STEPS):
            linked = sorted(client.linked.keys() & cases.keys()) if data.draw(st.booleans()) else []
            name = data.draw(st.sampled_from(linked)) if linked else OPERATIONS[(first + step) % len(OPERATIONS)]
            ask(name, choice=data.draw(st.integers(0, 99)))

    scenario()
    assert api.requests >= SCENARIOS * STEPS
    assert statuses.keys() >= REACHED
