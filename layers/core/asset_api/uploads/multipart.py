"""Parsing of a `multipart/form-data` body (RFC 7578): its one file, and the options beside it."""

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from asset_api.assets.asset import Options
from asset_api.platform import errors

FIELD = "file"
_MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class FilePart:
    filename: str
    content_type: str | None
    data: bytes
    fields: dict[str, Any] = field(default_factory=dict)
    """The options among the form's other fields: strings, and a list for tags."""


def file_part(content_type: str, body: bytes) -> FilePart:
    """Parse the part named `file`. Raises the 422 if the body is malformed, or has no such part or several."""
    parts = _parts(content_type, body)
    files = [part for part in parts if part.field_name == FIELD.encode()]
    if len(files) != 1:
        raise errors.invalid_request(FIELD, f"exactly one file is required in a part named {FIELD}, not {len(files)}")
    part = files[0]
    if isinstance(part, Field):
        raise errors.invalid_request(FIELD, "must be a file: its part has no file name")
    part.file_object.seek(0)
    data = part.file_object.read()
    part.close()
    return FilePart(_decoded(part.file_name or b""), part.content_type, data, _option_fields(parts))


def _parts(content_type: str, body: bytes) -> list[Field | File]:
    _, options = parse_options_header(content_type.encode("utf-8", "surrogatepass"))
    parts: list[Field | File] = []

    def keep(part: Field | File) -> None:
        if len(parts) == _MAX_PARTS:
            raise FormParserError(f"more than {_MAX_PARTS} parts")
        parts.append(part)

    try:
        parser = FormParser(
            "multipart/form-data",
            keep,
            keep,
            boundary=options.get(b"boundary"),
            config={"MAX_MEMORY_FILE_SIZE": float("inf"), "UPLOAD_ERROR_ON_BAD_CTE": True},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise errors.invalid_request("body", "is not a well-formed multipart/form-data body") from error
    return parts


def _option_fields(parts: list[Field | File]) -> dict[str, Any]:
    """Parse the options. Raises the 422 for one that is not UTF-8, or that is repeated although it is not a list."""
    values: dict[str, list[str]] = {}
    for part in parts:
        name = (part.field_name or b"").decode("utf-8", "replace")
        if isinstance(part, Field) and name in Options._fields:
            try:
                values.setdefault(name, []).append((part.value or b"").decode())
            except UnicodeDecodeError as error:
                raise errors.invalid_request(name, "must be UTF-8") from error
    for name, sent in values.items():
        if name != "tags" and len(sent) > 1:
            raise errors.invalid_request(name, "must be sent only once")
    return {name: sent if name == "tags" else sent[0] for name, sent in values.items()}


def _decoded(name: bytes) -> str:
    """Decode a name as browsers encode it (WHATWG HTML, "multipart form data"): UTF-8 with some percent-encoding."""
    text = name.decode("utf-8", "replace")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
