"""`python -m tools.openapi` writes `web/api/v2/openapi.json`; `--check` exits with 1 where it is not up to date."""

import json
import sys
from pathlib import Path
from typing import Any

from tools.openapi.models import MODELS
from tools.openapi.paths import paths

TARGET = Path(__file__).parents[2] / "web/api/v2/openapi.json"


def specification() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Asset Upload API",
            "version": "2.0.0",
            "summary": "Upload images and videos, and get public URLs for them at once.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The host that serves this document"}],
        "tags": [{"name": "assets"}, {"name": "service"}],
        "security": [{"bearer": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(),
        },
    }


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for model in MODELS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return dict(sorted(schemas.items()))


def main(arguments: list[str]) -> int:
    text = json.dumps(specification(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        if TARGET.read_text() == text:
            return 0
        print(f"{TARGET} is not up to date: run python -m tools.openapi", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
