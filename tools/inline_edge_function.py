"""Copy edge/viewer-request.js into template.yaml, because CloudFormation needs a CloudFront function's code inline.

`--check` writes nothing and exits with 1 if the copy is out of date.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
SOURCE = ROOT / "edge" / "viewer-request.js"
# CloudFront's quota for the size of a function, which cannot be raised.
LIMIT_BYTES = 10 * 1024
_KEY = re.compile(r"^( *)FunctionCode: !Sub \|$")
_STEP = "  "


def inlined(template: str, source: str) -> str:
    """Return `template` with `source` as its function code.

    Raises ValueError unless the template has exactly one block of function code.
    """
    lines = template.splitlines()
    keys = [number for number, line in enumerate(lines) if _KEY.match(line)]
    if len(keys) != 1:
        raise ValueError(f"template.yaml has {len(keys)} lines `FunctionCode: !Sub |`, not one")
    start = keys[0] + 1
    indent = " " * (len(lines[keys[0]]) - len(lines[keys[0]].lstrip())) + _STEP
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(indent)):
        end += 1
    # Blank lines at the end separate the block from the next key.
    while end > start and not lines[end - 1].strip():
        end -= 1
    code = [indent + line if line else "" for line in source.rstrip("\n").split("\n")]
    return "\n".join([*lines[:start], *code, *lines[end:]]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check that the template is up to date")
    check = parser.parse_args().check
    source = SOURCE.read_text()
    if len(source.encode()) > LIMIT_BYTES:
        print(
            f"{SOURCE.name} has {len(source.encode()):,} bytes; CloudFront's limit is {LIMIT_BYTES:,}", file=sys.stderr
        )
        return 1
    before = TEMPLATE.read_text()
    after = inlined(before, source)
    if check and after != before:
        print("template.yaml has an outdated copy of edge/viewer-request.js: run `make edge`", file=sys.stderr)
        return 1
    if after != before:
        TEMPLATE.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
