"""botocore's service models in the layer (build/cut_botocore.py): reduced, but complete for the functions."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import StructureShape
from botocore.stub import Stubber

import cut_botocore
from asset_api.platform import aws

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = Path(botocore.__file__).parent / "data"
SERVICES = sorted(cut_botocore.OPERATIONS)
# Called by botocore itself after a redirect.
NOT_OURS = {"head_bucket"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reduced copies of botocore's data, with one of the services that are left out."""
    target = tmp_path_factory.mktemp("data")
    for service in (*SERVICES, "ec2"):
        shutil.copytree(COMPLETE / service, target / service)
    for path in COMPLETE.glob("*.json"):
        shutil.copy(path, target)
    cut_botocore.cut(target)
    return target


def client(service: str, data: Path) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    session.set_credentials("testing", "testing")
    return session.create_client(service, region_name="us-east-1")


@pytest.mark.parametrize("service", SERVICES)
def test_keeps_the_named_operations_and_every_typed_error(service: str, data: Path) -> None:
    cut, complete = client(service, data), botocore.session.Session().get_service_model(service)
    model = cut.meta.service_model
    assert set(model.operation_names) == cut_botocore.OPERATIONS[service]
    assert {shape.name for shape in model.error_shapes} == {shape.name for shape in complete.error_shapes}
    for operation in model.operation_names:
        ours, theirs = model.operation_model(operation), complete.operation_model(operation)
        assert members(ours.input_shape) == members(theirs.input_shape)
        assert members(ours.output_shape) == members(theirs.output_shape)


def members(shape: StructureShape | None) -> set[str]:
    return set(shape.members) if shape else set()


def test_names_exactly_the_operations_that_the_functions_call() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "layers/core/asset_api").rglob("*.py"))
    called = set(re.findall(r"\b(?:dynamodb|s3|sqs|cloudfront|functions|eventbridge)\.([a-z0-9_]+)\(", sources))
    known = {
        xform_name(name)
        for service in SERVICES
        for name in botocore.session.Session().get_service_model(service).operation_names
    }
    named = {xform_name(name) for names in cut_botocore.OPERATIONS.values() for name in names}
    assert called & known == named - NOT_OURS


def test_a_failed_condition_is_still_a_typed_error_with_the_item(data: Path) -> None:
    dynamodb = client("dynamodb", data)
    item = {"owner": {"S": "alice"}}
    with Stubber(dynamodb) as stub:
        stub.add_client_error(
            "update_item", "ConditionalCheckFailedException", http_status_code=400, modeled_fields={"Item": item}
        )
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
            dynamodb.update_item(TableName="t", Key=item)
    assert refused.value.response["Item"] == item


def test_removes_other_services_and_their_endpoints(data: Path) -> None:
    assert sorted(path.name for path in data.iterdir() if path.is_dir()) == SERVICES
    partitions = json.loads((data / "endpoints.json").read_text())["partitions"]
    # Few services need an entry: botocore derives most endpoints from the services' rules.
    assert {name for partition in partitions for name in partition["services"]} <= set(SERVICES)


def test_attribute_values_are_passed_through_as_json() -> None:
    """Our change of botocore's model (aws_models/) saves walking every attribute of a page."""
    aws.session.cache_clear()
    amended, as_shipped = aws.session(), botocore.session.Session()
    aws.session.cache_clear()
    assert attribute_value(amended).is_document_type
    assert not attribute_value(as_shipped).is_document_type


def attribute_value(session: botocore.session.Session) -> Any:
    return session.get_service_model("dynamodb").shape_for("AttributeValue")
