"""The body of `POST /api/v2/assets/delete`."""

from typing import NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.platform import request_bodies, request_schemas

_VALIDATOR = SchemaValidator(**request_schemas.DELETE_ASSETS_REQUEST)


class DeleteRequest(NamedTuple):
    asset_ids: list[str]

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        return cls(**request_bodies.validate(_VALIDATOR, body))
