"""Bodies of the requests that upload a file in parts."""

from typing import TYPE_CHECKING, NamedTuple, Self

from pydantic_core import SchemaValidator

from asset_api.platform import errors, request_bodies, request_schemas
from asset_api.uploads.described_files import DescribedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGIN = SchemaValidator(**request_schemas.BEGIN_UPLOAD_REQUEST)
_PARTS = SchemaValidator(**request_schemas.UPLOAD_PARTS_REQUEST)
_COMPLETE = SchemaValidator(**request_schemas.COMPLETE_UPLOAD_REQUEST)


def described_file(body: bytes) -> DescribedFile:
    """Parse the file's description in a request to begin an upload. Raises the 422."""
    return DescribedFile.from_json(_BEGIN, body)


class PartsRequest(NamedTuple):
    """The parts that the client will upload: distinct numbers, and the declared MD5s (base64)."""

    upload_id: str
    part_numbers: tuple[int, ...]
    md5s: "Mapping[int, str]"

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        fields = request_bodies.validate(_PARTS, body)
        numbers = tuple(dict.fromkeys(fields["part_numbers"]))
        declared = fields["content_md5"] or {}
        unknown = sorted(set(declared) - set(map(str, numbers)))
        if unknown:
            raise errors.invalid_request("content_md5", f"{unknown[0][:20]} is not among part_numbers")
        return cls(fields["upload_id"], numbers, {int(number): md5 for number, md5 in declared.items()})


def upload_id(body: bytes) -> str:
    """Parse the upload id in the body of a request to complete. Raises the 422 for an invalid body."""
    named: str = request_bodies.validate(_COMPLETE, body)["upload_id"]
    return named
