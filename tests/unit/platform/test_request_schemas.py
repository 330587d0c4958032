"""The functions' validation schemas: equivalent to the models."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import SchemaValidator

from asset_api.platform import request_schemas as generated
from tools.openapi import request_schemas
from tools.openapi.request_models import GenerateRequest, UploadFormRequest

VALIDATORS: dict[type[BaseModel], SchemaValidator] = {
    UploadFormRequest: SchemaValidator(**generated.UPLOAD_FORM_REQUEST),
    GenerateRequest: SchemaValidator(**generated.GENERATE_REQUEST),
}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["a/b", "f" * 64, "x" * 256]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = sorted({name for model in VALIDATORS for name in model.model_fields})
BODIES = VALUES | st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES)


def test_the_generated_module_is_up_to_date() -> None:
    for model, name in ((UploadFormRequest, "UPLOAD_FORM_REQUEST"), (GenerateRequest, "GENERATE_REQUEST")):
        assert getattr(generated, name) == request_schemas.compiled(model)


@pytest.mark.parametrize("model", VALIDATORS)
@given(body=BODIES.map(json.dumps).map(str.encode) | st.binary())
def test_the_schema_agrees_with_the_model(model: type[BaseModel], body: bytes) -> None:
    try:
        wanted: Any = model.model_validate_json(body).model_dump()
    except ValidationError as refusal:
        with pytest.raises(ValidationError) as caught:
            VALIDATORS[model].validate_json(body)
        wanted = [(error["loc"], error["msg"]) for error in refusal.errors()]
        assert [(error["loc"], error["msg"]) for error in caught.value.errors()] == wanted
    else:
        assert json.dumps(VALIDATORS[model].validate_json(body)[0]) == json.dumps(wanted)


def test_a_model_that_is_more_than_data_cannot_become_a_schema() -> None:
    class WithFactory(BaseModel):
        things: list[str] = Field(default_factory=list)

    with pytest.raises(TypeError, match="not JSON serializable"):
        request_schemas.compiled(WithFactory)
