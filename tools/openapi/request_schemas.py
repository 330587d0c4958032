"""The module of the functions' schemas: what pydantic makes of the models, as literals for pydantic's own core.

pydantic pins the core that understands its schemas, and both come from uv.lock: after an upgrade, the check of what is
generated fails until this is made again.
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
    """The source of `asset_api/platform/request_schemas.py`. Raises what `compiled` does."""
    return _HEADER + "".join(f"{_name(model)}: dict[str, Any] = {_literal(model)}\n" for model in REQUESTS)


def compiled(model: type[BaseModel]) -> dict[str, Any]:
    """The arguments of `pydantic_core.SchemaValidator`.

    Raises ValueError for a model that refers to others, and TypeError where a schema is more than plain data.
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
    """UPLOAD_FORM_REQUEST for UploadFormRequest."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in model.__name__)[1:].upper()


def _literal(model: type[BaseModel]) -> str:
    lines = pprint.pformat(compiled(model), width=108, sort_dicts=False)[1:-1].splitlines()
    return "\n    ".join(["{", lines[0], *(line.removeprefix(" ") for line in lines[1:])]) + ",\n}"


def _for_validation(node: Any) -> Any:
    """Without what is of use for documents alone."""
    if isinstance(node, dict):
        return {key: _for_validation(value) for key, value in node.items() if key != "metadata"}
    return [_for_validation(item) for item in node] if isinstance(node, list) else node
