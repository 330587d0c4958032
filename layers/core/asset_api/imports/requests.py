"""The JSON body of `POST /api/v2/assets/import`."""

from typing import NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.imports import imported_names
from asset_api.platform import request_bodies, request_schemas

_VALIDATOR = SchemaValidator(**request_schemas.IMPORT_REQUEST)


class ImportRequest(NamedTuple):
    """A URL, the name to give its file, and the asset's options."""

    url: str
    filename: str | None
    options: Options = NO_OPTIONS

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field, and the 400 for a refused extension."""
        fields = request_bodies.validate(_VALIDATOR, body)
        options, filename = Options.pop_from(fields), fields["filename"]
        return cls(fields["url"], None if filename is None else imported_names.requested(filename), options)
