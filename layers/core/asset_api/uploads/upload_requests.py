"""The JSON body that asks for an upload form. Apart, so that only who checks it imports pydantic's core."""

from pydantic_core import SchemaValidator

from asset_api.platform import request_bodies, request_schemas
from asset_api.uploads.forms import FormRequest

_VALIDATOR = SchemaValidator(**request_schemas.UPLOAD_FORM_REQUEST)


def parse(body: bytes) -> FormRequest:
    """Raises the 422 that names the first field that is wrong, and what is wrong with it."""
    fields = request_bodies.validated(_VALIDATOR, body)
    sha256 = fields.pop("sha256")
    return FormRequest(**fields, sha256=sha256.lower() if sha256 else None)
