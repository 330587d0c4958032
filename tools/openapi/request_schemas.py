"""The functions' schema module: pydantic's core schemas of the models, written as literals.

pydantic pins the core that reads its schemas, and both come from uv.lock: after an upgrade, `make generated` fails
until the module is regenerated.
"""

import json
import pprint
from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from tools.openapi.request_models import REQUESTS

_HEADER = '''\
"""The bodies that clients send, as schemas for pydantic's core: of each its fields, and its configuration.

By `make openapi`, from tools/openapi/request_models.py.
"""

from typing import Any

# ruff: noqa: E501
# fmt: off
'''


def module() -> str:
    """Return the source of `asset_api/platform/request_schemas.py`. Raises the errors of `compiled`."""
    return _HEADER + "".join(f"{_name(model)}: dict[str, Any] = {_literal(model)}\n" for model in REQUESTS)


def compiled(model: type[BaseModel]) -> dict[str, Any]:
    """Return the arguments of `pydantic_core.SchemaValidator`.

    Raises ValueError for a model that refers to others, and TypeError for a schema that is not plain data.
    """
    schema: Any = model.__pydantic_core_schema__
    if schema["type"] != "model":
        raise ValueError(f"{model.__name__} refers to other models")
    # What stands for the class is left out: what is valid is wanted as it is, in a dict.
    arguments = {"schema": _for_validation(schema["schema"]), "config": schema["config"]}
    plain: dict[str, Any] = json.loads(json.dumps(arguments))
    SchemaValidator(**plain)
    return plain


def _name(model: type[BaseModel]) -> str:
    """Return a constant's name: UPLOAD_FORM_REQUEST for UploadFormRequest."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in model.__name__)[1:].upper()


def _literal(model: type[BaseModel]) -> str:
    lines = pprint.pformat(compiled(model), width=108, sort_dicts=False)[1:-1].splitlines()
    return "\n    ".join(["{", lines[0], *(line.removeprefix(" ") for line in lines[1:])]) + ",\n}"


def _for_validation(node: Any) -> Any:
    """Return the schema without documentation."""
    if isinstance(node, dict):
        return {key: _for_validation(value) for key, value in node.items() if key != "metadata"}
    return [_for_validation(item) for item in node] if isinstance(node, list) else node
