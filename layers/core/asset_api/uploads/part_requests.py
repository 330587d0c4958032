"""Bodies of the requests that upload a file in parts."""

from typing import TYPE_CHECKING, NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.platform import errors, request_bodies, request_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGIN = SchemaValidator(**request_schemas.BEGIN_UPLOAD_REQUEST)
_PARTS = SchemaValidator(**request_schemas.UPLOAD_PARTS_REQUEST)
_COMPLETE = SchemaValidator(**request_schemas.COMPLETE_UPLOAD_REQUEST)


class BeginRequest(NamedTuple):
    """The file that will be uploaded. `sha256` is lower-case hex."""

    filename: str
    size_bytes: int
    content_type: str | None
    sha256: str | None
    options: Options = NO_OPTIONS

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises the 422 that names the first invalid field and what is wrong with it."""
        fields = request_bodies.validated(_BEGIN, body)
        options = Options.of_request(fields)
        sha256 = fields["sha256"]
        return cls(
            fields["filename"],
            fields["size_bytes"],
            fields["content_type"],
            sha256.lower() if sha256 else None,
            options,
        )


class PartsRequest(NamedTuple):
    """The parts that the client will upload: distinct numbers, and the declared MD5s (base64)."""

    upload_id: str
    part_numbers: tuple[int, ...]
    md5s: "Mapping[int, str]"

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises the 422 that names the first invalid field and what is wrong with it."""
        fields = request_bodies.validated(_PARTS, body)
        numbers = tuple(dict.fromkeys(fields["part_numbers"]))
        declared = fields["content_md5"] or {}
        unknown = sorted(set(declared) - set(map(str, numbers)))
        if unknown:
            raise errors.invalid_request("content_md5", f"{unknown[0][:20]} is not among part_numbers")
        return cls(fields["upload_id"], numbers, {int(number): md5 for number, md5 in declared.items()})


def upload_id(body: bytes) -> str:
    """Parse the upload id in the body of a request to complete. Raises the 422 for an invalid body."""
    named: str = request_bodies.validated(_COMPLETE, body)["upload_id"]
    return named
