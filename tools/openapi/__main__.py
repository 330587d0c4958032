"""`python -m tools.openapi` writes `web/api/v2/openapi.json`, its page `web/reference.html`, and the functions'
validation schemas, `layers/core/asset_api/platform/request_schemas.py`.

`--check` writes nothing and exits with 1 if one of them is out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tools.openapi import events, reference, request_schemas
from tools.openapi.models import MODELS
from tools.openapi.paths import paths

_ROOT = Path(__file__).parents[2]
_WEB = _ROOT / "web"


def specification() -> dict[str, Any]:
    """Build the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Asset Upload API",
            "version": "2.0.0",
            "summary": "Upload images and videos, and get public URLs for them at once.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The host that serves this document"}],
        "tags": [
            {"name": "assets", "description": "Files: upload, list, get, delete."},
            {
                "name": "jobs",
                "description": "Work that ends in an asset: videos made by models, files imported from URLs.",
            },
            {"name": "events", "description": "Events that a deployment sends to its `WebhookUrls`."},
            {"name": "service", "description": "The service itself."},
        ],
        "security": [{"bearer": []}],
        "paths": paths(),
        "webhooks": events.webhooks(),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(),
        },
    }


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for model in (*MODELS, *events.MODELS):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return dict(sorted(schemas.items()))


def main(arguments: list[str]) -> int:
    document = specification()
    wanted = {
        _WEB / "api/v2/openapi.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        _WEB / "reference.html": reference.page(document),
        _ROOT / "layers/core/asset_api/platform/request_schemas.py": request_schemas.module(),
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is not up to date: run make openapi", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
